import type { APIGateway, Stage } from '@aws-sdk/client-api-gateway'
import {
  API_PUBLICATION,
  type DeploymentRecord,
  deployments,
  type MethodSettings,
  type StageRecord,
  stages,
} from '../../../../gateway/control/rest-api-records.ts'
import { PLAN_PUBLICATION, usagePlans } from '../../../../metering/control/metering-records.ts'
import { findPlansWithStages } from '../../../../metering/control/usage-plan-stages.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change, Stored } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { type Context, contextOf, date, someTags } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { applyPatches } from '../patch.ts'
import { publishPlans } from '../publish-metering.ts'
import { badRequest, conflict, limitExceeded, noSuchStage, unsupported } from '../refusals.ts'
import { STAGE_PATCHES } from '../stage-patches.ts'
import { checkStageName, checkVariables } from '../stage-rules.ts'
import { checkTags } from '../tag-rules.ts'
import { findApi } from './rest-apis.ts'

export const stageOperations = {
  async CreateStage(input, call) {
    const context = contextOf(call)
    const { records, account, platform, now } = context
    const { restApiId: apiId, stageName } = input
    await findApi(context, apiId)
    if (await records.get(stages, apiId, stageName)) throw conflict('Stage already exists')
    await checkNewStage(context, apiId, input)
    if (input.documentationVersion) throw unsupported('documentation versions')
    checkTags(input.tags)
    const deployment = await deploymentFor(context, apiId, input.deploymentId)
    const doc = newStage(input, now)
    const change = records.change().create(stages, { parent: apiId, id: stageName }, doc)
    pointAt(change, deployment)
    await change.publish({ kind: API_PUBLICATION, id: apiId }).commit()
    await platform.publications.publish(account, API_PUBLICATION, apiId)
    return answer({ id: stageName, doc })
  },

  async GetStage(input, call) {
    return answer(await findStage(contextOf(call), input.restApiId, input.stageName))
  },

  async GetStages(input, call) {
    const context = contextOf(call)
    await findApi(context, input.restApiId)
    const all = await context.records.all(stages, input.restApiId)
    const { deploymentId } = input
    return { item: all.filter(({ doc }) => !deploymentId || doc.deploymentId === deploymentId).map(answer) }
  },

  async UpdateStage(input, call) {
    const context = contextOf(call)
    const { records, account, platform, now } = context
    const apiId = input.restApiId
    const stage = await findStage(context, apiId, input.stageName)
    const patched = applyPatches(STAGE_PATCHES, stage.doc, input.patchOperations)
    checkVariables(patched.variables)
    const doc: StageRecord = { ...patched, lastUpdatedDate: now }
    const change = records.change().replace(stages, stage, doc)
    if (doc.deploymentId !== stage.doc.deploymentId) {
      pointAt(change, await deploymentFor(context, apiId, doc.deploymentId))
    }
    await change.publish({ kind: API_PUBLICATION, id: apiId }).commit()
    await platform.publications.publish(account, API_PUBLICATION, apiId)
    return answer({ id: stage.id, doc })
  },

  /** Usage plans lose a stage that is deleted. */
  async DeleteStage(input, call) {
    const context = contextOf(call)
    const { records, account, platform } = context
    const { restApiId: apiId, stageName } = input
    const stage = await findStage(context, apiId, stageName)
    const change = records.change().remove(stages, stage).publish({ kind: API_PUBLICATION, id: apiId })
    const plans = await findPlansWithStages(records, apiId, stageName)
    for (const plan of plans) {
      const apiStages = plan.doc.apiStages.filter(
        covered => covered.apiId !== apiId || covered.stage !== stageName,
      )
      change
        .replace(usagePlans, plan, { ...plan.doc, apiStages })
        .publish({ kind: PLAN_PUBLICATION, id: plan.id })
    }
    await change.commit()
    await platform.publications.publish(account, API_PUBLICATION, apiId)
    await publishPlans(context, plans)
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

async function findStage({ records }: Context, apiId: string, name: string): Promise<Stored<StageRecord>> {
  const stage = await records.get(stages, apiId, name)
  if (!stage) throw noSuchStage()
  return stage
}

/** What CreateStage, and CreateDeployment for a stage that is not there yet, have in common. */
interface NewStage {
  readonly stageName: string
  readonly variables?: Readonly<Record<string, string>>
  readonly cacheClusterEnabled?: boolean
  readonly canarySettings?: object
}

export async function checkNewStage({ records }: Context, apiId: string, input: NewStage): Promise<void> {
  checkStageName(input.stageName)
  checkVariables(input.variables)
  if (input.canarySettings) throw unsupported('canary settings of stages')
  if (input.cacheClusterEnabled) throw unsupported('cache clusters of stages')
  if ((await records.count(stages, apiId)) >= LIMITS.stagesPerApi) {
    throw limitExceeded(`Maximum number of stages for this API has been reached: ${LIMITS.stagesPerApi}`)
  }
}

export function newStage(
  input: {
    deploymentId: string
    description?: string
    variables?: Readonly<Record<string, string>>
    tracingEnabled?: boolean
    tags?: Readonly<Record<string, string>>
  },
  now: number,
): StageRecord {
  return {
    deploymentId: input.deploymentId,
    description: input.description,
    variables: someTags(input.variables),
    tracingEnabled: input.tracingEnabled ?? false,
    methodSettings: {},
    createdDate: now,
    lastUpdatedDate: now,
    tags: someTags(input.tags),
  }
}

async function deploymentFor(
  { records }: Context,
  apiId: string,
  id: string,
): Promise<Stored<DeploymentRecord>> {
  const deployment = await records.get(deployments, apiId, id)
  if (!deployment) throw badRequest('Deployment id does not exist')
  return deployment
}

/**
 * Raises the deployment's revision in the change that points a stage at it: a deletion at the same moment, which
 * found no stage, then fails and is made again.
 */
const pointAt = (change: Change, deployment: Stored<DeploymentRecord>): Change =>
  change.replace(deployments, deployment, deployment.doc)

function answer({ id, doc }: { id: string; doc: StageRecord }): Stage {
  return {
    stageName: id,
    deploymentId: doc.deploymentId,
    description: doc.description,
    cacheClusterEnabled: false,
    cacheClusterStatus: 'NOT_AVAILABLE',
    methodSettings: {
      ...(doc.methodSettings as Record<string, MethodSettings & object>),
    } as Stage['methodSettings'],
    variables: doc.variables && { ...doc.variables },
    accessLogSettings: doc.accessLogSettings,
    tracingEnabled: doc.tracingEnabled,
    tags: someTags(doc.tags),
    createdDate: date(doc.createdDate),
    lastUpdatedDate: date(doc.lastUpdatedDate),
  }
}
