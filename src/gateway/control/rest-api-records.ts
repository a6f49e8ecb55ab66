import type { Shifted } from '../../deployments/feed/shift.ts'
import { kind } from '../../records/records.ts'

type Map<T> = Readonly<Record<string, T>>

/** A REST API. Id: ten lower-case letters and digits, unique everywhere, as it is part of addresses. */
export interface RestApiRecord {
  readonly name: string
  readonly description?: string
  readonly version?: string
  /** Epoch seconds, as everywhere in these records. */
  readonly createdDate: number
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER'
  readonly binaryMediaTypes?: readonly string[]
  readonly minimumCompressionSize?: number
  readonly endpointConfiguration: { readonly types: readonly string[]; readonly ipAddressType: string }
  readonly rootResourceId: string
  /** The API's resource policy, as JSON text. */
  readonly policy?: string
  /** Whether only custom domains reach the API. */
  readonly disableExecuteApiEndpoint?: boolean
  readonly tags?: Map<string>
}

/** A resource of an API with all of its methods. */
export interface ResourceRecord {
  /** Absent for the root, as is `pathPart`. */
  readonly parentId?: string
  readonly pathPart?: string
  /** `/`, `/pets/{id}`; kept so that one read answers it, rewritten for the subtree when a resource moves. */
  readonly path: string
  readonly methods: Map<MethodRecord>
}

export interface MethodRecord {
  readonly authorizationType: string
  readonly apiKeyRequired: boolean
  readonly operationName?: string
  readonly requestParameters?: Map<boolean>
  readonly requestModels?: Map<string>
  readonly authorizationScopes?: readonly string[]
  readonly authorizerId?: string
  readonly requestValidatorId?: string
  readonly responses?: Map<MethodResponseRecord>
  readonly integration?: IntegrationRecord
}

export interface MethodResponseRecord {
  readonly responseParameters?: Map<boolean>
  readonly responseModels?: Map<string>
}

export type IntegrationType = 'AWS_PROXY' | 'MOCK' | 'AWS' | 'HTTP' | 'HTTP_PROXY'
export type Passthrough = 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES' | 'NEVER'
export type ContentHandling = 'CONVERT_TO_BINARY' | 'CONVERT_TO_TEXT'

export interface IntegrationRecord {
  readonly type: IntegrationType
  readonly httpMethod?: string
  readonly uri?: string
  readonly credentials?: string
  readonly requestParameters?: Map<string>
  readonly requestTemplates?: Map<string>
  readonly passthroughBehavior: Passthrough
  readonly contentHandling?: ContentHandling
  readonly timeoutInMillis: number
  /** Absent: `INTERNET`. */
  readonly connectionType?: 'INTERNET' | 'VPC_LINK'
  /** Of the VPC link; a stage variable may stand for it. */
  readonly connectionId?: string
  readonly tlsConfig?: { readonly insecureSkipVerification?: boolean }
  /** Absent: `BUFFERED`. */
  readonly responseTransferMode?: 'BUFFERED' | 'STREAM'
  readonly cacheNamespace: string
  readonly cacheKeyParameters: readonly string[]
  readonly responses?: Map<IntegrationResponseRecord>
}

export interface IntegrationResponseRecord {
  readonly selectionPattern?: string
  readonly responseParameters?: Map<string>
  readonly responseTemplates?: Map<string>
  readonly contentHandling?: ContentHandling
}

export interface DeploymentRecord {
  readonly description?: string
  readonly createdDate: number
  /** Key in the store of the snapshot that was compiled for it. */
  readonly snapshot: string
}

/** While a deployment has it, only that one moves its requests. */
export interface StageRecord extends Shifted {
  readonly deploymentId: string
  readonly description?: string
  readonly variables?: Map<string>
  readonly tracingEnabled: boolean
  readonly methodSettings: Map<MethodSettings>
  readonly cacheClusterEnabled?: boolean
  /** Size of the cache in GB, as AWS sells it; kept when the cache is switched off. */
  readonly cacheClusterSize?: string
  /** Part of every cache key: raising it forgets all that was cached. Epoch milliseconds. */
  readonly cacheFlushedAt?: number
  /** The same of what authorizers decided. */
  readonly authorizersFlushedAt?: number
  readonly canarySettings?: CanarySettingsRecord
  readonly clientCertificateId?: string
  readonly documentationVersion?: string
  readonly accessLogSettings?: { readonly destinationArn?: string; readonly format?: string }
  readonly createdDate: number
  readonly lastUpdatedDate: number
  readonly tags?: Map<string>
}

/** A part of a stage's requests that another deployment answers. */
export interface CanarySettingsRecord {
  /** 0 to 100. */
  readonly percentTraffic: number
  readonly deploymentId: string
  readonly stageVariableOverrides?: Map<string>
  readonly useStageCache: boolean
}

/** Of one method or, under a star for path and method, of all. Keys stand as in a patch path: `~1pets/GET`. */
export interface MethodSettings {
  readonly metricsEnabled: boolean
  readonly loggingLevel?: string
  readonly dataTraceEnabled: boolean
  readonly throttlingBurstLimit: number
  readonly throttlingRateLimit: number
  readonly cachingEnabled: boolean
  readonly cacheTtlInSeconds: number
  readonly cacheDataEncrypted: boolean
  readonly requireAuthorizationForCacheControl: boolean
  readonly unauthorizedCacheControlHeaderStrategy: string
}

export const restApis = kind<RestApiRecord>('apigateway.rest-api')

/** Parent: the API's id. Alias: {@link siblingName}. */
export const resources = kind<ResourceRecord>('apigateway.resource')

/** Parent: the API's id. */
export const deployments = kind<DeploymentRecord>('apigateway.deployment')

/** Parent: the API's id. Id: the stage's name. */
export const stages = kind<StageRecord>('apigateway.stage')

/** Kind of publication that keeps an API's StageRouter up to date. Id: the API's id. */
export const API_PUBLICATION = 'api'
