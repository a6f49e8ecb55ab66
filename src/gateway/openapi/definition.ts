import type {
  AuthorizerRecord,
  DocumentationPartRecord,
  GatewayResponseRecord,
  ModelRecord,
  RequestValidatorRecord,
} from '../control/api-parts.ts'
import type { IntegrationRecord, MethodRecord } from '../control/rest-api-records.ts'

type Map<T> = Readonly<Record<string, T>>

/**
 * What a document says of a REST API, and what an API says of itself: everything by name and nothing by id, so that
 * one API's definition can become another's. Documents are read into it (read-definition.ts) and written from it
 * (write-document.ts); records become one (describe-records.ts).
 */
export interface RestApiDefinition {
  readonly name?: string
  readonly description?: string
  readonly version?: string
  readonly apiKeySource?: 'HEADER' | 'AUTHORIZER'
  readonly binaryMediaTypes?: readonly string[]
  /** Bytes. */
  readonly minimumCompressionSize?: number
  /** JSON text. */
  readonly policy?: string
  readonly disableExecuteApiEndpoint?: boolean
  readonly tags?: Map<string>
  /** Methods by path (`/pets/{id}`) and name (`GET`, `ANY`); a path without methods is a resource, too. */
  readonly resources: Map<Map<MethodDefinition>>
  readonly models: Map<ModelDefinition>
  readonly requestValidators: Map<Omit<RequestValidatorRecord, 'name'>>
  readonly authorizers: Map<AuthorizerDefinition>
  /** By response type. */
  readonly gatewayResponses: Map<GatewayResponseRecord>
}

export type AuthorizerDefinition = Omit<AuthorizerRecord, 'name'>

export interface ModelDefinition extends Omit<ModelRecord, 'id'> {
  /** JSON Schema as text; other models are `#/definitions/{name}`. */
  readonly schema?: string
}

export interface MethodDefinition
  extends Omit<MethodRecord, 'authorizerId' | 'requestValidatorId' | 'integration'> {
  /** Key of {@link RestApiDefinition.authorizers}. */
  readonly authorizer?: string
  /** Key of {@link RestApiDefinition.requestValidators}. */
  readonly requestValidator?: string
  readonly integration?: IntegrationDefinition
}

export interface IntegrationDefinition extends Omit<IntegrationRecord, 'cacheNamespace'> {
  /** Absent: the resource's own. */
  readonly cacheNamespace?: string
}

/** The texts about an API, which belong to no deployment. */
export interface Documentation {
  /** Name of the documentation version that the parts make up, if the document names one. */
  readonly version?: string
  readonly description?: string
  readonly parts: readonly DocumentationPartRecord[]
}

/** Milliseconds an integration may take when nobody says otherwise. */
export const USUAL_TIMEOUT_MS = 29_000
