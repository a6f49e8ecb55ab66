import { type StageSpec, targetId } from '../../deployments/release.ts'
import { ownedTarget } from '../../deployments/targets/owned-target.ts'
import type { Target } from '../../deployments/targets/target.ts'
import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { Publications } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import { publishApi } from './publish-api.ts'
import { API_PUBLICATION, deployments, type StageRecord, stages } from './rest-api-records.ts'

/**
 * A stage as a deployment moves it: what it comes from is the deployment that the stage serves, what it goes to is its
 * canary, which in the end is promoted as API Gateway promotes one.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/promote-canary-deployment.html
 */
export function stageTarget(env: Env, account: Account, spec: StageSpec): Target {
  const records = new Records(env.DB, account)
  const publications = new Publications(env.DB, { [API_PUBLICATION]: publishApi(env) })
  const { restApi, stage, target: to } = spec
  return ownedTarget<StageRecord>({
    name: targetId(spec),
    to,

    async load() {
      const [found, deployment] = await Promise.all([
        records.get(stages, restApi, stage),
        records.get(deployments, restApi, to),
      ])
      if (!found) return { reason: 'gone', message: `There is no stage ${targetId(spec)}` }
      return {
        doc: found.doc,
        ...(!deployment && { lacking: `REST API ${restApi} has no deployment ${to}` }),
        replace(doc) {
          const change = records.change().replace(stages, found, doc)
          // Unchanged, but with a new revision: whoever is about to delete it has to look at the stages again.
          if (deployment) change.replace(deployments, deployment, deployment.doc)
          return change.publish({ kind: API_PUBLICATION, id: restApi })
        },
      }
    },

    read: async () => (await records.get(stages, restApi, stage))?.doc,
    publish: () => publications.publish(account, API_PUBLICATION, restApi),
    current: ({ deploymentId }) => deploymentId,
    refuseClaim: doc => refuseClaim(spec, doc),
    begun: doc => ({
      ...doc,
      canarySettings: {
        percentTraffic: 0,
        deploymentId: to,
        ...(spec.variables && { stageVariableOverrides: spec.variables }),
        useStageCache: spec.useStageCache ?? false,
      },
    }),
    shared: (doc, share) => ({
      ...doc,
      canarySettings: { ...doc.canarySettings!, percentTraffic: percentOf(share) },
    }),
    settled({ canarySettings, ...doc }) {
      const overrides = canarySettings?.stageVariableOverrides
      return { ...doc, deploymentId: to, ...(overrides && { variables: { ...doc.variables, ...overrides } }) }
    },
    restored: ({ canarySettings: _, ...doc }) => doc,
    state({ deploymentId, canarySettings, shift }) {
      const share = (canarySettings?.percentTraffic ?? 0) / 100
      return {
        current: deploymentId,
        ...(canarySettings && share > 0 && { other: { version: canarySettings.deploymentId, share } }),
        ...(shift && { owner: shift.deployment }),
      }
    },
  })
}

/** As whole as a share is: 7, not 7.000000000000001. */
const percentOf = (share: number): number => Math.round(share * 1e6) / 1e4

function refuseClaim(spec: StageSpec, { deploymentId, canarySettings }: StageRecord): string | undefined {
  const name = `Stage ${targetId(spec)}`
  if (spec.current !== undefined && deploymentId !== spec.current)
    return `${name} serves deployment ${deploymentId}, not ${spec.current}`
  if (deploymentId === spec.target) return `${name} serves deployment ${deploymentId} already`
  if (canarySettings)
    return `${name} has a canary: it has to be promoted or deleted before requests are moved`
  return undefined
}
