import type { Account } from '../../lib/account.ts'
import { sha256Hex } from '../../lib/hash.ts'
import {
  type Snapshot,
  type SnapshotIntegration,
  type SnapshotMethod,
  type SnapshotResource,
  snapshotKey,
} from '../snapshot.ts'
import type { StoredResource } from './resource-tree.ts'
import type { IntegrationRecord, MethodRecord, RestApiRecord } from './rest-api-records.ts'

/** Why an API cannot be deployed as it stands. */
export type Undeployable = 'no-methods' | 'no-integration'

export interface ApiDefinition {
  readonly account: Account
  readonly apiId: string
  readonly api: RestApiRecord
  readonly resources: readonly StoredResource[]
}

/** Everything that the data plane needs of an API, or why there is nothing to serve. */
export function compileSnapshot({ account, apiId, api, resources }: ApiDefinition): Snapshot | Undeployable {
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
      .map(compileResource)
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}

/** A snapshot as it is stored: under the hash of its own text, so that equal deployments share one document. */
export async function serializeSnapshot(snapshot: Snapshot): Promise<{ key: string; text: string }> {
  const text = JSON.stringify(snapshot)
  return { key: snapshotKey(await sha256Hex(text)), text }
}

function compileResource({ id, doc }: StoredResource): SnapshotResource {
  const names = Object.keys(doc.methods).sort()
  return {
    id,
    path: doc.path,
    methods: Object.fromEntries(names.map(name => [name, compileMethod(doc.methods[name]!)])),
  }
}

function compileMethod(method: MethodRecord): SnapshotMethod {
  const responses = Object.entries(method.responses ?? {}).map(([status, response]) => [
    status,
    { parameters: response.responseParameters, models: response.responseModels },
  ])
  return {
    authorizationType: method.authorizationType,
    apiKeyRequired: method.apiKeyRequired,
    operationName: method.operationName,
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
    responses: Object.entries(integration.responses ?? {}).map(([statusCode, response]) => ({
      statusCode,
      selectionPattern: response.selectionPattern,
      parameters: response.responseParameters,
      templates: response.responseTemplates,
      contentHandling: response.contentHandling,
    })),
  }
}
