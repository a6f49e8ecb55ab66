import {
  type AuthorizerRecord,
  authorizers,
  models,
  requestValidators,
} from '../../../gateway/control/api-parts.ts'
import type { MethodRecord } from '../../../gateway/control/rest-api-records.ts'
import { HTTP_METHODS } from '../../../gateway/http-methods.ts'
import type { Records } from '../../../records/records.ts'
import { checkDeclaredParameters, checkModels } from './parameter-rules.ts'
import { badRequest, checkOption } from './refusals.ts'

/** Types of authorizers that say yes for an authorization type. */
const AUTHORIZERS_FOR: Readonly<Record<string, ReadonlyArray<AuthorizerRecord['type']>>> = {
  NONE: [],
  AWS_IAM: [],
  CUSTOM: ['TOKEN', 'REQUEST'],
  COGNITO_USER_POOLS: ['COGNITO_USER_POOLS'],
}

/** The one type whose authorizers look at scopes. */
const SCOPED = 'COGNITO_USER_POOLS'

const METHOD_NAMES = [...HTTP_METHODS, 'ANY']

export const checkHttpMethod = (name: string): void => checkOption('HttpMethod', name, METHOD_NAMES)

/** What an API has that its methods may name. */
export interface NamedParts {
  /** Undefined where the API has no authorizer of that id. */
  authorizerType(id: string): AuthorizerRecord['type'] | undefined
  hasValidator(id: string): boolean
  hasModel(name: string): boolean
}

/** What must hold of a method however it was made: put as a whole, patched, or imported. */
export function checkMethod(method: MethodRecord, parts: NamedParts): void {
  const { authorizationType, authorizationScopes = [], authorizerId, requestValidatorId } = method
  checkOption('authorization type', authorizationType, Object.keys(AUTHORIZERS_FOR))
  if (authorizationScopes.length > 0 && authorizationType !== SCOPED) {
    throw badRequest(
      `Invalid Method authorization type specified. Authorization Scopes are only valid for ${SCOPED} authorization type`,
    )
  }
  const fitting = AUTHORIZERS_FOR[authorizationType]!
  const type = authorizerId ? parts.authorizerType(authorizerId) : undefined
  if (fitting.length > 0 && !(type && fitting.includes(type))) {
    throw badRequest(
      'Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.',
    )
  }
  if (requestValidatorId && !parts.hasValidator(requestValidatorId)) {
    throw badRequest('Invalid Request Validator identifier specified')
  }
  checkDeclaredParameters(method.requestParameters)
  checkModels(method.requestModels, name => parts.hasModel(name))
}

/** A method as it is kept: without an authorization type that takes one, an authorizer is not even looked up. */
export function withoutIdleAuthorizer(method: MethodRecord): MethodRecord {
  return (AUTHORIZERS_FOR[method.authorizationType]?.length ?? 0) > 0
    ? method
    : { ...method, authorizerId: undefined }
}

/** Scopes go with the authorization type that asked for them, when a method is given another one. */
export const withoutIdleScopes = (before: MethodRecord, after: MethodRecord): MethodRecord =>
  before.authorizationType === SCOPED && after.authorizationType !== SCOPED
    ? { ...after, authorizationScopes: undefined }
    : after

/** Reads those parts of an API that a method names. */
export async function namedParts(
  records: Records,
  apiId: string,
  { authorizerId, requestValidatorId, requestModels }: MethodRecord,
): Promise<NamedParts> {
  const [authorizer, validator, hasModel] = await Promise.all([
    authorizerId ? records.get(authorizers, apiId, authorizerId) : undefined,
    requestValidatorId ? records.get(requestValidators, apiId, requestValidatorId) : undefined,
    modelsNamed(records, apiId, requestModels),
  ])
  return {
    authorizerType: () => authorizer?.doc.type,
    hasValidator: () => validator !== undefined,
    hasModel,
  }
}

/** Which of the models that somebody names the API has. */
export async function modelsNamed(
  records: Records,
  apiId: string,
  named: Readonly<Record<string, string>> | undefined,
): Promise<(name: string) => boolean> {
  const names = [...new Set(Object.values(named ?? {}))]
  const found = await Promise.all(names.map(name => records.get(models, apiId, name)))
  const known = new Set(found.flatMap(model => (model ? [model.id] : [])))
  return name => known.has(name)
}
