import type { APIGateway, RestApi } from '@aws-sdk/client-api-gateway'
import {
  DEFINING_PARTS,
  type ModelRecord,
  models,
  OWNED_PARTS,
} from '../../../../gateway/control/api-parts.ts'
import { siblingAlias } from '../../../../gateway/control/resource-tree.ts'
import {
  deployments,
  type ResourceRecord,
  type RestApiRecord,
  resources,
  restApis,
  stages,
} from '../../../../gateway/control/rest-api-records.ts'
import { shortId } from '../../../../lib/ids.ts'
import { findPlansWithStages } from '../../../../metering/control/usage-plan-stages.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change, Stored } from '../../../../records/records.ts'
import type { Handlers, InputOf } from '../../../wire/service.ts'
import { readApiPolicy, shownPolicy } from '../api-policy.ts'
import { apiOutdated, commitAndPublish, renamed } from '../commit-and-publish.ts'
import { type Context, contextOf, date, someTags } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { createBuiltInModels, movedModel } from '../model-rules.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, flag, listPatchedByPath, oneOf, type PatchTable, plainWording } from '../patch.ts'
import { badRequest, checkRoom, noSuchApi, unsupported } from '../refusals.ts'
import { checkApiTags } from '../tag-rules.ts'
import { refuseMapped } from './base-path-mappings.ts'

const ENDPOINT_TYPES = ['REGIONAL', 'EDGE', 'PRIVATE']

