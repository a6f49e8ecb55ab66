import { Refusal } from '../lib/refusal.ts'
import type { OwnerCall, OwnerRoutes } from '../owner-routes.ts'
import type { FoundDeployment } from './deployment-table.ts'
import { latencyQuantile, NO_COPIES, NO_COUNTS, type VersionCounts } from './feed/version-counts.ts'
import { findLiveDeployment } from './find-live-deployment.ts'
import { targetId } from './release.ts'

/** Below `/_weir`: how far a deployment is and how both versions do, for which CodeDeploy has no words. */
export const DEPLOYMENT_ROUTES: OwnerRoutes = [
  [
    'GET',
    '/deployments/*',
    {
      action: 'GetDeployment',
      resource: ([id]) => `deployments/${id}`,
      answer: getDeployment,
    },
  ],
]

async function getDeployment({ platform: { env }, account, names }: OwnerCall): Promise<Response> {
  const id = names[0]!
  const found = await findLiveDeployment(env, account, id)
  if (!found) throw new Refusal('NotFoundException', `There is no deployment ${id}`)
  return Response.json(describe(found))
}

function describe({ id, isRollBack, state, totals, finding }: FoundDeployment) {
  const { release, history } = state
  return {
    id,
    ...(isRollBack && { rollBackOf: release.id }),
    application: release.application,
    group: release.group,
    configuration: release.configuration,
    by: release.by,
    status: isRollBack ? state.rollBack!.status : state.status,
    phase: state.phase,
    created: timeOf(release.created),
    started: timeOf(state.started),
    ended: timeOf(state.ended),
    error: state.error,
    rollBack: state.rollBack && {
      id: release.rollBackId,
      status: state.rollBack.status,
      started: timeOf(state.rollBack.started),
      ended: timeOf(state.rollBack.ended),
      reason: state.rollBack.reason,
    },
    /** Index of the step that is being taken, -1 before the first. */
    step: state.step,
    steps: release.steps,
    next: timeOf(state.due),
    minuteMs: release.minuteMs,
    targets: release.targets.map((spec, index) => {
      const name = targetId(spec)
      const { from, share } = state.targets[index]!
      const told = totals.find(({ target }) => target === name)
      const { baseline = NO_COUNTS, canary = NO_COUNTS, mirrored = NO_COPIES } = told ?? {}
      return {
        id: name,
        share,
        from: { version: from ?? spec.current, ...figures(baseline) },
        to: { version: spec.target, ...figures(canary) },
        ...(mirrored.copies.calls > 0 && {
          mirrored: {
            ...figures(mirrored.copies),
            compared: mirrored.compared,
            differed: mirrored.differed,
          },
        }),
      }
    }),
    comparison: release.comparison && { ...release.comparison, finding },
    alarms: state.alarms,
    overridden: state.overridden,
    history: history.map(({ at, ...entry }) => ({ at: timeOf(at), ...entry })),
  }
}

const figures = ({ calls, errors, refused, throttles, latency }: VersionCounts) => ({
  calls,
  errors,
  refused,
  throttles,
  errorRate: calls === 0 ? null : errors / calls,
  p50Ms: rounded(latencyQuantile(latency, 0.5)),
  p99Ms: rounded(latencyQuantile(latency, 0.99)),
})

const rounded = (ms: number | undefined): number | null => (ms === undefined ? null : Number(ms.toFixed(1)))

const timeOf = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()
