// What becomes of every property of API Gateway's own types. The compiler holds these tables to both sides: each has to
// name every member of the SDK's type, a member that a record keeps cannot be called missing, and what is said to be
// kept or served has to be a member of the record or of the document that the gateway serves from. The page's generator
// looks whether the gateway reads what is said to be served.
import type {
  AccessLogSettings,
  ApiKey,
  Authorizer,
  BasePathMapping,
  CanarySettings,
  Deployment,
  DocumentationPart,
  DocumentationVersion,
  DomainName,
  GatewayResponse,
  Integration,
  IntegrationResponse,
  Method,
  MethodResponse,
  MethodSetting,
  Model,
  RequestValidator,
  Resource,
  RestApi,
  Stage,
  UsagePlan,
} from '@aws-sdk/client-api-gateway'
import type {
  AuthorizerRecord,
  DocumentationPartRecord,
  DocumentationVersionRecord,
  GatewayResponseRecord,
  ModelRecord,
  RequestValidatorRecord,
} from '../src/gateway/control/api-parts.ts'
import type {
  CanarySettingsRecord,
  DeploymentRecord,
  IntegrationRecord,
  IntegrationResponseRecord,
  MethodRecord,
  MethodResponseRecord,
  MethodSettings,
  ResourceRecord,
  RestApiRecord,
  StageRecord,
} from '../src/gateway/control/rest-api-records.ts'
import type {
  BasePathMappingRecord,
  DomainNameRecord,
} from '../src/gateway/domains/control/domain-records.ts'
import type {
  CanaryPointer,
  Snapshot,
  SnapshotAuthorizer,
  SnapshotGatewayResponse,
  SnapshotIntegration,
  SnapshotIntegrationResponse,
  SnapshotMethod,
  SnapshotMethodResponse,
  SnapshotResource,
  StageMethodSettings,
  StagePointer,
} from '../src/gateway/snapshot.ts'
import type { ApiKeyRecord, UsagePlanRecord } from '../src/metering/control/metering-records.ts'
import type { KeyRecord } from '../src/metering/key-record.ts'

type Member<T> = keyof T & string

/** The record keeps it, and the gateway acts on it by this member of what it serves from. */
interface Served<R, S> {
  readonly kept: Member<R>
  readonly served: Member<S>
}
/** The record keeps it, and it is told to whoever asks; how far it has an effect is said. */
interface Told<R> {
  readonly kept: Member<R>
  readonly told: string
}
/** Answered, and made of something else. */
interface Made {
  readonly made: string
}
/** Not answered and not acted on, and why. */
interface Missing {
  readonly missing: string
}

export type Property =
  | { readonly kept: string; readonly served: string }
  | { readonly kept: string; readonly told: string }
  | Made
  | Missing

type Table<Aws, R, S = never> = {
  readonly [K in keyof Required<Aws>]: K extends keyof R
    ? Served<R, S> | Told<R>
    : Served<R, S> | Told<R> | Made | Missing
}

const text = 'for people'
const id = { made: 'the id' } as const
const NO_WAF = 'there is no firewall of AWS here; Cloudflare has its own'
const NO_POOLS = 'there are no user pools yet: what they guard lets nobody in'
const NO_DNS = 'an address of AWS’s own DNS; see custom domains'

const REST_API = {
  id,
  name: { kept: 'name', told: text },
  description: { kept: 'description', told: text },
  version: { kept: 'version', told: text },
  createdDate: { kept: 'createdDate', told: text },
  warnings: { made: 'by imports' },
  apiKeySource: { kept: 'apiKeySource', served: 'apiKeySource' },
  binaryMediaTypes: { kept: 'binaryMediaTypes', served: 'binaryMediaTypes' },
  minimumCompressionSize: { kept: 'minimumCompressionSize', served: 'minimumCompressionSize' },
  endpointConfiguration: {
    kept: 'endpointConfiguration',
    told: 'REGIONAL and EDGE are served alike; PRIVATE is refused',
  },
  policy: { kept: 'policy', served: 'policy' },
  disableExecuteApiEndpoint: { kept: 'disableExecuteApiEndpoint', served: 'disableExecuteApiEndpoint' },
  rootResourceId: { kept: 'rootResourceId', told: 'names the root' },
  tags: { kept: 'tags', told: text },
  securityPolicy: { missing: 'TLS is Cloudflare’s' },
  endpointAccessMode: { missing: 'TLS is Cloudflare’s' },
  apiStatus: { missing: 'an API is there as soon as it is answered' },
  apiStatusMessage: { missing: 'an API is there as soon as it is answered' },
} satisfies Table<RestApi, RestApiRecord, Snapshot>

