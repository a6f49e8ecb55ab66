import type { DeploymentTarget } from '@aws-sdk/client-codedeploy'
import type { FoundDeployment } from '../../../../deployments/deployment-table.ts'
import { targetId } from '../../../../deployments/release.ts'
import { targetStatusOf } from '../../../../deployments/target-status.ts'
import { type CodeDeployHandlers, contextOf, findOwnDeployment, refuse } from '../context.ts'
import { describeTarget } from '../describe-deployment.ts'
import { LIMITS } from '../limits.ts'
import { pageOfNames } from '../pages.ts'

export const targetOperations = {
  async GetDeploymentTarget(input, call) {
    const found = await findOwnDeployment(contextOf(call), input.deploymentId)
    return { deploymentTarget: targetOf(found, input.targetId) }
  },

  async BatchGetDeploymentTargets(input, call) {
    const found = await findOwnDeployment(contextOf(call), input.deploymentId)
    const ids = [...new Set(input.targetIds)]
    if (ids.length === 0)
      throw refuse('DeploymentTargetIdRequired', 'A deployment target ID must be specified')
    if (ids.length > LIMITS.targetsOfBatch) {
      throw refuse(
        'DeploymentTargetListSizeExceeded',
        `At most ${LIMITS.targetsOfBatch} targets can be asked for`,
      )
    }
    return { deploymentTargets: ids.map(id => targetOf(found, id)) }
  },

  async ListDeploymentTargets(input, call) {
    const found = await findOwnDeployment(contextOf(call), input.deploymentId)
    const { state, isRollBack, id } = found
    const { TargetStatus, ServerInstanceLabel, ...others } = input.targetFilters ?? {}
    if (Object.keys(others).length > 0) {
      throw refuse('InvalidTargetFilterName', `There is no filter ${Object.keys(others)[0]}`)
    }
    // All targets are in the same state, and none has the label of an instance.
    const isWanted =
      (!TargetStatus || TargetStatus.includes(targetStatusOf(state, isRollBack))) && !ServerInstanceLabel
    const ids = isWanted ? state.release.targets.map(targetId).sort() : []
    const { items, nextToken } = await pageOfNames(`targets of ${id}`, input.nextToken, ids)
    return { targetIds: items, nextToken }
  },
} satisfies CodeDeployHandlers

/** By its id, or by a function's name where the deployment moves one alias of it. */
function targetOf(found: FoundDeployment, id: string): DeploymentTarget {
  const { targets } = found.state.release
  const exact = targets.findIndex(spec => targetId(spec) === id)
  const named = targets.flatMap((spec, index) =>
    spec.type === 'alias' && spec.function === id ? [index] : [],
  )
  const index = exact >= 0 ? exact : named.length === 1 ? named[0]! : -1
  if (index < 0) {
    throw refuse('DeploymentTargetDoesNotExist', `The deployment ${found.id} has no target ${id}`)
  }
  return describeTarget(found, index)
}
