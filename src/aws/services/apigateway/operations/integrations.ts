import type { APIGateway } from '@aws-sdk/client-api-gateway'
import type { IntegrationRecord, Passthrough } from '../../../../gateway/control/rest-api-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { integrationAnswer } from '../answers.ts'
import { checkEndpoint } from '../check-endpoint.ts'
import { type Context, contextOf } from '../context.ts'
import { type FoundMethod, findMethod, type MethodAddress, saveMethod } from '../edit-method.ts'
import { checkIntegration } from '../integration-rules.ts'
import { LIMITS } from '../limits.ts'
import {
  applyPatches,
  flag,
  integer,
  listPatchedByPath,
  oneOf,
  orNone,
  type PatchTable,
  plainWording,
} from '../patch.ts'
import { noSuchContentType, noSuchIntegration, noSuchParameter, unsupported } from '../refusals.ts'
import { findApi } from './rest-apis.ts'

export const integrationOperations = {
  /** Puts the integration in the place of one that was there, with its responses. */
  async PutIntegration(input, call) {
    const context = contextOf(call)
    const found = await findMethod(context, input)
    if (input.integrationTarget) throw unsupported('the integration target of a VPC link')
    const mock = input.type === 'MOCK'
    const integration: IntegrationRecord = {
      type: input.type,
      // A MOCK integration calls nothing: AWS drops what it would call.
      httpMethod: mock ? undefined : input.integrationHttpMethod,
      uri: mock ? undefined : input.uri,
      connectionType: input.connectionType,
      connectionId: input.connectionId || undefined,
      credentials: input.credentials || undefined,
      requestParameters: input.requestParameters,
      requestTemplates: input.requestTemplates,
      passthroughBehavior: (input.passthroughBehavior as Passthrough | undefined) ?? 'WHEN_NO_MATCH',
      contentHandling: input.contentHandling,
      timeoutInMillis: input.timeoutInMillis ?? LIMITS.timeoutMs.most,
      tlsConfig: input.tlsConfig,
      responseTransferMode: input.responseTransferMode,
      cacheNamespace: input.cacheNamespace ?? input.resourceId,
      cacheKeyParameters: input.cacheKeyParameters ?? [],
    }
    await save(context, input.restApiId, found, integration)
    return integrationAnswer(integration)
  },

  async GetIntegration(input, call) {
    const { integration } = await findIntegration(contextOf(call), input)
    return integrationAnswer(integration)
  },

  async UpdateIntegration(input, call) {
    const context = contextOf(call)
    const { found, integration } = await findIntegration(context, input)
    const patched = applyPatches(PATCHES, integration, input.patchOperations)
    await save(context, input.restApiId, found, patched)
    return integrationAnswer(patched)
  },

  async DeleteIntegration(input, call) {
    const context = contextOf(call)
    const { found } = await findIntegration(context, input)
    await saveMethod(context, found, { ...found.method, integration: undefined })
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

export async function findIntegration(
  context: Context,
  address: MethodAddress,
): Promise<{ found: FoundMethod; integration: IntegrationRecord }> {
  const found = await findMethod(context, address)
  const { integration } = found.method
  if (!integration) throw noSuchIntegration()
  return { found, integration }
}

async function save(
  context: Context,
  apiId: string,
  found: FoundMethod,
  integration: IntegrationRecord,
): Promise<void> {
  checkIntegration(integration, found.method, await endpointTypes(context, apiId, integration))
  await checkEndpoint(context, integration)
  await saveMethod(context, found, { ...found.method, integration })
}

/** Read only when it matters: nearly all integrations keep to the usual time. */
async function endpointTypes(context: Context, apiId: string, { timeoutInMillis }: IntegrationRecord) {
  if (timeoutInMillis <= LIMITS.timeoutMs.most) return undefined
  return (await findApi(context, apiId)).doc.endpointConfiguration.types
}

const PATCHES: PatchTable<IntegrationRecord> = {
  wording: plainWording,
  rows: {
    '/httpMethod': { ops: ['replace'] },
    '/uri': { ops: ['replace'] },
    '/credentials': { ops: ['add', 'replace', 'remove'], value: orNone },
    '/connectionType': {
      ops: ['replace'],
      value: oneOf('connection type', 'INTERNET', 'VPC_LINK'),
    },
    '/connectionId': { ops: ['replace', 'remove'], value: orNone },
    '/tlsConfig/insecureSkipVerification': { ops: ['add', 'replace', 'remove'], value: flag },
    '/responseTransferMode': { ops: ['replace'], value: orNone },
    '/requestParameters/{name}': { ops: ['add', 'replace', 'remove'], absent: noSuchParameter },
    '/requestTemplates/{contentType}': {
      ops: ['add', 'replace', 'remove'],
      value: template => template ?? '',
      absent: noSuchContentType,
    },
    '/passthroughBehavior': { ops: ['replace'] },
    '/contentHandling': { ops: ['replace', 'remove'], value: orNone },
    '/timeoutInMillis': { ops: ['replace'], value: integer },
    '/cacheNamespace': { ops: ['replace'], value: namespace => namespace ?? '' },
    '/cacheKeyParameters/{name}': {
      ops: ['add', 'replace', 'remove'],
      apply(draft, patch) {
        draft.cacheKeyParameters = listPatchedByPath(draft.cacheKeyParameters, patch, patch.at.name!)
      },
    },
  },
}