const RESOURCE = {
  id,
  parentId: { kept: 'parentId', told: 'the tree' },
  pathPart: { kept: 'pathPart', told: 'the tree' },
  path: { kept: 'path', served: 'path' },
  resourceMethods: { kept: 'methods', served: 'methods' },
} satisfies Table<Resource, ResourceRecord, SnapshotResource>

const METHOD = {
  httpMethod: { made: 'the name under which it is kept' },
  authorizationType: { kept: 'authorizationType', served: 'authorizationType' },
  authorizerId: { kept: 'authorizerId', served: 'authorizerId' },
  authorizationScopes: { kept: 'authorizationScopes', told: NO_POOLS },
  apiKeyRequired: { kept: 'apiKeyRequired', served: 'apiKeyRequired' },
  requestValidatorId: { kept: 'requestValidatorId', served: 'validator' },
  operationName: { kept: 'operationName', served: 'operationName' },
  requestParameters: { kept: 'requestParameters', served: 'requestParameters' },
  requestModels: { kept: 'requestModels', served: 'requestModels' },
  methodResponses: {
    kept: 'responses',
    told: 'tells what may be answered, and names the models of SDKs and exports',
  },
  methodIntegration: { kept: 'integration', served: 'integration' },
} satisfies Table<Method, MethodRecord, SnapshotMethod>

const METHOD_RESPONSE = {
  statusCode: { made: 'the name under which it is kept' },
  responseParameters: { kept: 'responseParameters', told: 'what integration responses may set' },
  responseModels: { kept: 'responseModels', told: 'for SDKs and exports' },
} satisfies Table<MethodResponse, MethodResponseRecord, SnapshotMethodResponse>

const INTEGRATION = {
  type: { kept: 'type', served: 'type' },
  httpMethod: { kept: 'httpMethod', served: 'httpMethod' },
  uri: { kept: 'uri', served: 'uri' },
  connectionType: { kept: 'connectionType', served: 'connectionType' },
  connectionId: { kept: 'connectionId', served: 'connectionId' },
  credentials: { kept: 'credentials', served: 'credentials' },
  requestParameters: { kept: 'requestParameters', served: 'requestParameters' },
  requestTemplates: { kept: 'requestTemplates', served: 'requestTemplates' },
  passthroughBehavior: { kept: 'passthroughBehavior', served: 'passthroughBehavior' },
  contentHandling: { kept: 'contentHandling', served: 'contentHandling' },
  timeoutInMillis: { kept: 'timeoutInMillis', served: 'timeoutMs' },
  cacheNamespace: { kept: 'cacheNamespace', served: 'cacheNamespace' },
  cacheKeyParameters: { kept: 'cacheKeyParameters', served: 'cacheKeyParameters' },
  integrationResponses: { kept: 'responses', served: 'responses' },
  tlsConfig: {
    kept: 'tlsConfig',
    told: 'Workers verify every certificate: asking them not to is refused',
  },
  responseTransferMode: { kept: 'responseTransferMode', served: 'streamed' },
  integrationTarget: { missing: 'private integrations name their back end by connection' },
} satisfies Table<Integration, IntegrationRecord, SnapshotIntegration>

const INTEGRATION_RESPONSE = {
  statusCode: { made: 'the name under which it is kept' },
  selectionPattern: { kept: 'selectionPattern', served: 'selectionPattern' },
  responseParameters: { kept: 'responseParameters', served: 'parameters' },
  responseTemplates: { kept: 'responseTemplates', served: 'templates' },
  contentHandling: { kept: 'contentHandling', served: 'contentHandling' },
} satisfies Table<IntegrationResponse, IntegrationResponseRecord, SnapshotIntegrationResponse>

const DEPLOYMENT = {
  id,
  description: { kept: 'description', told: text },
  createdDate: { kept: 'createdDate', told: text },
  apiSummary: { made: 'of what was deployed, where it is asked for' },
} satisfies Table<Deployment, DeploymentRecord>

const STAGE = {
  stageName: { made: 'the name under which it is kept' },
  deploymentId: { kept: 'deploymentId', served: 'deploymentId' },
  description: { kept: 'description', told: text },
  variables: { kept: 'variables', served: 'variables' },
  methodSettings: { kept: 'methodSettings', served: 'settings' },
  canarySettings: { kept: 'canarySettings', served: 'canary' },
  cacheClusterEnabled: { kept: 'cacheClusterEnabled', served: 'cache' },
  cacheClusterSize: { kept: 'cacheClusterSize', told: 'a cache here has no size to choose' },
  cacheClusterStatus: { made: 'of whether there is a cache' },
  accessLogSettings: { kept: 'accessLogSettings', served: 'accessLog' },
  tracingEnabled: { kept: 'tracingEnabled', served: 'tracingEnabled' },
  clientCertificateId: { kept: 'clientCertificateId', told: 'back ends see Cloudflare’s certificate' },
  documentationVersion: { kept: 'documentationVersion', told: 'chooses what exports of the stage say' },
  webAclArn: { missing: NO_WAF },
  tags: { kept: 'tags', told: text },
  createdDate: { kept: 'createdDate', told: text },
  lastUpdatedDate: { kept: 'lastUpdatedDate', told: text },
} satisfies Table<Stage, StageRecord, StagePointer>

