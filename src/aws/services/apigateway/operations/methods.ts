import type { APIGateway } from '@aws-sdk/client-api-gateway'
import type { MethodRecord } from '../../../../gateway/control/rest-api-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { methodAnswer } from '../answers.ts'
import { contextOf } from '../context.ts'
import { findMethod, findResource, saveMethod, saveMethods, without } from '../edit-method.ts'
import {
  checkHttpMethod,
  checkMethod,
  namedParts,
  withoutIdleAuthorizer,
  withoutIdleScopes,
} from '../method-rules.ts'
import { applyPatches, flag, listPatchedByValue, orNone, type PatchTable, plainWording } from '../patch.ts'
import { conflict, noSuchContentType, noSuchParameter } from '../refusals.ts'

export const methodOperations = {
  async PutMethod(input, call) {
    const context = contextOf(call)
    const resource = await findResource(context, input.restApiId, input.resourceId)
    const { httpMethod } = input
    checkHttpMethod(httpMethod)
    if (Object.hasOwn(resource.doc.methods, httpMethod))
      throw conflict('Method already exists for this resource')
    const method = withoutIdleAuthorizer({
      authorizationType: input.authorizationType.toUpperCase(),
      apiKeyRequired: input.apiKeyRequired ?? false,
      operationName: input.operationName,
      requestParameters: input.requestParameters,
      requestModels: input.requestModels,
      authorizationScopes: input.authorizationScopes,
      authorizerId: input.authorizerId,
      requestValidatorId: input.requestValidatorId || undefined,
    })
    checkMethod(method, await namedParts(context.records, input.restApiId, method))
    await saveMethods(context, resource, { ...resource.doc.methods, [httpMethod]: method })
    return methodAnswer(httpMethod, method)
  },

  async GetMethod(input, call) {
    const { method } = await findMethod(contextOf(call), input)
    return methodAnswer(input.httpMethod, method)
  },

  async UpdateMethod(input, call) {
    const context = contextOf(call)
    const found = await findMethod(context, input)
    const patched = applyPatches(PATCHES, found.method, input.patchOperations)
    const method = withoutIdleAuthorizer(withoutIdleScopes(found.method, patched))
    checkMethod(method, await namedParts(context.records, input.restApiId, method))
    await saveMethod(context, found, method)
    return methodAnswer(input.httpMethod, method)
  },

  async DeleteMethod(input, call) {
    const context = contextOf(call)
    const { resource } = await findMethod(context, input)
    await saveMethods(context, resource, without(resource.doc.methods, input.httpMethod) ?? {})
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

const PATCHES: PatchTable<MethodRecord> = {
  wording: plainWording,
  rows: {
    '/apiKeyRequired': { ops: ['replace'], value: flag },
    '/authorizationType': { ops: ['replace'], value: type => type?.toUpperCase() ?? '' },
    '/authorizerId': { ops: ['replace'], value: orNone },
    '/authorizationScopes': {
      ops: ['add', 'remove'],
      apply(draft, { op, value = '' }) {
        draft.authorizationScopes = listPatchedByValue(draft.authorizationScopes, op, value)
        if (draft.authorizationScopes.length === 0) delete draft.authorizationScopes
      },
    },
    '/operationName': { ops: ['replace'] },
    '/requestValidatorId': { ops: ['replace'], value: orNone },
    '/requestParameters/{name}': {
      ops: ['add', 'replace', 'remove'],
      value: flag,
      absent: noSuchParameter,
    },
    '/requestModels/{contentType}': { ops: ['add', 'replace', 'remove'], absent: noSuchContentType },
  },
}
