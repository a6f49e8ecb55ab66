import type {
  DeploymentInfo,
  DeploymentTarget,
  ErrorInformation,
  LifecycleEvent,
  RevisionLocation,
} from '@aws-sdk/client-codedeploy'
import {
  type DeploymentState,
  type HistoryEntry,
  LIFECYCLE_EVENTS,
  type LifecycleState,
  type Revision,
} from '../../../deployments/deployment-state.ts'
import type { FoundDeployment } from '../../../deployments/deployment-table.ts'
import { targetId } from '../../../deployments/release.ts'
import { overviewOf, targetStatusOf } from '../../../deployments/target-status.ts'
import { functionArn } from '../../../lib/arn.ts'
import { describeAlarms, describeReady, describeRollBack, STYLE } from './group-rules.ts'

export const describeRevision = ({ type, content, sha256 }: Revision): RevisionLocation =>
  type === 'String'
    ? { revisionType: 'String', string: { content, sha256 } }
    : { revisionType: 'AppSpecContent', appSpecContent: { content, sha256 } }

export const dateOf = (ms: number | undefined): Date | undefined =>
  ms === undefined ? undefined : new Date(ms)

/** What GetDeployment answers of a deployment, or of a roll-back, which is a deployment of its own there. */
export function describeDeployment(found: FoundDeployment): DeploymentInfo {
  const { state, isRollBack } = found
  const { release } = state
  const { asked } = release
  const common: DeploymentInfo = {
    applicationName: release.application,
    deploymentGroupName: release.group,
    deploymentConfigName: release.configuration,
    deploymentId: found.id,
    deploymentOverview: overviewOf(state, isRollBack),
    ignoreApplicationStopFailures: asked.ignoreApplicationStopFailures ?? false,
    updateOutdatedInstancesOnly: asked.updateOutdatedInstancesOnly ?? false,
    fileExistsBehavior: asked.fileExistsBehavior ?? 'DISALLOW',
    deploymentStyle: STYLE,
    computePlatform: 'Lambda',
    instanceTerminationWaitTimeStarted: false,
  }
  return isRollBack ? { ...common, ...ofRollBack(state) } : { ...common, ...ofRelease(state) }
}

function ofRelease(state: DeploymentState): DeploymentInfo {
  const { release, rollBack, error } = state
  const { asked, readyMinutes } = release
  return {
    previousRevision: asked.previousRevision && describeRevision(asked.previousRevision),
    revision: describeRevision(asked.revision),
    status: state.status,
    errorInformation: error && {
      code: error.code as ErrorInformation['code'],
      message: error.message,
    },
    createTime: new Date(release.created),
    startTime: dateOf(state.started),
    completeTime: dateOf(state.ended),
    description: release.description,
    creator: 'user',
    autoRollbackConfiguration: asked.rollBack && describeRollBack(asked.rollBack),
    rollbackInfo: rollBack && {
      rollbackDeploymentId: release.rollBackId,
      rollbackMessage: `Deployment ${release.id} was rolled back by deployment ${release.rollBackId}.`,
    },
    blueGreenDeploymentConfiguration:
      readyMinutes === undefined
        ? undefined
        : describeReady({ action: 'STOP_DEPLOYMENT', minutes: readyMinutes }),
    overrideAlarmConfiguration: asked.alarms && describeAlarms(asked.alarms),
    deploymentStatusMessages: state.history.map(line),
  }
}

function ofRollBack({ release, rollBack, history }: DeploymentState): DeploymentInfo {
  const { started, ended, status, reason } = rollBack!
  const { previousRevision, revision } = release.asked
  return {
    previousRevision: describeRevision(revision),
    revision: previousRevision && describeRevision(previousRevision),
    status,
    createTime: new Date(started),
    startTime: new Date(started),
    completeTime: dateOf(ended),
    creator: 'codeDeployRollback',
    rollbackInfo: {
      rollbackTriggeringDeploymentId: release.id,
      rollbackMessage: `Deployment ${release.id} is rolled back: ${reason}`,
    },
    deploymentStatusMessages: history.filter(({ at }) => at >= started).map(line),
  }
}

const line = ({ at, text, who }: HistoryEntry): string =>
  `${new Date(at).toISOString()} ${text}${who === undefined ? '' : ` (${who})`}`

/** A function as `lambdaTarget`; a stage, for which CodeDeploy has no word, as a resource of CloudFormation. */
export function describeTarget(found: FoundDeployment, index: number): DeploymentTarget {
  const { state, isRollBack, id } = found
  const { release, rollBack } = state
  const spec = release.targets[index]!
  const { share, from, changed } = state.targets[index]!
  const forward = Number((share * 100).toFixed(4))
  const weight = isRollBack ? Number((100 - forward).toFixed(4)) : forward
  const common = {
    deploymentId: id,
    targetId: targetId(spec),
    status: targetStatusOf(state, isRollBack),
    lastUpdatedAt: new Date(changed ?? state.started ?? release.created),
    lifecycleEvents: isRollBack ? ofRollBackEvents(rollBack!) : eventsOf(state),
  }
  if (spec.type === 'stage') {
    return {
      deploymentTargetType: 'CloudFormationTarget',
      cloudFormationTarget: {
        ...common,
        resourceType: 'Weir::ApiGateway::Stage',
        targetVersionWeight: weight,
      },
    }
  }
  const current = from ?? spec.current
  return {
    deploymentTargetType: 'LambdaTarget',
    lambdaTarget: {
      ...common,
      targetArn: functionArn(release.account, spec.function, spec.alias),
      lambdaFunctionInfo: {
        functionName: spec.function,
        functionAlias: spec.alias,
        currentVersion: isRollBack ? spec.target : current,
        targetVersion: isRollBack ? current : spec.target,
        targetVersionWeight: weight,
      },
    },
  }
}

const eventsOf = ({ lifecycle }: DeploymentState): LifecycleEvent[] =>
  LIFECYCLE_EVENTS.map(name => describeEvent(name, lifecycle[name]))

/** A roll-back calls no hooks. */
const ofRollBackEvents = ({
  started,
  ended,
  status,
}: NonNullable<DeploymentState['rollBack']>): LifecycleEvent[] =>
  LIFECYCLE_EVENTS.map(name =>
    describeEvent(name, name === 'AllowTraffic' ? { status, started, ended } : { status: 'Skipped' }),
  )

const describeEvent = (
  name: string,
  { status, started, ended, message }: LifecycleState,
): LifecycleEvent => ({
  lifecycleEventName: name,
  status,
  startTime: dateOf(started),
  endTime: dateOf(ended),
  diagnostics:
    message === undefined ? undefined : { errorCode: 'UnknownError', scriptName: '', message, logTail: '' },
})
