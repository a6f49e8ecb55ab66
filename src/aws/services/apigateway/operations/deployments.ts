import type { APIGateway, Deployment, MethodSnapshot } from '@aws-sdk/client-api-gateway'
import {
  authorizers,
  gatewayResponses,
  models,
  requestValidators,
} from '../../../../gateway/control/api-parts.ts'
import {
  compileSnapshot,
  serializeSnapshot,
  type Undeployable,
} from '../../../../gateway/control/compile-snapshot.ts'
import type { StoredResource } from '../../../../gateway/control/resource-tree.ts'
import {
  type DeploymentRecord,
  deployments,
  resources,
  restApis,
  type StageRecord,
  stages,
} from '../../../../gateway/control/rest-api-records.ts'
import { describeRecords } from '../../../../gateway/openapi/describe-records.ts'
import { serializeDefinition } from '../../../../gateway/openapi/stored-definition.ts'
import { LARGEST_SNAPSHOT, type Snapshot } from '../../../../gateway/snapshot.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change, Stored } from '../../../../records/records.ts'
import type { Handlers, InputOf } from '../../../wire/service.ts'
import { apiOutdated, commitAndPublish } from '../commit-and-publish.ts'
import { type Context, contextOf, date, someTags } from '../context.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, type PatchTable, plainWording } from '../patch.ts'
import { readDefiningParts } from '../read-defining-parts.ts'
import { badRequest, noSuchDeployment } from '../refusals.ts'
import { checkStage, refuseWhileShifted } from '../stage-rules.ts'
import { findApi } from './rest-apis.ts'
import { checkNewStage, deploymentsOf, newStage, withCache } from './stages.ts'

type DeploymentInput = InputOf<APIGateway['createDeployment']>

