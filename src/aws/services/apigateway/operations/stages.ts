import type { APIGateway, Stage } from '@aws-sdk/client-api-gateway'
import {
  deployments,
  type MethodSettings,
  type StageRecord,
  stages,
} from '../../../../gateway/control/rest-api-records.ts'
import { usagePlans } from '../../../../metering/control/metering-records.ts'
import { findPlansWithStages } from '../../../../metering/control/usage-plan-stages.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change } from '../../../../records/records.ts'
import type { Handlers, InputOf } from '../../../wire/service.ts'
import { apiOutdated, commitAndPublish, planOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf, date, someTags } from '../context.ts'
import { findStage } from '../find-stage.ts'
import { LIMITS } from '../limits.ts'
import { applyPatches } from '../patch.ts'
import { badRequest, checkRoom, conflict } from '../refusals.ts'
import { STAGE_PATCHES } from '../stage-patches.ts'
import { checkStage, checkStageName, refuseWhileShifted, SMALLEST_CACHE, servesElse } from '../stage-rules.ts'
import { checkTags } from '../tag-rules.ts'
import { refuseMapped } from './base-path-mappings.ts'
import { checkDocumentationVersion } from './documentation.ts'
import { findApi } from './rest-apis.ts'

export const stageOperations = {
  async CreateStage(input, call) {
    const context = contextOf(call)
    const { records } = context
    const { restApiId: apiId, stageName } = input
    await findApi(context, apiId)
    if (await records.get(stages, apiId, stageName)) throw conflict('Stage already exists')
    await checkNewStage(context, apiId, stageName)
    checkTags(input.tags)
    const doc = newStage(context, input)
    checkStage(doc)
    await checkDocumentationVersion(context, apiId, doc)
    const change = records.change().create(stages, { parent: apiId, id: stageName }, doc)
    await pointAt(context, change, apiId, deploymentsOf(doc))
    await commitAndPublish(context, change, apiOutdated(apiId))
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
    const { records, platform, now } = context
    const apiId = input.restApiId
    const stage = await findStage(context, apiId, input.stageName)
    const patched = applyPatches(STAGE_PATCHES, stage.doc, input.patchOperations)
    // "API Gateway changes caching capacity by removing the existing cache instance [...]. All existing cached data is
    // deleted." https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
    const isSameCache =
      patched.cacheClusterEnabled === stage.doc.cacheClusterEnabled &&
      patched.cacheClusterSize === stage.doc.cacheClusterSize
    const doc: StageRecord = {
      ...patched,
      ...(!isSameCache && { cacheFlushedAt: flushTime(stage.doc.cacheFlushedAt, platform.clock()) }),
      lastUpdatedDate: now,
    }
    checkStage(doc)
    if (servesElse(stage.doc, doc)) refuseWhileShifted(stage.doc)
    await checkDocumentationVersion(context, apiId, doc)
    const change = records.change().replace(stages, stage, doc)
    const before = deploymentsOf(stage.doc)
    await pointAt(
      context,
      change,
      apiId,
      deploymentsOf(doc).filter(id => !before.includes(id)),
    )
    await commitAndPublish(context, change, apiOutdated(apiId))
    return answer({ id: stage.id, doc })
  },

  /** Usage plans lose a stage that is deleted. */
  async DeleteStage(input, call) {
    const context = contextOf(call)
    const { records } = context
    const { restApiId: apiId, stageName } = input
    const stage = await findStage(context, apiId, stageName)
    refuseWhileShifted(stage.doc)
    await refuseMapped(context, apiId, stageName)
    const change = records.change().remove(stages, stage)
    const plans = await findPlansWithStages(records, apiId, stageName)
    for (const plan of plans) {
      const apiStages = plan.doc.apiStages.filter(
        covered => covered.apiId !== apiId || covered.stage !== stageName,
      )
      change.replace(usagePlans, plan, { ...plan.doc, apiStages })
    }
    await commitAndPublish(context, change, apiOutdated(apiId), ...plans.map(planOutdated))
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

/** Epoch milliseconds, later than any before. */
export const flushTime = (last: number | undefined, now: number): number => Math.max(now, (last ?? 0) + 1)

/** What CreateStage, and CreateDeployment for a stage that is not there yet, check before anything else. */
export async function checkNewStage({ records }: Context, apiId: string, stageName: string): Promise<void> {
  checkStageName(stageName)
  checkRoom(await records.count(stages, apiId), LIMITS.stagesPerApi, 'stages for this API')
}

type NewStage = Omit<InputOf<APIGateway['createStage']>, 'restApiId' | 'stageName'>

export function newStage({ now, platform }: Context, input: NewStage): StageRecord {
  return {
    ...withCache(input),
    deploymentId: input.deploymentId,
    description: input.description,
    variables: someTags(input.variables),
    tracingEnabled: input.tracingEnabled ?? false,
    methodSettings: {},
    canarySettings: input.canarySettings && {
      percentTraffic: input.canarySettings.percentTraffic ?? 0,
      deploymentId: input.canarySettings.deploymentId ?? input.deploymentId,
      stageVariableOverrides: someTags(input.canarySettings.stageVariableOverrides),
      useStageCache: input.canarySettings.useStageCache ?? false,
    },
    documentationVersion: input.documentationVersion,
    createdDate: now,
    lastUpdatedDate: now,
    tags: someTags(input.tags),
    // Nothing that was cached for one of its name that was deleted, be it a moment ago.
    cacheFlushedAt: platform.clock(),
  }
}

/** What CreateStage and CreateDeployment say of the cache; what they leave unsaid is left out. */
export function withCache(
  input: Pick<NewStage, 'cacheClusterEnabled' | 'cacheClusterSize'>,
): Pick<StageRecord, 'cacheClusterEnabled' | 'cacheClusterSize'> {
  const size = input.cacheClusterSize ?? (input.cacheClusterEnabled ? SMALLEST_CACHE : undefined)
  return {
    ...(input.cacheClusterEnabled !== undefined && { cacheClusterEnabled: input.cacheClusterEnabled }),
    ...(size !== undefined && { cacheClusterSize: size }),
  }
}

/** All that a stage serves: its own deployment and its canary's. */
export const deploymentsOf = ({ deploymentId, canarySettings }: StageRecord): string[] => [
  ...new Set([deploymentId, canarySettings?.deploymentId ?? deploymentId]),
]

/**
 * Raises the deployments' revisions in the change that points a stage at them: a deletion at the same moment, which
 * found no stage, then fails and is made again.
 */
async function pointAt(
  { records }: Context,
  change: Change,
  apiId: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    const deployment = await records.get(deployments, apiId, id)
    if (!deployment) throw badRequest('Deployment id does not exist')
    change.replace(deployments, deployment, deployment.doc)
  }
}

function answer({ id, doc }: { id: string; doc: StageRecord }): Stage {
  const { canarySettings } = doc
  return {
    stageName: id,
    deploymentId: doc.deploymentId,
    clientCertificateId: doc.clientCertificateId,
    description: doc.description,
    cacheClusterEnabled: doc.cacheClusterEnabled ?? false,
    cacheClusterSize: doc.cacheClusterSize as Stage['cacheClusterSize'],
    cacheClusterStatus: doc.cacheClusterEnabled ? 'AVAILABLE' : 'NOT_AVAILABLE',
    methodSettings: {
      ...(doc.methodSettings as Record<string, MethodSettings & object>),
    } as Stage['methodSettings'],
    variables: doc.variables && { ...doc.variables },
    documentationVersion: doc.documentationVersion,
    accessLogSettings: doc.accessLogSettings,
    canarySettings: canarySettings && {
      ...canarySettings,
      stageVariableOverrides: someTags(canarySettings.stageVariableOverrides),
    },
    tracingEnabled: doc.tracingEnabled,
    tags: someTags(doc.tags),
    createdDate: date(doc.createdDate),
    lastUpdatedDate: date(doc.lastUpdatedDate),
  }
}
