import type { TopicMessage } from '../messaging/topics/topic-message.ts'
import type { DeploymentState, Notice } from './deployment-state.ts'
import { overviewOf } from './target-status.ts'

/** Characters of a topic's subject. */
const LONGEST_SUBJECT = 100

/** What a trigger's topic is told. https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-sns-event-notifications-json-format.html */
export function notificationOf(state: DeploymentState, trigger: string, of: Notice): TopicMessage {
  const { release, rollBack } = state
  const created = of.rollBackOf === undefined ? release.created : rollBack!.started
  const message = {
    region: release.account.region,
    accountId: release.account.id,
    eventTriggerName: trigger,
    applicationName: release.application,
    deploymentId: of.id,
    deploymentGroupName: release.group,
    createTime: seconds(created),
    completeTime: of.completed === undefined ? null : seconds(of.completed),
    deploymentOverview: Object.fromEntries(
      Object.entries(overviewOf(state, of.rollBackOf !== undefined)).map(([status, count]) => [
        status,
        String(count),
      ]),
    ),
    status: of.status,
    ...(of.error && { errorInformation: { ErrorCode: of.error.code, ErrorMessage: of.error.message } }),
    ...(of.rollBackOf !== undefined && {
      rollbackInformation: {
        RollbackTriggeringDeploymentId: of.rollBackOf,
        RollbackMessage: rollBack!.reason,
      },
    }),
  }
  const subject = `${of.status.toUpperCase()}: AWS CodeDeploy ${of.id} in ${release.account.region} to ${release.application}`
  return { subject: subject.slice(0, LONGEST_SUBJECT), message: JSON.stringify(message) }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)