const METHOD_SETTING = {
  metricsEnabled: { kept: 'metricsEnabled', told: 'there are no metrics yet' },
  loggingLevel: { kept: 'loggingLevel', served: 'loggingLevel' },
  dataTraceEnabled: { kept: 'dataTraceEnabled', served: 'dataTraceEnabled' },
  throttlingBurstLimit: { kept: 'throttlingBurstLimit', served: 'throttle' },
  throttlingRateLimit: { kept: 'throttlingRateLimit', served: 'throttle' },
  cachingEnabled: { kept: 'cachingEnabled', served: 'cache' },
  cacheTtlInSeconds: { kept: 'cacheTtlInSeconds', served: 'cache' },
  cacheDataEncrypted: { kept: 'cacheDataEncrypted', told: 'what Cloudflare stores is encrypted either way' },
  requireAuthorizationForCacheControl: { kept: 'requireAuthorizationForCacheControl', served: 'cache' },
  unauthorizedCacheControlHeaderStrategy: { kept: 'unauthorizedCacheControlHeaderStrategy', served: 'cache' },
} satisfies Table<MethodSetting, MethodSettings, StageMethodSettings>

const CANARY_SETTINGS = {
  percentTraffic: { kept: 'percentTraffic', served: 'percentTraffic' },
  deploymentId: { kept: 'deploymentId', served: 'deploymentId' },
  stageVariableOverrides: { kept: 'stageVariableOverrides', served: 'variables' },
  useStageCache: { kept: 'useStageCache', served: 'useStageCache' },
} satisfies Table<CanarySettings, CanarySettingsRecord, CanaryPointer>

type AccessLogRecord = NonNullable<StageRecord['accessLogSettings']>
const ACCESS_LOG_SETTINGS = {
  format: { kept: 'format', served: 'format' },
  destinationArn: { kept: 'destinationArn', served: 'destinationArn' },
} satisfies Table<AccessLogSettings, AccessLogRecord, NonNullable<StagePointer['accessLog']>>

const AUTHORIZER = {
  id,
  name: { kept: 'name', served: 'name' },
  type: { kept: 'type', served: 'type' },
  providerARNs: { kept: 'providerARNs', told: NO_POOLS },
  authType: { kept: 'authType', told: 'names the scheme in exports' },
  authorizerUri: { kept: 'authorizerUri', served: 'uri' },
  authorizerCredentials: { kept: 'authorizerCredentials', served: 'credentials' },
  identitySource: { kept: 'identitySource', served: 'identitySource' },
  identityValidationExpression: {
    kept: 'identityValidationExpression',
    served: 'identityValidationExpression',
  },
  authorizerResultTtlInSeconds: { kept: 'authorizerResultTtlInSeconds', served: 'ttlSeconds' },
} satisfies Table<Authorizer, AuthorizerRecord, SnapshotAuthorizer>

const MODEL = {
  id: { kept: 'id', told: text },
  name: { made: 'the name under which it is kept' },
  description: { kept: 'description', told: text },
  schema: { kept: 'schema', served: 'models' },
  contentType: { kept: 'contentType', told: 'for exports; methods say which model is for which media type' },
} satisfies Table<Model, ModelRecord, Snapshot>

const REQUEST_VALIDATOR = {
  id,
  name: { kept: 'name', told: text },
  validateRequestBody: { kept: 'validateRequestBody', served: 'validator' },
  validateRequestParameters: { kept: 'validateRequestParameters', served: 'validator' },
} satisfies Table<RequestValidator, RequestValidatorRecord, SnapshotMethod>

const GATEWAY_RESPONSE = {
  responseType: { made: 'the name under which it is kept' },
  statusCode: { kept: 'statusCode', served: 'statusCode' },
  responseParameters: { kept: 'responseParameters', served: 'parameters' },
  responseTemplates: { kept: 'responseTemplates', served: 'templates' },
  defaultResponse: { made: 'of whether there is one of the owner’s' },
} satisfies Table<GatewayResponse, GatewayResponseRecord, SnapshotGatewayResponse>

