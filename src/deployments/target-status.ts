import type { DeploymentState } from './deployment-state.ts'

/** Of CodeDeploy's TargetStatus. */
export type TargetStatus = 'Pending' | 'InProgress' | 'Ready' | 'Succeeded' | 'Failed' | 'Skipped'

/** What has become of each target of a deployment, or of its roll-back: they go together. */
export function targetStatusOf(state: DeploymentState, isRollBack: boolean): TargetStatus {
  if (isRollBack) return state.rollBack?.status ?? 'Pending'
  switch (state.status) {
    case 'Created':
      return 'Pending'
    case 'Stopped':
      return state.step < 0 ? 'Skipped' : 'Failed'
    default:
      return state.status
  }
}

export function overviewOf(state: DeploymentState, isRollBack: boolean): Record<TargetStatus, number> {
  const none = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 }
  return { ...none, [targetStatusOf(state, isRollBack)]: state.release.targets.length }
}
