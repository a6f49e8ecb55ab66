import { type Kind, kind } from '../../records/records.ts'
import { resources } from './rest-api-records.ts'

type Map<T> = Readonly<Record<string, T>>

/** A JSON Schema of an API. Parent: the API's id. Id: the model's name. */
export interface ModelRecord {
  /** Six lower-case letters and digits: what `GetModel` answers beside the name. */
  readonly id: string
  readonly description?: string
  /** JSON Schema, draft 4, as text. */
  readonly schema?: string
  readonly contentType: string
}

/** Parent: the API's id. Id: six lower-case letters and digits. */
export interface RequestValidatorRecord {
  readonly name?: string
  readonly validateRequestBody: boolean
  readonly validateRequestParameters: boolean
}

/** Parent: the API's id. Id: six lower-case letters and digits. */
export interface AuthorizerRecord {
  readonly name: string
  readonly type: 'TOKEN' | 'REQUEST' | 'COGNITO_USER_POOLS'
  readonly providerARNs?: readonly string[]
  readonly authType?: string
  readonly authorizerUri?: string
  readonly authorizerCredentials?: string
  /** `method.request.header.Authorization`, several of them joined by commas. */
  readonly identitySource?: string
  readonly identityValidationExpression?: string
  readonly authorizerResultTtlInSeconds?: number
}

/** Parent: the API's id. Id: the response type, as in gateway-responses.ts. */
export interface GatewayResponseRecord {
  readonly statusCode?: string
  /** `gatewayresponse.header.{name}` and what it is given. */
  readonly responseParameters?: Map<string>
  /** By content type. */
  readonly responseTemplates?: Map<string>
}

/** Parent: the API's id. Id: six lower-case letters and digits. */
export interface DocumentationPartRecord {
  readonly location: {
    readonly type: string
    readonly path?: string
    readonly method?: string
    readonly statusCode?: string
    readonly name?: string
  }
  /** JSON text. */
  readonly properties: string
}

/** Parent: the API's id. Id: the version's name. */
export interface DocumentationVersionRecord {
  readonly createdDate: number
  readonly description?: string
  /** The parts as they were, so that exports of an older version stay as they are. */
  readonly parts: ReadonlyArray<DocumentationPartRecord & { readonly id: string }>
}

export const models = kind<ModelRecord>('apigateway.model')
export const requestValidators = kind<RequestValidatorRecord>('apigateway.request-validator')
export const authorizers = kind<AuthorizerRecord>('apigateway.authorizer')
export const gatewayResponses = kind<GatewayResponseRecord>('apigateway.gateway-response')
export const documentationParts = kind<DocumentationPartRecord>('apigateway.documentation-part')
export const documentationVersions = kind<DocumentationVersionRecord>('apigateway.documentation-version')

/** What belongs to an API beside its resources and is cloned and compiled with it. Parent of each: the API's id. */
export const DEFINING_PARTS = [models, requestValidators, authorizers, gatewayResponses] as const

/** What goes with an API that is deleted, apart from its stages and deployments. */
export const OWNED_PARTS: readonly Kind<unknown>[] = [
  resources,
  ...DEFINING_PARTS,
  documentationParts,
  documentationVersions,
]
