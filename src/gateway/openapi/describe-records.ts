import type {
  AuthorizerRecord,
  GatewayResponseRecord,
  ModelRecord,
  RequestValidatorRecord,
} from '../control/api-parts.ts'
import type {
  IntegrationRecord,
  MethodRecord,
  ResourceRecord,
  RestApiRecord,
} from '../control/rest-api-records.ts'
import { modelUrl } from '../models/models.ts'
import type {
  AuthorizerDefinition,
  IntegrationDefinition,
  MethodDefinition,
  RestApiDefinition,
} from './definition.ts'
import { MODEL_REFERENCE } from './read-models.ts'
import { compact } from './values.ts'

interface Kept<T> {
  readonly id: string
  readonly doc: T
}

/** An API as it is stored. */
export interface ApiRecords {
  readonly api: RestApiRecord
  readonly resources: readonly Kept<ResourceRecord>[]
  readonly models: readonly Kept<ModelRecord>[]
  readonly requestValidators: readonly Kept<RequestValidatorRecord>[]
  readonly authorizers: readonly Kept<AuthorizerRecord>[]
  readonly gatewayResponses: readonly Kept<GatewayResponseRecord>[]
}

/** What an API's records say, with names in the place of ids. */
export function describeRecords(records: ApiRecords): RestApiDefinition {
  const { api } = records
  const validators = namesOf(records.requestValidators)
  const authorizers = namesOf(records.authorizers)
  const byPath = [...records.resources].sort((a, b) => (a.doc.path < b.doc.path ? -1 : 1))
  return compact<RestApiDefinition>({
    name: api.name,
    description: api.description,
    version: api.version,
    apiKeySource: api.apiKeySource === 'AUTHORIZER' ? 'AUTHORIZER' : undefined,
    binaryMediaTypes: api.binaryMediaTypes?.length ? api.binaryMediaTypes : undefined,
    minimumCompressionSize: api.minimumCompressionSize,
    policy: api.policy,
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint || undefined,
    tags: api.tags && Object.keys(api.tags).length > 0 ? api.tags : undefined,
    resources: Object.fromEntries(
      byPath.map(({ id, doc }) => [
        doc.path,
        Object.fromEntries(
          Object.keys(doc.methods)
            .sort()
            .map(name => [name, describeMethod(doc.methods[name]!, id, validators, authorizers)]),
        ),
      ]),
    ),
    models: Object.fromEntries(
      records.models.map(({ id, doc: { id: _id, ...model } }) => [
        id,
        compact({ ...model, schema: model.schema && withLocalReferences(model.schema) }),
      ]),
    ),
    requestValidators: Object.fromEntries(
      records.requestValidators.map(({ id, doc: { name: _name, ...validator } }) => [
        validators.get(id)!,
        validator,
      ]),
    ),
    authorizers: Object.fromEntries(
      records.authorizers.map(({ id, doc: { name: _name, ...authorizer } }) => [
        authorizers.get(id)!,
        compact<AuthorizerDefinition>({
          ...authorizer,
          authType: authorizer.authType ?? usualAuthType(authorizer),
        }),
      ]),
    ),
    gatewayResponses: Object.fromEntries(records.gatewayResponses.map(({ id, doc }) => [id, compact(doc)])),
  })
}

/** What documents call the way of an authorizer, which says nothing that its type does not say. */
const usualAuthType = ({ type }: Pick<AuthorizerRecord, 'type'>): string =>
  type === 'COGNITO_USER_POOLS' ? 'cognito_user_pools' : 'custom'

/** Names need not differ: the second of a name is called by its id, too. */
function namesOf(kept: readonly Kept<{ readonly name?: string }>[]): Map<string, string> {
  const taken = new Set<string>()
  return new Map(
    kept.map(({ id, doc }) => {
      const name = doc.name && !taken.has(doc.name) ? doc.name : `${doc.name ?? ''}${id}`
      taken.add(name)
      return [id, name]
    }),
  )
}

type Names = ReadonlyMap<string, string>

function describeMethod(
  method: MethodRecord,
  resourceId: string,
  validators: Names,
  authorizers: Names,
): MethodDefinition {
  const { authorizerId, requestValidatorId, integration, ...rest } = method
  return compact<MethodDefinition>({
    ...rest,
    responses:
      rest.responses &&
      Object.fromEntries(
        Object.entries(rest.responses).map(([status, response]) => [status, compact(response)]),
      ),
    authorizer: authorizers.get(authorizerId ?? ''),
    requestValidator: validators.get(requestValidatorId ?? ''),
    integration: integration && describeIntegration(integration, resourceId),
  })
}

const describeIntegration = (integration: IntegrationRecord, resourceId: string): IntegrationDefinition =>
  compact<IntegrationDefinition>({
    ...integration,
    connectionType: integration.connectionType === 'VPC_LINK' ? 'VPC_LINK' : undefined,
    cacheNamespace: integration.cacheNamespace === resourceId ? undefined : integration.cacheNamespace,
    responses:
      integration.responses &&
      Object.fromEntries(
        Object.entries(integration.responses).map(([status, response]) => [
          status,
          compact({ ...response, selectionPattern: response.selectionPattern || undefined }),
        ]),
      ),
  })

/** References to other models in a schema's text. */
const MODEL_URL = /"\$ref":\s*"https:\/\/apigateway\.amazonaws\.com\/restapis\/[^/"]+\/models\/([^/"]+)"/g

const withLocalReferences = (schema: string): string =>
  schema.replace(MODEL_URL, (_, name: string) => `"$ref":"${MODEL_REFERENCE}${name}"`)

/** A definition's schema as an API keeps it. */
export const withModelUrls = (schema: string, apiId: string): string =>
  schema.replace(
    /"\$ref":"#\/definitions\/([^"]+)"/g,
    (_, name: string) => `"$ref":"${modelUrl(apiId, name)}"`,
  )
