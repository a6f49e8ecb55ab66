import {
  authorizers,
  documentationParts,
  gatewayResponses,
  models,
  requestValidators,
} from '../../../../gateway/control/api-parts.ts'
import { type RestApiRecord, resources } from '../../../../gateway/control/rest-api-records.ts'
import type { RestApiDefinition } from '../../../../gateway/openapi/definition.ts'
import type { ReadResult } from '../../../../gateway/openapi/read-definition.ts'
import type { Change } from '../../../../records/records.ts'
import { readApiPolicy } from '../api-policy.ts'
import { type Context, someTags } from '../context.ts'
import { checkRestApi } from '../operations/rest-apis.ts'
import { readDefiningParts } from '../read-defining-parts.ts'
import { badRequest } from '../refusals.ts'
import { checkApiTags } from '../tag-rules.ts'
import { attempt } from './build-method.ts'
import { type Before, planImport } from './plan-import.ts'
import type { Mode } from './plan-parts.ts'

export interface ImportOptions {
  readonly mode: Mode
  readonly failOnWarnings?: boolean
  readonly ignoresDocumentation?: boolean
}

/**
 * Adds to a change what makes an API the one that a definition describes. Throws a refusal with everything that is
 * wrong with it.
 *
 * @returns the API's own record, which is the caller's to write
 */
export function importDefinition(
  { account }: Context,
  change: Change,
  api: { readonly id: string; readonly doc: RestApiRecord },
  before: Before,
  { definition, documentation, warnings }: ReadResult,
  { mode, failOnWarnings = false, ignoresDocumentation = false }: ImportOptions,
): RestApiRecord {
  const { id: apiId } = api
  const errors: string[] = []
  const complain = (message: string) => void errors.push(message)
  let doc = described(definition, api.doc, mode)
  attempt(complain, 'Unable to update API', () => {
    doc = { ...doc, policy: readApiPolicy(doc.policy, account, apiId) }
    checkRestApi(doc)
    checkApiTags(doc.tags)
  })
  const { writes, errors: others } = planImport({
    apiId,
    api: doc,
    before,
    mode,
    definition,
    documentation: ignoresDocumentation ? undefined : documentation,
  })
  refuse([...errors, ...others], warnings, failOnWarnings)
  change
    .writeAll(resources, apiId, writes.resources)
    .writeAll(models, apiId, writes.models)
    .writeAll(requestValidators, apiId, writes.requestValidators)
    .writeAll(authorizers, apiId, writes.authorizers)
    .writeAll(gatewayResponses, apiId, writes.gatewayResponses)
    .writeAll(documentationParts, apiId, writes.documentationParts)
  return doc
}

/** What becomes of the API itself: its endpoints, keys, stages and tags are never lost by an import. */
function described(definition: RestApiDefinition, api: RestApiRecord, mode: Mode): RestApiRecord {
  const kept: Partial<RestApiRecord> = mode === 'merge' ? api : {}
  const types = [...new Set([...(kept.binaryMediaTypes ?? []), ...(definition.binaryMediaTypes ?? [])])]
  return {
    name: definition.name ?? api.name,
    description: definition.description ?? kept.description,
    version: definition.version ?? kept.version,
    createdDate: api.createdDate,
    apiKeySource: definition.apiKeySource ?? kept.apiKeySource ?? 'HEADER',
    binaryMediaTypes: types.length > 0 ? types : undefined,
    minimumCompressionSize: definition.minimumCompressionSize ?? kept.minimumCompressionSize,
    endpointConfiguration: api.endpointConfiguration,
    rootResourceId: api.rootResourceId,
    policy: definition.policy ?? kept.policy,
    disableExecuteApiEndpoint: definition.disableExecuteApiEndpoint ?? api.disableExecuteApiEndpoint,
    tags: someTags({ ...api.tags, ...definition.tags }),
  }
}

/** Of an API that is about to be made. */
export const NOTHING: Before = {
  resources: [],
  models: [],
  requestValidators: [],
  authorizers: [],
  gatewayResponses: [],
  documentationParts: [],
}

export async function readBefore({ records }: Context, apiId: string): Promise<Before> {
  const [tree, parts, documentation] = await Promise.all([
    records.all(resources, apiId),
    readDefiningParts(records, apiId),
    records.all(documentationParts, apiId),
  ])
  return { resources: tree, ...parts, documentationParts: documentation }
}

/** One line each, as API Gateway words it. */
const listed = (messages: readonly string[]): string => messages.map(message => `\n\t${message}`).join('')

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-errors-warnings.html */
export function refuse(
  errors: readonly string[],
  warnings: readonly string[],
  failOnWarnings: boolean,
): void {
  if (errors.length > 0) {
    const also = warnings.length > 0 ? `\nAdditionally, these warnings were found:${listed(warnings)}` : ''
    throw badRequest(`Errors found during import:${listed(errors)}${also}`)
  }
  if (failOnWarnings && warnings.length > 0) {
    throw badRequest(`Warnings found during import:${listed(warnings)}`)
  }
}
