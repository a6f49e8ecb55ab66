import { findDeployments } from '../../../../deployments/deployment-table.ts'
import { asItIsNow } from '../../../../deployments/find-live-deployment.ts'
import type { Authority } from '../../../../identity/authority.ts'
import {
  type CodeDeployHandlers,
  contextOf,
  driverOf,
  findApplication,
  findGroup,
  findOwnDeployment,
  refuse,
} from '../context.ts'
import { describeDeployment } from '../describe-deployment.ts'
import { LIMITS } from '../limits.ts'
import { findGroupIds, listDeployments } from '../list-deployments.ts'
import { makeRelease } from '../make-release.ts'
import { pageOf } from '../pages.ts'
import { appSpecOf, readRevision } from '../read-revision.ts'
import { withPermissions } from '../role-permissions.ts'
import { noteUse } from './revisions.ts'

export const deploymentOperations = (authority: Authority) =>
  ({
    async CreateDeployment(input, call) {
      const context = contextOf(call)
      const application = await findApplication(context, input.applicationName)
      const group = await findGroup(context, application, input.deploymentGroupName)
      if (input.targetInstances) {
        throw refuse('InvalidTargetInstances', 'Functions are deployed to no instances')
      }
      const revision = await readRevision(input.revision)
      const planned = await makeRelease(context, application, group, appSpecOf(revision), revision, input)
      const release = await withPermissions(planned, authority)
      const { busy } = await driverOf(context, group.doc.id).begin(release)
      if (busy !== undefined) {
        throw refuse(
          'DeploymentLimitExceeded',
          `The Deployment Group '${group.id}' already has an active Deployment '${busy}'`,
        )
      }
      await noteUse(context, application, group.id, revision)
      return { deploymentId: release.id }
    },

    async GetDeployment(input, call) {
      const found = await findOwnDeployment(contextOf(call), input.deploymentId)
      return { deploymentInfo: describeDeployment(found) }
    },

    async BatchGetDeployments(input, call) {
      const context = contextOf(call)
      const ids = [...new Set(input.deploymentIds)]
      if (ids.length > LIMITS.deploymentsOfBatch) {
        throw refuse(
          'BatchLimitExceeded',
          `At most ${LIMITS.deploymentsOfBatch} deployments can be asked for`,
        )
      }
      const found = await findDeployments(context.platform.env.DB, context.account, ids)
      const now = await Promise.all(found.map(each => asItIsNow(context.platform.env, each)))
      const order = new Map(ids.map((id, index) => [id, index]))
      now.sort((one, other) => order.get(one.id)! - order.get(other.id)!)
      return { deploymentsInfo: now.map(describeDeployment) }
    },

    async ListDeployments(input, call) {
      const context = contextOf(call)
      const { start, end } = input.createTimeRange ?? {}
      if (start && end && start > end)
        throw refuse('InvalidTimeRange', 'The time range ends before it starts')
      if (input.externalId !== undefined) {
        throw refuse('InvalidExternalId', 'No deployment of Weir comes from outside')
      }
      const filter = {
        groupIds: await findGroupIds(context, input.applicationName, input.deploymentGroupName),
        statuses: input.includeOnlyStatuses?.length ? input.includeOnlyStatuses : undefined,
        from: start?.getTime(),
        to: end?.getTime(),
      }
      const { items, nextToken } = await pageOf(
        `deployments ${JSON.stringify(filter)}`,
        input.nextToken,
        position => listDeployments(context, filter, position),
        ({ created, id }) => [String(created), id],
      )
      return { deployments: items.map(({ id }) => id), nextToken }
    },

    async StopDeployment(input, call) {
      const context = contextOf(call)
      const { id, isRollBack, state } = await findOwnDeployment(context, input.deploymentId)
      const { groupId } = state.release
      const by = call.identity.arn
      const stopped =
        !isRollBack && (await driverOf(context, groupId).stop(id, by, input.autoRollbackEnabled))
      if (!stopped) {
        throw refuse('DeploymentAlreadyCompleted', `The deployment ${id} is already completed`)
      }
      return { status: 'Succeeded', statusMessage: 'No more traffic will be shifted by this deployment.' }
    },

    async ContinueDeployment(input, call) {
      const context = contextOf(call)
      const { id, isRollBack, state } = await findOwnDeployment(context, input.deploymentId)
      if ((input.deploymentWaitType ?? 'READY_WAIT') !== 'READY_WAIT') {
        throw refuse(
          'UnsupportedActionForDeploymentType',
          'Deployments of functions terminate nothing that could be waited for',
        )
      }
      if (isRollBack || state.phase === 'ended') {
        throw refuse('DeploymentAlreadyCompleted', `The deployment ${id} is already completed`)
      }
      if (!(await driverOf(context, state.release.groupId).goOn(id, call.identity.arn))) {
        throw refuse('DeploymentIsNotInReadyState', `The deployment ${id} is not ready to be continued`)
      }
      return {}
    },

    async PutLifecycleEventHookExecutionStatus(input, call) {
      const context = contextOf(call)
      const { id, state } = await findOwnDeployment(context, input.deploymentId)
      const { lifecycleEventHookExecutionId: executionId, status } = input
      const { hooks, groupId } = state.release
      if (!Object.values(hooks).some(hook => hook.executionId === executionId)) {
        throw refuse(
          'InvalidLifecycleEventHookExecutionId',
          `No hook of ${id} has the execution ${executionId}`,
        )
      }
      if (status !== 'Succeeded' && status !== 'Failed') {
        throw refuse(
          'InvalidLifecycleEventHookExecutionStatus',
          `A hook answers Succeeded or Failed, not ${status ?? 'nothing'}`,
        )
      }
      if (!(await driverOf(context, groupId).hookAnswered(id, executionId!, status))) {
        throw refuse(
          'LifecycleEventAlreadyCompleted',
          `Nobody waits for the execution ${executionId} any more`,
        )
      }
      return { lifecycleEventHookExecutionId: executionId }
    },
  }) satisfies CodeDeployHandlers