export const restApiOperations = {
  async CreateRestApi(input, call) {
    const context = contextOf(call)
    const { records } = context
    const api = newRestApi(input, context.now)
    checkRestApi(api)
    checkApiTags(input.tags)
    checkRoom(await records.count(restApis, ''), LIMITS.restApis, 'APIs for this account')
    const id = shortId()
    const change = records.change()
    const rootResourceId = input.cloneFrom
      ? await cloneResources(context, change, input.cloneFrom, id)
      : createRoot(change, id)
    if (!input.cloneFrom) createBuiltInModels(change, id)
    const policy = readApiPolicy(input.policy, context.account, id)
    const record = { ...api, rootResourceId, policy }
    await change.create(restApis, { parent: '', id }, record).commit()
    return restApiAnswer({ id, doc: record })
  },

  async GetRestApi(input, call) {
    const context = contextOf(call)
    return restApiAnswer(await findApi(context, input.restApiId))
  },

  GetRestApis: (input, call) =>
    pageOf(contextOf(call).records, restApis, '', 'restapis', input, restApiAnswer),

  async UpdateRestApi(input, call) {
    const context = contextOf(call)
    const api = await findApi(context, input.restApiId)
    const patched = applyPatches(PATCHES, api.doc, input.patchOperations)
    checkRestApi(patched)
    const policy = readApiPolicy(patched.policy, context.account, api.id)
    const doc: RestApiRecord = { ...patched, policy }
    const change = context.records.change().replace(restApis, api, doc)
    await commitAndPublish(context, change, ...renamed(api, doc))
    return { ...restApiAnswer({ id: api.id, doc }), tags: { ...doc.tags } }
  },

  async DeleteRestApi(input, call) {
    const context = contextOf(call)
    const { records } = context
    const api = await findApi(context, input.restApiId)
    const [plan] = await findPlansWithStages(records, api.id)
    if (plan) {
      throw badRequest(
        `Cannot delete API ${api.id} because its stages are associated with Usage Plans, including ${plan.id}`,
      )
    }
    await refuseMapped(context, api.id)
    const change = records.change().remove(restApis, api)
    // One by one: a plan that takes up a stage at the same moment raises the stage's revision.
    for (const stage of await records.all(stages, api.id)) change.remove(stages, stage)
    for (const part of OWNED_PARTS) change.removeAll(part, api.id)
    change.removeAll(stages, api.id).removeAll(deployments, api.id)
    await commitAndPublish(context, change, apiOutdated(api.id))
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

export async function findApi({ records, account }: Context, id: string): Promise<Stored<RestApiRecord>> {
  const api = await records.get(restApis, '', id)
  if (!api) throw noSuchApi(account.id, id)
  return api
}

function newRestApi(
  input: InputOf<APIGateway['createRestApi']>,
  now: number,
): Omit<RestApiRecord, 'rootResourceId'> {
  if (input.description === '') throw badRequest('Description cannot be an empty string')
  const types = input.endpointConfiguration?.types ?? ['EDGE']
  return {
    name: input.name,
    description: input.description,
    version: input.version,
    createdDate: now,
    apiKeySource: input.apiKeySource ?? 'HEADER',
    binaryMediaTypes: input.binaryMediaTypes?.length ? input.binaryMediaTypes : undefined,
    minimumCompressionSize: input.minimumCompressionSize,
    endpointConfiguration: { types, ipAddressType: input.endpointConfiguration?.ipAddressType ?? 'ipv4' },
    disableExecuteApiEndpoint: input.disableExecuteApiEndpoint || undefined,
    tags: someTags(input.tags),
  }
}

export function checkRestApi(
  api: Pick<RestApiRecord, 'name' | 'endpointConfiguration' | 'minimumCompressionSize'>,
): void {
  const { types } = api.endpointConfiguration
  if (!api.name?.trim()) throw badRequest('Name cannot be empty')
  if (types.length === 0) {
    throw badRequest('REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.')
  }
  if (types.length > 1) throw badRequest('Cannot create an api with multiple Endpoint Types.')
  if (types.includes('PRIVATE')) {
    throw unsupported('private APIs: there is no VPC that one could be private to', 'REGIONAL and EDGE')
  }
  const size = api.minimumCompressionSize
  if (size !== undefined && !(Number.isInteger(size) && size >= 0 && size <= LIMITS.compressionSize)) {
    throw badCompressionSize()
  }
}

const badCompressionSize = () =>
  badRequest(`Invalid minimum compression size, must be between 0 and ${LIMITS.compressionSize}`)

function createRoot(change: Change, apiId: string): string {
  const id = shortId()
  change.create(resources, { parent: apiId, id }, { path: '/', methods: {} } satisfies ResourceRecord)
  return id
}

/** Resources keep their ids: those are unique within an API only. */
async function cloneResources(context: Context, change: Change, from: string, to: string): Promise<string> {
  const source = await findApi(context, from)
  const tree = await context.records.all(resources, from)
  change.writeAll(resources, to, {
    create: tree.map(({ id, doc }) => ({ id, doc, alias: siblingAlias(to, doc) })),
  })
  for (const part of DEFINING_PARTS) {
    const found = await context.records.all<unknown>(part, from)
    change.writeAll<unknown>(part, to, {
      create: found.map(({ id, doc }) => ({
        id,
        doc: part === models ? movedModel(doc as ModelRecord, from, to) : doc,
      })),
    })
  }
  return source.doc.rootResourceId
}

const PATCHES: PatchTable<RestApiRecord> = {
  wording: plainWording,
  rows: {
    '/name': { ops: ['replace'] },
    '/description': { ops: ['replace', 'remove'] },
    '/version': { ops: ['replace'] },
    '/apiKeySource': { ops: ['replace'], value: oneOf('API key source', 'HEADER', 'AUTHORIZER') },
    '/binaryMediaTypes/{type}': {
      ops: ['add', 'replace', 'remove'],
      apply(draft, patch) {
        draft.binaryMediaTypes = listPatchedByPath(draft.binaryMediaTypes, patch, patch.at.type!)
        if (draft.binaryMediaTypes.length === 0) delete draft.binaryMediaTypes
      },
    },
    '/minimumCompressionSize': {
      ops: ['replace'],
      // Nothing turns compression off.
      value: size => {
        if (!size) return undefined
        if (!/^\d+$/.test(size)) throw badCompressionSize()
        return Number(size)
      },
    },
    '/endpointConfiguration/types/{type}': {
      ops: ['replace'],
      apply(draft, { value, path }) {
        draft.endpointConfiguration.types = [oneOf('EndpointTypes', ...ENDPOINT_TYPES)(value, path) as string]
      },
    },
    '/endpointConfiguration/ipAddressType': {
      ops: ['replace'],
      value: type => {
        if (type === 'ipv4' || type === 'dualstack') return type
        throw badRequest('ipAddressType must be either ipv4 or dualstack.')
      },
    },
    '/policy': { ops: ['replace', 'remove'] },
    '/disableExecuteApiEndpoint': {
      ops: ['replace'],
      value: flag,
    },
  },
}

export function restApiAnswer({ id, doc }: { id: string; doc: RestApiRecord }): RestApi {
  return {
    id,
    name: doc.name,
    description: doc.description,
    createdDate: date(doc.createdDate),
    version: doc.version,
    apiKeySource: doc.apiKeySource,
    binaryMediaTypes: doc.binaryMediaTypes && [...doc.binaryMediaTypes],
    minimumCompressionSize: doc.minimumCompressionSize,
    policy: shownPolicy(doc.policy),
    endpointConfiguration: {
      types: [...doc.endpointConfiguration.types] as NonNullable<RestApi['endpointConfiguration']>['types'],
      ipAddressType: doc.endpointConfiguration.ipAddressType as 'ipv4' | 'dualstack',
    },
    disableExecuteApiEndpoint: doc.disableExecuteApiEndpoint ?? false,
    rootResourceId: doc.rootResourceId,
    tags: someTags(doc.tags),
  }
}
