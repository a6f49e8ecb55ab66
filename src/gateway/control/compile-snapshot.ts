import type { Account } from '../../lib/account.ts'
import { sha256Hex } from '../../lib/hash.ts'
import type { Stored } from '../../records/records.ts'
import { corsOfTags } from '../cors-tags.ts'
import {
  type Snapshot,
  type SnapshotAuthorizer,
  type SnapshotGatewayResponse,
  type SnapshotIntegration,
  type SnapshotMethod,
  type SnapshotResource,
  snapshotKey,
} from '../snapshot.ts'
import type {
  AuthorizerRecord,
  GatewayResponseRecord,
  ModelRecord,
  RequestValidatorRecord,
} from './api-parts.ts'
import type { StoredResource } from './resource-tree.ts'
import type { IntegrationRecord, MethodRecord, RestApiRecord } from './rest-api-records.ts'

/** Why an API cannot be deployed as it stands. */
export type Undeployable = 'no-methods' | 'no-integration'

export interface ApiDefinition {
  readonly account: Account
  readonly apiId: string
  readonly api: RestApiRecord
  readonly resources: readonly StoredResource[]
  readonly models?: ReadonlyArray<Stored<ModelRecord>>
  readonly requestValidators?: ReadonlyArray<Stored<RequestValidatorRecord>>
  readonly authorizers?: ReadonlyArray<Stored<AuthorizerRecord>>
  readonly gatewayResponses?: ReadonlyArray<Stored<GatewayResponseRecord>>
}

/** Everything that the data plane needs of an API, or why there is nothing to serve. */
export function compileSnapshot(definition: ApiDefinition): Snapshot | Undeployable {
  const { account, apiId, api, resources } = definition
  const validators = new Map(definition.requestValidators?.map(({ id, doc }) => [id, doc]))
  const methods = resources.flatMap(resource => Object.values(resource.doc.methods))
  if (methods.length === 0) return 'no-methods'
  if (methods.some(method => !method.integration)) return 'no-integration'
  return {
    schema: 1,
    account: account.id,
    region: account.region,
    apiId,
    apiKeySource: api.apiKeySource,
    binaryMediaTypes: api.binaryMediaTypes ?? [],
    resources: resources
      .filter(resource => Object.keys(resource.doc.methods).length > 0)
      .map(resource => compileResource(resource, validators))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    models: compileModels(definition, methods, validators),
    authorizers: compileAuthorizers(definition, methods),
    gatewayResponses: compileGatewayResponses(definition),
    policy: api.policy,
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint || undefined,
    minimumCompressionSize: api.minimumCompressionSize,
    cors: corsOfTags(api.tags),
  }
}

type Validators = ReadonlyMap<string, RequestValidatorRecord>

/** All of them as soon as one method validates bodies: models refer to each other. */
function compileModels(
  { models = [] }: ApiDefinition,
  methods: readonly MethodRecord[],
  validators: Validators,
): Snapshot['models'] {
  const isNeeded = methods.some(
    ({ requestModels, requestValidatorId: id }) =>
      id && requestModels && validators.get(id)?.validateRequestBody !== false,
  )
  if (!isNeeded) return undefined
  return Object.fromEntries(models.map(({ id, doc }) => [id, doc.schema ?? '{}']))
}

/** Seconds for which a decision is kept when an authorizer does not say. */
const USUAL_TTL = 300

function compileAuthorizers(
  { authorizers = [] }: ApiDefinition,
  methods: readonly MethodRecord[],
): Snapshot['authorizers'] {
  const used = new Set(methods.map(method => method.authorizerId))
  const compiled = authorizers
    .filter(({ id }) => used.has(id))
    .map(({ id, doc }): [string, SnapshotAuthorizer] => [id, compileAuthorizer(doc)])
  return compiled.length > 0 ? Object.fromEntries(compiled) : undefined
}

export const compileAuthorizer = (authorizer: AuthorizerRecord): SnapshotAuthorizer => ({
  name: authorizer.name,
  type: authorizer.type,
  providerArns: authorizer.providerARNs,
  uri: authorizer.authorizerUri,
  credentials: authorizer.authorizerCredentials,
  identitySource: authorizer.identitySource,
  identityValidationExpression: authorizer.identityValidationExpression,
  ttlSeconds: authorizer.authorizerResultTtlInSeconds ?? USUAL_TTL,
})

function compileGatewayResponses({ gatewayResponses = [] }: ApiDefinition): Snapshot['gatewayResponses'] {
  if (gatewayResponses.length === 0) return undefined
  return Object.fromEntries(
    gatewayResponses.map(({ id, doc }): [string, SnapshotGatewayResponse] => [
      id,
      {
        statusCode: doc.statusCode,
        parameters: doc.responseParameters,
        templates: doc.responseTemplates,
      },
    ]),
  )
}

/** A snapshot as it is stored: under the hash of its own text, so that equal deployments share one document. */
export async function serializeSnapshot(snapshot: Snapshot): Promise<{ key: string; text: string }> {
  const text = JSON.stringify(snapshot)
  return { key: snapshotKey(await sha256Hex(text)), text }
}

function compileResource({ id, doc }: StoredResource, validators: Validators): SnapshotResource {
  const names = Object.keys(doc.methods).sort()
  return {
    id,
    path: doc.path,
    methods: Object.fromEntries(names.map(name => [name, compileMethod(doc.methods[name]!, validators)])),
  }
}

function compileMethod(method: MethodRecord, validators: Validators): SnapshotMethod {
  const validator = validators.get(method.requestValidatorId ?? '')
  const responses = Object.entries(method.responses ?? {}).map(([status, response]) => [
    status,
    { parameters: response.responseParameters, models: response.responseModels },
  ])
  return {
    authorizationType: method.authorizationType,
    apiKeyRequired: method.apiKeyRequired,
    operationName: method.operationName,
    authorizerId: method.authorizerId,
    authorizationScopes: method.authorizationScopes,
    validator: validator
      ? { body: validator.validateRequestBody, parameters: validator.validateRequestParameters }
      : // It was deleted while the method was given it: what was to be validated is, rather than nothing.
        method.requestValidatorId
        ? { body: true, parameters: true }
        : undefined,
    requestModels: method.requestModels,
    requestParameters: method.requestParameters,
    responses: Object.fromEntries(responses),
    integration: method.integration && compileIntegration(method.integration),
  }
}

function compileIntegration(integration: IntegrationRecord): SnapshotIntegration {
  return {
    type: integration.type,
    httpMethod: integration.httpMethod,
    uri: integration.uri,
    credentials: integration.credentials,
    requestParameters: integration.requestParameters,
    requestTemplates: integration.requestTemplates,
    passthroughBehavior: integration.passthroughBehavior,
    contentHandling: integration.contentHandling,
    timeoutMs: integration.timeoutInMillis,
    connectionType: integration.connectionType,
    connectionId: integration.connectionId,
    tlsConfig: integration.tlsConfig,
    streamed: integration.responseTransferMode === 'STREAM' || undefined,
    cacheNamespace: integration.cacheNamespace,
    cacheKeyParameters:
      integration.cacheKeyParameters.length > 0 ? integration.cacheKeyParameters : undefined,
    responses: Object.entries(integration.responses ?? {}).map(([statusCode, response]) => ({
      statusCode,
      selectionPattern: response.selectionPattern,
      parameters: response.responseParameters,
      templates: response.responseTemplates,
      contentHandling: response.contentHandling,
    })),
  }
}