const DOMAIN_NAME = {
  domainName: { made: 'the name under which it is kept' },
  domainNameId: { missing: 'only private names have one' },
  domainNameArn: { made: 'of the name' },
  certificateName: { kept: 'certificateName', told: 'certificates are Cloudflare’s' },
  certificateArn: { kept: 'certificateArn', told: 'certificates are Cloudflare’s' },
  certificateUploadDate: { kept: 'certificateUploadDate', told: text },
  regionalDomainName: { made: NO_DNS },
  regionalHostedZoneId: { missing: NO_DNS },
  regionalCertificateName: { kept: 'regionalCertificateName', told: 'certificates are Cloudflare’s' },
  regionalCertificateArn: { kept: 'regionalCertificateArn', told: 'certificates are Cloudflare’s' },
  distributionDomainName: { made: NO_DNS },
  distributionHostedZoneId: { missing: NO_DNS },
  endpointConfiguration: {
    kept: 'endpointConfiguration',
    told: 'REGIONAL and EDGE are served alike; PRIVATE is refused',
  },
  domainNameStatus: { made: 'AVAILABLE as soon as it is answered' },
  domainNameStatusMessage: { missing: 'there is nothing to wait for' },
  securityPolicy: { kept: 'securityPolicy', told: 'TLS is Cloudflare’s' },
  endpointAccessMode: { kept: 'endpointAccessMode', told: 'TLS is Cloudflare’s' },
  tags: { kept: 'tags', told: text },
  mutualTlsAuthentication: { missing: 'Cloudflare has its own, which is set there' },
  ownershipVerificationCertificateArn: { missing: 'goes with mutual TLS' },
  managementPolicy: { missing: 'only private names have one' },
  policy: { missing: 'only private names have one' },
  routingMode: { kept: 'routingMode', told: 'base path mappings are the only mode' },
} satisfies Table<DomainName, DomainNameRecord>

const BASE_PATH_MAPPING = {
  basePath: { made: 'the name under which it is kept' },
  restApiId: { kept: 'restApiId', told: 'leads the domain’s requests' },
  stage: { kept: 'stage', told: 'leads the domain’s requests' },
} satisfies Table<BasePathMapping, BasePathMappingRecord>

const API_KEY = {
  id,
  value: { kept: 'value', told: 'found by its hash' },
  name: { kept: 'name', told: text },
  customerId: { kept: 'customerId', told: text },
  description: { kept: 'description', told: text },
  enabled: { kept: 'enabled', served: 'enabled' },
  createdDate: { kept: 'createdDate', told: text },
  lastUpdatedDate: { kept: 'lastUpdatedDate', told: text },
  stageKeys: { kept: 'stageKeys', told: 'the way of before there were usage plans: lets nothing in' },
  tags: { kept: 'tags', told: text },
} satisfies Table<ApiKey, ApiKeyRecord, KeyRecord>

const USAGE_PLAN = {
  id,
  name: { kept: 'name', told: text },
  description: { kept: 'description', told: text },
  apiStages: { kept: 'apiStages', served: 'plans' },
  throttle: { kept: 'throttle', served: 'plans' },
  quota: { kept: 'quota', served: 'plans' },
  productCode: { kept: 'productCode', told: 'there is no marketplace' },
  tags: { kept: 'tags', told: text },
} satisfies Table<UsagePlan, UsagePlanRecord, KeyRecord>

const DOCUMENTATION_PART = {
  id,
  location: { kept: 'location', told: 'for exports' },
  properties: { kept: 'properties', told: 'for exports' },
} satisfies Table<DocumentationPart, DocumentationPartRecord>

const DOCUMENTATION_VERSION = {
  version: { made: 'the name under which it is kept' },
  createdDate: { kept: 'createdDate', told: text },
  description: { kept: 'description', told: text },
} satisfies Table<DocumentationVersion, DocumentationVersionRecord>

/** By the name of the SDK's type. */
export const PROPERTIES: Readonly<Record<string, Readonly<Record<string, Property>>>> = {
  RestApi: REST_API,
  Resource: RESOURCE,
  Method: METHOD,
  MethodResponse: METHOD_RESPONSE,
  Integration: INTEGRATION,
  IntegrationResponse: INTEGRATION_RESPONSE,
  Deployment: DEPLOYMENT,
  Stage: STAGE,
  MethodSetting: METHOD_SETTING,
  CanarySettings: CANARY_SETTINGS,
  AccessLogSettings: ACCESS_LOG_SETTINGS,
  Authorizer: AUTHORIZER,
  Model: MODEL,
  RequestValidator: REQUEST_VALIDATOR,
  GatewayResponse: GATEWAY_RESPONSE,
  DomainName: DOMAIN_NAME,
  BasePathMapping: BASE_PATH_MAPPING,
  ApiKey: API_KEY,
  UsagePlan: USAGE_PLAN,
  DocumentationPart: DOCUMENTATION_PART,
  DocumentationVersion: DOCUMENTATION_VERSION,
}
