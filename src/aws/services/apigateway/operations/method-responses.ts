import type { APIGateway } from '@aws-sdk/client-api-gateway'
import type { MethodResponseRecord } from '../../../../gateway/control/rest-api-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { methodResponseAnswer } from '../answers.ts'
import { type Context, contextOf } from '../context.ts'
import { type FoundMethod, findMethod, type MethodAddress, saveMethod, without } from '../edit-method.ts'
import { modelsNamed } from '../method-rules.ts'
import { checkDeclaredHeaders, checkModels } from '../parameter-rules.ts'
import { applyPatches, flag, type PatchTable, plainWording } from '../patch.ts'
import { conflict, noSuchContentType, noSuchParameter, noSuchResponse } from '../refusals.ts'

export const methodResponseOperations = {
  async PutMethodResponse(input, call) {
    const context = contextOf(call)
    const found = await findMethod(context, input)
    const { statusCode } = input
    if (Object.hasOwn(found.method.responses ?? {}, statusCode)) {
      throw conflict('Response already exists for this method')
    }
    const response = { responseParameters: input.responseParameters, responseModels: input.responseModels }
    await save(context, input.restApiId, found, statusCode, response)
    return methodResponseAnswer(statusCode, response)
  },

  async GetMethodResponse(input, call) {
    const { response } = await find(contextOf(call), input)
    return methodResponseAnswer(input.statusCode, response)
  },

  async UpdateMethodResponse(input, call) {
    const context = contextOf(call)
    const { found, response } = await find(context, input)
    const patched = applyPatches(PATCHES, response, input.patchOperations)
    await save(context, input.restApiId, found, input.statusCode, patched)
    return methodResponseAnswer(input.statusCode, patched)
  },

  async DeleteMethodResponse(input, call) {
    const context = contextOf(call)
    const { found } = await find(context, input)
    const responses = without(found.method.responses, input.statusCode)
    await saveMethod(context, found, { ...found.method, responses })
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

async function find(
  context: Context,
  input: MethodAddress & { statusCode: string },
): Promise<{ found: FoundMethod; response: MethodResponseRecord }> {
  const found = await findMethod(context, input)
  const response = found.method.responses?.[input.statusCode]
  if (!response) throw noSuchResponse()
  return { found, response }
}

async function save(
  context: Context,
  apiId: string,
  found: FoundMethod,
  statusCode: string,
  response: MethodResponseRecord,
): Promise<void> {
  checkDeclaredHeaders(response.responseParameters)
  const { responseModels } = response
  checkModels(responseModels, await modelsNamed(context.records, apiId, responseModels))
  const { method } = found
  await saveMethod(context, found, { ...method, responses: { ...method.responses, [statusCode]: response } })
}

const PATCHES: PatchTable<MethodResponseRecord> = {
  wording: plainWording,
  rows: {
    '/responseParameters/{name}': { ops: ['add', 'replace', 'remove'], value: flag, absent: noSuchParameter },
    '/responseModels/{contentType}': { ops: ['add', 'replace', 'remove'], absent: noSuchContentType },
  },
}
