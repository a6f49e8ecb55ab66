import type { APIGateway, GatewayResponse } from '@aws-sdk/client-api-gateway'
import { type GatewayResponseRecord, gatewayResponses } from '../../../../gateway/control/api-parts.ts'
import { GATEWAY_RESPONSES, type GatewayResponseType } from '../../../../gateway/gateway-responses.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { type Context, contextOf } from '../context.ts'
import { checkGatewayResponse } from '../gateway-response-rules.ts'
import { applyPatches, type PatchTable, type ReadValue } from '../patch.ts'
import { badRequest, noSuchContentType, noSuchParameter, notFound } from '../refusals.ts'
import { findApi } from './rest-apis.ts'

export const gatewayResponseOperations = {
  async PutGatewayResponse(input, call) {
    const context = contextOf(call)
    const doc: GatewayResponseRecord = {
      statusCode: input.statusCode,
      responseParameters: some(input.responseParameters),
      responseTemplates: some(input.responseTemplates),
    }
    const own = await ownResponses(context, input.restApiId)
    await save(context, input.restApiId, input.responseType, doc)
    return answer(input.responseType, own.set(input.responseType, doc))
  },

  async GetGatewayResponse(input, call) {
    const own = await ownResponses(contextOf(call), input.restApiId)
    return answer(input.responseType, own)
  },

  async GetGatewayResponses(input, call) {
    const own = await ownResponses(contextOf(call), input.restApiId)
    return { items: (Object.keys(GATEWAY_RESPONSES) as GatewayResponseType[]).map(type => answer(type, own)) }
  },

  async UpdateGatewayResponse(input, call) {
    const context = contextOf(call)
    const own = await ownResponses(context, input.restApiId)
    const before = own.get(input.responseType) ?? {}
    const doc = applyPatches(
      PATCHES,
      { ...before, responseTemplates: before.responseTemplates ?? USUAL_TEMPLATES },
      input.patchOperations,
    )
    await save(context, input.restApiId, input.responseType, doc)
    return answer(input.responseType, own.set(input.responseType, doc))
  },

  async DeleteGatewayResponse(input, call) {
    const context = contextOf(call)
    await findApi(context, input.restApiId)
    const response = await context.records.get(gatewayResponses, input.restApiId, input.responseType)
    if (!response) throw notFound('Gateway response type not defined on api')
    await context.records.change().remove(gatewayResponses, response).commit()
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

type OwnResponses = Map<string, GatewayResponseRecord>

async function ownResponses(context: Context, apiId: string): Promise<OwnResponses> {
  await findApi(context, apiId)
  const all = await context.records.all(gatewayResponses, apiId)
  return new Map(all.map(({ id, doc }) => [id, doc]))
}

async function save(
  { records }: Context,
  apiId: string,
  type: string,
  doc: GatewayResponseRecord,
): Promise<void> {
  checkGatewayResponse(doc)
  const before = await records.get(gatewayResponses, apiId, type)
  const change = records.change()
  if (before) change.replace(gatewayResponses, before, doc)
  else change.create(gatewayResponses, { parent: apiId, id: type }, doc)
  await change.commit()
}

const some = <T>(map: Record<string, T> | undefined): Record<string, T> | undefined =>
  map && Object.keys(map).length > 0 ? map : undefined

const given =
  (map: string): ReadValue =>
  value => {
    if (!value) throw badRequest(`Invalid null or empty value in ${map}`)
    return value
  }

const PATCHES: PatchTable<GatewayResponseRecord> = {
  // Also where the path is one, and only the operation is not.
  wording: ({ path }) => badRequest(`Invalid patch path ${path}`),
  rows: {
    '/statusCode': { ops: ['replace'] },
    '/responseParameters/{name}': {
      ops: ['add', 'replace', 'remove'],
      value: given('responseParameters'),
      absent: noSuchParameter,
    },
    '/responseTemplates/{contentType}': {
      ops: ['add', 'replace', 'remove'],
      value: given('responseTemplates'),
      absent: noSuchContentType,
    },
  },
}

const USUAL_TEMPLATES = { 'application/json': '{"message":$context.error.messageString}' }

const DEFAULTS: readonly string[] = ['DEFAULT_4XX', 'DEFAULT_5XX']

/** A type that its owner did not define shows what is answered instead. */
function answer(type: GatewayResponseType, own: OwnResponses): GatewayResponse {
  const isDefault = DEFAULTS.includes(type)
  const { status } = GATEWAY_RESPONSES[type]
  const fallback = isDefault ? undefined : own.get(status >= 500 ? 'DEFAULT_5XX' : 'DEFAULT_4XX')
  const shown = own.get(type) ?? fallback
  return {
    responseType: type,
    statusCode: shown?.statusCode ?? (isDefault ? undefined : String(status)),
    responseParameters: { ...shown?.responseParameters },
    responseTemplates: { ...(shown?.responseTemplates ?? USUAL_TEMPLATES) },
    defaultResponse: !own.has(type),
  }
}