export const deploymentOperations = {
  async CreateDeployment(input, call) {
    const context = contextOf(call)
    const { records, now } = context
    const apiId = input.restApiId
    if (input.canarySettings && !input.stageName) {
      throw badRequest(
        `Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is ${input.stageName ?? 'null'}`,
      )
    }
    const id = shortId(6)
    const change = records.change()
    const snapshot = await storeSnapshot(context, change, apiId)
    const doc: DeploymentRecord = { description: input.description, createdDate: now, snapshot }
    change.create(deployments, { parent: apiId, id }, doc)
    if (input.stageName) await deployTo(context, change, input.stageName, id, input)
    await commitAndPublish(context, change, ...(input.stageName ? [apiOutdated(apiId)] : []))
    return answer({ id, doc })
  },

  async GetDeployment(input, call) {
    const context = contextOf(call)
    const deployment = await findDeployment(context, input.restApiId, input.deploymentId)
    const embed = input.embed ?? []
    if (embed.some(name => name !== 'apisummary')) {
      throw badRequest(`Invalid embed value specified: ${embed.join(',')}. Supported: apisummary`)
    }
    const summary = embed.length > 0 ? await summarize(context, deployment.doc) : undefined
    return { ...answer(deployment), apiSummary: summary }
  },

  async GetDeployments(input, call) {
    const context = contextOf(call)
    await findApi(context, input.restApiId)
    const list = `deployments/${input.restApiId}`
    return pageOf(context.records, deployments, input.restApiId, list, input, answer)
  },

  async UpdateDeployment(input, call) {
    const context = contextOf(call)
    const deployment = await findDeployment(context, input.restApiId, input.deploymentId)
    const doc = applyPatches(PATCHES, deployment.doc, input.patchOperations)
    await context.records.change().replace(deployments, deployment, doc).commit()
    return answer({ id: deployment.id, doc })
  },

  async DeleteDeployment(input, call) {
    const context = contextOf(call)
    const deployment = await findDeployment(context, input.restApiId, input.deploymentId)
    const active = await context.records.all(stages, input.restApiId)
    if (active.some(stage => deploymentsOf(stage.doc).includes(deployment.id))) {
      throw badRequest('Active stages pointing to this deployment must be moved or deleted')
    }
    await context.records.change().remove(deployments, deployment).commit()
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

async function findDeployment(
  { records }: Context,
  apiId: string,
  id: string,
): Promise<Stored<DeploymentRecord>> {
  const deployment = await records.get(deployments, apiId, id)
  if (!deployment) throw noSuchDeployment()
  return deployment
}

const REASONS: Readonly<Record<Undeployable, string>> = {
  'no-methods': "The REST API doesn't contain any methods",
  'no-integration': 'No integration defined for method',
}

/**
 * Compiles the API as it is now and stores the result, before anything points at it: a snapshot that nothing points
 * at does no harm, and a deployment without one could not be served. The change holds only if all that was compiled
 * is still so, as resources are read page by page.
 */
async function storeSnapshot(context: Context, change: Change, apiId: string): Promise<string> {
  const { account, records, platform } = context
  const api = await findApi(context, apiId)
  change.expect(restApis, api)
  const all: StoredResource[] = []
  for await (const resource of records.each(resources, apiId, { batch: 20 })) all.push(resource)
  change.writeAll(resources, apiId, { expect: all })
  const parts = await readDefiningParts(records, apiId)
  change
    .writeAll(models, apiId, { expect: parts.models })
    .writeAll(requestValidators, apiId, { expect: parts.requestValidators })
    .writeAll(authorizers, apiId, { expect: parts.authorizers })
    .writeAll(gatewayResponses, apiId, { expect: parts.gatewayResponses })
  const snapshot = compileSnapshot({ account, apiId, api: api.doc, resources: all, ...parts })
  if (typeof snapshot === 'string') throw badRequest(REASONS[snapshot])
  const described = await serializeDefinition(describeRecords({ api: api.doc, resources: all, ...parts }))
  const { key, text } = await serializeSnapshot({ ...snapshot, definition: described.key })
  if (text.length > LARGEST_SNAPSHOT) {
    throw badRequest(
      `A deployment of this API would take ${text.length} characters with its templates; at most ${LARGEST_SNAPSHOT} can be served`,
    )
  }
  await Promise.all([
    platform.env.STORE.put(described.key, described.text),
    platform.env.STORE.put(key, text),
  ])
  return key
}

/** Points the stage, or its canary, at the new deployment; makes the stage if there is none. */
async function deployTo(
  context: Context,
  change: Change,
  name: string,
  deploymentId: string,
  input: DeploymentInput,
): Promise<void> {
  const { records, now } = context
  const apiId = input.restApiId
  const stage = await records.get(stages, apiId, name)
  if (stage) {
    refuseWhileShifted(stage.doc)
    const doc = { ...redeployed(stage, deploymentId, input), lastUpdatedDate: now }
    checkStage(doc)
    change.replace(stages, stage, doc)
  } else {
    if (input.canarySettings) {
      throw badRequest(
        `Invalid deployment content specified.Stage ${name} must already be created before making a canary release deployment`,
      )
    }
    await checkNewStage(context, apiId, name)
    const { canarySettings: _, ...rest } = input
    const doc = newStage(context, { ...rest, deploymentId, description: input.stageDescription })
    checkStage(doc)
    change.create(stages, { parent: apiId, id: name }, doc)
  }
}

/** What a deployment makes of a stage that is there already. */
function redeployed(
  { id: name, doc: stage }: Stored<StageRecord>,
  deploymentId: string,
  input: DeploymentInput,
): StageRecord {
  const canary = input.canarySettings
  if (stage.canarySettings && !canary) {
    throw badRequest(
      `Invalid deployment content specified.Non canary deployment not supported on stage ${name} because Canary is enabled. Provide CanarySettings in deploymentInput.`,
    )
  }
  return {
    ...stage,
    ...withCache(input),
    ...(canary
      ? {
          canarySettings: {
            percentTraffic: canary.percentTraffic ?? 0,
            deploymentId,
            stageVariableOverrides: someTags(canary.stageVariableOverrides),
            useStageCache: canary.useStageCache ?? false,
          },
        }
      : { deploymentId }),
    description: input.stageDescription ?? stage.description,
    variables: someTags({ ...stage.variables, ...input.variables }),
    tracingEnabled: input.tracingEnabled ?? stage.tracingEnabled,
  }
}

async function summarize(
  { platform }: Context,
  deployment: DeploymentRecord,
): Promise<Record<string, Record<string, MethodSnapshot>>> {
  const object = await platform.env.STORE.get(deployment.snapshot)
  if (!object) throw new Error(`the snapshot ${deployment.snapshot} is not in the store`)
  const snapshot = await object.json<Snapshot>()
  return Object.fromEntries(
    snapshot.resources.map(({ path, methods }) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([name, { authorizationType, apiKeyRequired }]) => [
          name,
          { authorizationType, apiKeyRequired },
        ]),
      ),
    ]),
  )
}

const PATCHES: PatchTable<DeploymentRecord> = {
  wording: plainWording,
  rows: { '/description': { ops: ['replace', 'remove'] } },
}

const answer = ({ id, doc }: { id: string; doc: DeploymentRecord }): Deployment => ({
  id,
  description: doc.description,
  createdDate: date(doc.createdDate),
})
