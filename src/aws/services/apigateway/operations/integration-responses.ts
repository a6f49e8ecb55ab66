import type { APIGateway } from '@aws-sdk/client-api-gateway'
import type {
  IntegrationRecord,
  IntegrationResponseRecord,
} from '../../../../gateway/control/rest-api-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { integrationResponseAnswer } from '../answers.ts'
import { type Context, contextOf } from '../context.ts'
import { type FoundMethod, findResource, type MethodAddress, saveMethod, without } from '../edit-method.ts'
import { checkResponseMappings, checkTemplates } from '../parameter-rules.ts'
import { applyPatches, oneOf, type PatchTable, plainWording } from '../patch.ts'
import {
  conflict,
  noSuchContentType,
  noSuchIntegration,
  noSuchParameter,
  noSuchResponse,
} from '../refusals.ts'
import { findIntegration } from './integrations.ts'

export const integrationResponseOperations = {
  async PutIntegrationResponse(input, call) {
    const context = contextOf(call)
    const { found, integration } = await findIntegration(context, input)
    const response: IntegrationResponseRecord = {
      selectionPattern: input.selectionPattern,
      responseParameters: input.responseParameters,
      responseTemplates: input.responseTemplates,
      contentHandling: input.contentHandling,
    }
    await save(context, found, integration, input.statusCode, response)
    return integrationResponseAnswer(input.statusCode, response)
  },

  async GetIntegrationResponse(input, call) {
    const { response } = await find(contextOf(call), input)
    return integrationResponseAnswer(input.statusCode, response)
  },

  async UpdateIntegrationResponse(input, call) {
    const context = contextOf(call)
    const { found, integration, response } = await find(context, input)
    const patched = applyPatches(PATCHES, response, input.patchOperations)
    await save(context, found, integration, input.statusCode, patched)
    return integrationResponseAnswer(input.statusCode, patched)
  },

  async DeleteIntegrationResponse(input, call) {
    const context = contextOf(call)
    // Here, and here only, AWS takes a method that is not there for a missing integration.
    const resource = await findResource(context, input.restApiId, input.resourceId)
    if (!Object.hasOwn(resource.doc.methods, input.httpMethod)) throw noSuchIntegration()
    const { found, integration } = await find(context, input)
    const responses = without(integration.responses, input.statusCode)
    await saveMethod(context, found, { ...found.method, integration: { ...integration, responses } })
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

async function find(
  context: Context,
  input: MethodAddress & { statusCode: string },
): Promise<{ found: FoundMethod; integration: IntegrationRecord; response: IntegrationResponseRecord }> {
  const { found, integration } = await findIntegration(context, input)
  const response = integration.responses?.[input.statusCode]
  if (!response) throw noSuchResponse()
  return { found, integration, response }
}

async function save(
  context: Context,
  found: FoundMethod,
  integration: IntegrationRecord,
  statusCode: string,
  response: IntegrationResponseRecord,
): Promise<void> {
  checkTemplates(response.responseTemplates)
  checkResponseMappings(response.responseParameters, found.method.responses?.[statusCode])
  const pattern = response.selectionPattern || undefined
  for (const [status, other] of Object.entries(integration.responses ?? {})) {
    if (status !== statusCode && (other.selectionPattern || undefined) === pattern) {
      throw conflict(`Integration response with selection pattern ${pattern ?? 'default'} already exists`)
    }
  }
  const responses = { ...integration.responses, [statusCode]: response }
  await saveMethod(context, found, { ...found.method, integration: { ...integration, responses } })
}

const PATCHES: PatchTable<IntegrationResponseRecord> = {
  wording: plainWording,
  rows: {
    '/selectionPattern': { ops: ['replace', 'remove'] },
    '/responseParameters/{name}': { ops: ['add', 'replace', 'remove'], absent: noSuchParameter },
    '/responseTemplates/{contentType}': {
      ops: ['add', 'replace', 'remove'],
      value: template => template ?? '',
      absent: noSuchContentType,
    },
    '/contentHandling': {
      ops: ['replace', 'remove'],
      value: (handling, path) =>
        handling
          ? oneOf('content handling', 'CONVERT_TO_BINARY', 'CONVERT_TO_TEXT')(handling, path)
          : undefined,
    },
  },
}
