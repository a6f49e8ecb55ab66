import type { APIGateway, Authorizer } from '@aws-sdk/client-api-gateway'
import { USUAL_TOKEN_SOURCE } from '../../../../gateway/authorizers/function-authorizer.ts'
import { type AuthorizerRecord, authorizers } from '../../../../gateway/control/api-parts.ts'
import { resources } from '../../../../gateway/control/rest-api-records.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Platform } from '../../../../platform.ts'
import type { Stored } from '../../../../records/records.ts'
import type { Handlers, InputOf } from '../../../wire/service.ts'
import { checkAuthorizer } from '../authorizer-rules.ts'
import { type Context, contextOf } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, integer, listPatchedByValue, orNone, type PatchTable, plainWording } from '../patch.ts'
import { badRequest, checkRoom, conflict, noSuchAuthorizer } from '../refusals.ts'
import { findApi } from './rest-apis.ts'

export const authorizerOperations = {
  async CreateAuthorizer(input, call) {
    const context = contextOf(call)
    const { records } = context
    const apiId = input.restApiId
    await findApi(context, apiId)
    const doc = newAuthorizer(input)
    checkAuthorizer(doc)
    const others = await records.all(authorizers, apiId)
    refuseSameName(others, doc.name)
    checkRoom(others.length, LIMITS.authorizersPerApi, 'authorizers for this API')
    const id = shortId(6)
    await records.change().create(authorizers, { parent: apiId, id }, doc).commit()
    return answer({ id, doc })
  },

  async GetAuthorizer(input, call) {
    return answer(await findAuthorizer(contextOf(call), input.restApiId, input.authorizerId))
  },

  async GetAuthorizers(input, call) {
    const context = contextOf(call)
    const apiId = input.restApiId
    await findApi(context, apiId)
    return pageOf(context.records, authorizers, apiId, `authorizers/${apiId}`, input, answer)
  },

  async UpdateAuthorizer(input, call) {
    const context = contextOf(call)
    const { records } = context
    const apiId = input.restApiId
    const authorizer = await findAuthorizer(context, apiId, input.authorizerId)
    const doc = applyPatches(PATCHES, authorizer.doc, input.patchOperations)
    checkAuthorizer(doc)
    if (doc.name !== authorizer.doc.name) refuseSameName(await records.all(authorizers, apiId), doc.name)
    await records.change().replace(authorizers, authorizer, doc).commit()
    return answer({ id: authorizer.id, doc })
  },

  /** What is deployed keeps its authorizer: deployments are as the API was. */
  async DeleteAuthorizer(input, call) {
    const context = contextOf(call)
    const { records } = context
    const apiId = input.restApiId
    const authorizer = await findAuthorizer(context, apiId, input.authorizerId)
    const change = records.change().remove(authorizers, authorizer)
    for (const resource of await records.all(resources, apiId)) {
      for (const [httpMethod, { authorizerId }] of Object.entries(resource.doc.methods)) {
        if (authorizerId !== authorizer.id) continue
        throw conflict(
          `Cannot delete authorizer '${authorizer.doc.name}', is referenced in method: ${httpMethod}/${resource.doc.path}`,
        )
      }
    }
    await change.commit()
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

export async function findAuthorizer(
  context: Context,
  apiId: string,
  id: string,
): Promise<Stored<AuthorizerRecord>> {
  await findApi(context, apiId)
  const authorizer = await context.records.get(authorizers, apiId, id)
  if (!authorizer) throw noSuchAuthorizer()
  return authorizer
}

/** `authType` has "no functional impact", and says this when nobody said anything. */
const AUTH_TYPES: Readonly<Record<AuthorizerRecord['type'], string>> = {
  TOKEN: 'custom',
  REQUEST: 'custom',
  COGNITO_USER_POOLS: 'cognito_user_pools',
}

function newAuthorizer(input: InputOf<APIGateway['createAuthorizer']>): AuthorizerRecord {
  const { name, type } = input
  return {
    name,
    type,
    providerARNs: input.providerARNs?.length ? input.providerARNs : undefined,
    authType: input.authType ?? AUTH_TYPES[type],
    authorizerUri: input.authorizerUri,
    authorizerCredentials: input.authorizerCredentials || undefined,
    identitySource: input.identitySource || (type === 'REQUEST' ? undefined : USUAL_TOKEN_SOURCE),
    identityValidationExpression: input.identityValidationExpression || undefined,
    authorizerResultTtlInSeconds: input.authorizerResultTtlInSeconds,
  }
}

function refuseSameName(others: ReadonlyArray<Stored<AuthorizerRecord>>, name: string): void {
  if (!others.some(({ doc }) => doc.name === name)) return
  throw badRequest(`Authorizer name must be unique. Authorizer ${name} already exists in this RestApi.`)
}

/** https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateAuthorizer-Patch */
const PATCHES: PatchTable<AuthorizerRecord> = {
  wording: plainWording,
  rows: {
    '/name': { ops: ['replace'], value: name => name ?? '' },
    '/type': { ops: ['replace'] },
    '/authType': { ops: ['replace'], value: orNone },
    '/authorizerUri': { ops: ['replace'] },
    '/authorizerCredentials': { ops: ['replace'], value: orNone },
    '/identitySource': { ops: ['replace'], value: orNone },
    '/identityValidationExpression': { ops: ['replace'], value: orNone },
    '/authorizerResultTtlInSeconds': { ops: ['replace'], value: integer },
    '/providerARNs': {
      ops: ['add', 'remove'],
      apply(draft, { op, value = '' }) {
        draft.providerARNs = listPatchedByValue(draft.providerARNs, op, value)
      },
    },
  },
}

const answer = ({ id, doc }: { id: string; doc: AuthorizerRecord }): Authorizer => ({
  id,
  name: doc.name,
  type: doc.type,
  providerARNs: doc.providerARNs && [...doc.providerARNs],
  authType: doc.authType,
  authorizerUri: doc.authorizerUri,
  authorizerCredentials: doc.authorizerCredentials,
  identitySource: doc.identitySource,
  identityValidationExpression: doc.identityValidationExpression,
  authorizerResultTtlInSeconds: doc.authorizerResultTtlInSeconds,
})
