import type { Shift } from '../deployments/feed/shift.ts'
import type { Cors } from '../lib/cors.ts'

/**
 * What the gateway serves from. A deployment compiles a REST API into one immutable document, stored in R2 under its
 * own hash; a stage points at it (see {@link ApiPointer}). Nothing else is read to answer a request.
 */
export interface Snapshot {
  readonly schema: 1
  readonly account: string
  readonly region: string
  readonly apiId: string
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER'
  readonly binaryMediaTypes: readonly string[]
  readonly resources: readonly SnapshotResource[]
  /** JSON Schemas by model name, as text. Absent when no method validates bodies. */
  readonly models?: Readonly<Record<string, string>>
  /** By id, of those that methods use. */
  readonly authorizers?: Readonly<Record<string, SnapshotAuthorizer>>
  /** By response type. */
  readonly gatewayResponses?: Readonly<Record<string, SnapshotGatewayResponse>>
  /** The API's resource policy, as JSON text. */
  readonly policy?: string
  readonly disableExecuteApiEndpoint?: boolean
  /** What pages of other origins may do with all of the API. */
  readonly cors?: Cors
  /** Bytes from which on answers are compressed; absent: never. */
  readonly minimumCompressionSize?: number
  /** Key in the store of what the API said of itself, for exports: see openapi/stored-definition.ts. */
  readonly definition?: string
}

export interface SnapshotAuthorizer {
  readonly name: string
  readonly type: 'TOKEN' | 'REQUEST' | 'COGNITO_USER_POOLS'
  readonly providerArns?: readonly string[]
  readonly uri?: string
  readonly credentials?: string
  readonly identitySource?: string
  readonly identityValidationExpression?: string
  readonly ttlSeconds: number
}

export interface SnapshotGatewayResponse {
  readonly statusCode?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly templates?: Readonly<Record<string, string>>
}

export interface SnapshotResource {
  readonly id: string
  /** `/`, `/pets/{id}`, `/files/{proxy+}` */
  readonly path: string
  /** By upper-case HTTP method or `ANY`. */
  readonly methods: Readonly<Record<string, SnapshotMethod>>
}

export interface SnapshotMethod {
  readonly authorizationType: string
  readonly apiKeyRequired: boolean
  readonly operationName?: string
  /** Key of {@link Snapshot.authorizers}. */
  readonly authorizerId?: string
  readonly authorizationScopes?: readonly string[]
  /** Absent: nothing is validated. */
  readonly validator?: { readonly body: boolean; readonly parameters: boolean }
  /** Names of models by content type. */
  readonly requestModels?: Readonly<Record<string, string>>
  /** `method.request.{path|querystring|header}.{name}` and whether it is required. */
  readonly requestParameters?: Readonly<Record<string, boolean>>
  /** By status code. */
  readonly responses: Readonly<Record<string, SnapshotMethodResponse>>
  readonly integration?: SnapshotIntegration
}

export interface SnapshotMethodResponse {
  /** `method.response.header.{name}` and whether it is required. */
  readonly parameters?: Readonly<Record<string, boolean>>
  readonly models?: Readonly<Record<string, string>>
}

export interface SnapshotIntegration {
  readonly type: 'AWS_PROXY' | 'MOCK' | 'AWS' | 'HTTP' | 'HTTP_PROXY'
  readonly httpMethod?: string
  readonly uri?: string
  readonly credentials?: string
  readonly requestParameters?: Readonly<Record<string, string>>
  /** Mapping templates by content type. */
  readonly requestTemplates?: Readonly<Record<string, string>>
  readonly passthroughBehavior: 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES' | 'NEVER'
  readonly contentHandling?: 'CONVERT_TO_BINARY' | 'CONVERT_TO_TEXT'
  readonly timeoutMs: number
  readonly connectionType?: 'INTERNET' | 'VPC_LINK'
  readonly connectionId?: string
  readonly tlsConfig?: { readonly insecureSkipVerification?: boolean }
  /** Whether a response may be larger than what AWS holds for a client; absent: no. */
  readonly streamed?: boolean
  readonly cacheNamespace?: string
  readonly cacheKeyParameters?: readonly string[]
  readonly responses: readonly SnapshotIntegrationResponse[]
}

export interface SnapshotIntegrationResponse {
  readonly statusCode: string
  /** Absent or '': the default response. */
  readonly selectionPattern?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly templates?: Readonly<Record<string, string>>
  readonly contentHandling?: 'CONVERT_TO_BINARY' | 'CONVERT_TO_TEXT'
}

/** The document of a StageRouter object, named by the API's id (which is unique everywhere). */
export interface ApiPointer {
  readonly schema: 1
  readonly account: string
  readonly region: string
  readonly apiId: string
  /** As its owner calls it; it may change without a deployment. */
  readonly name?: string
  readonly stages: Readonly<Record<string, StagePointer>>
}

export interface StagePointer {
  readonly deploymentId: string
  /** Key of the {@link Snapshot} in the store. */
  readonly snapshot: string
  readonly variables: Readonly<Record<string, string>>
  /** Absent without a canary. */
  readonly canary?: CanaryPointer
  /** While a deployment moves the stage's requests to its canary. */
  readonly shift?: Shift
  /** What was set for methods, by `{path}/{method}` as in the stage's record; only what the data plane acts on. */
  readonly settings?: Readonly<Record<string, StageMethodSettings>>
  /** Absent without a cache. */
  readonly cache?: { readonly flushedAt?: number }
  readonly authorizersFlushedAt?: number
  readonly accessLog?: {
    readonly destinationArn: string
    readonly format: string
    /** `EDGE`, `REGIONAL`, `PRIVATE`; there where the format asks for it. */
    readonly endpointType?: string
  }
  readonly tracingEnabled?: boolean
  /** Requests of methods that have limits pass while these cannot be asked; see failure-policy.ts. */
  readonly whenUnreachable?: 'pass'
  /** Requests are counted by API key, too. */
  readonly countsByKey?: boolean
  /** Names of bindings by ids of VPC links. Absent without any. */
  readonly links?: Readonly<Record<string, string>>
}

export interface CanaryPointer {
  /** 0 to 100. */
  readonly percentTraffic: number
  readonly deploymentId: string
  readonly snapshot: string
  /** The stage's with what the canary overrides. */
  readonly variables: Readonly<Record<string, string>>
  readonly useStageCache: boolean
}

export interface StageMethodSettings {
  /** Requests of the method are measured apart. */
  readonly metricsEnabled?: boolean
  readonly loggingLevel?: 'OFF' | 'ERROR' | 'INFO'
  readonly dataTraceEnabled?: boolean
  readonly throttle?: { readonly rate: number; readonly burst: number }
  readonly cache?: {
    readonly ttlSeconds: number
    readonly requireAuthorization: boolean
    readonly unauthorizedStrategy: string
  }
}

/** Characters of JSON. A larger deployment is refused: an isolate that serves many APIs could not hold it. */
export const LARGEST_SNAPSHOT = 2 * 1024 * 1024

/** Where a snapshot of this hash lies in the store. */
export const snapshotKey = (hash: string): string => `snapshots/${hash}.json`
