import type { APIGateway, RestApi } from '@aws-sdk/client-api-gateway'
import {
  authorizers,
  documentationParts,
  gatewayResponses,
  models,
  requestValidators,
} from '../../../../gateway/control/api-parts.ts'
import { type RestApiRecord, resources, restApis } from '../../../../gateway/control/rest-api-records.ts'
import { BASE_PATH_MODES, type BasePathMode } from '../../../../gateway/openapi/base-path.ts'
import type { RestApiDefinition } from '../../../../gateway/openapi/definition.ts'
import { type ReadResult, readDefinition } from '../../../../gateway/openapi/read-definition.ts'
import {
  documentText,
  type Extensions,
  type Format,
  writeDocument,
} from '../../../../gateway/openapi/write-document.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { type Context, contextOf, date, someTags } from '../context.ts'
import { addressOf, documentationOf, findDeployed } from '../find-deployed.ts'
import { attempt } from '../import/build-method.ts'
import { type Before, planImport } from '../import/plan-import.ts'
import type { Mode } from '../import/plan-parts.ts'
import { LIMITS, SIZES } from '../limits.ts'
import { badRequest, limitExceeded } from '../refusals.ts'
import { checkTags } from '../tag-rules.ts'
import { checkRestApi, findApi, restApiAnswer } from './rest-apis.ts'

export const importExportOperations = {
  async ImportRestApi(input, call) {
    const context = contextOf(call)
    const { records, now } = context
    const parameters = readParameters(input.parameters)
    const read = readBody(input.body, parameters)
    if ((await records.count(restApis, '')) >= LIMITS.restApis) {
      throw limitExceeded(`Maximum number of APIs for this account has been reached: ${LIMITS.restApis}`)
    }
    const id = shortId()
    const api = apply(
      read.definition,
      {
        name: '',
        createdDate: now,
        apiKeySource: 'HEADER',
        endpointConfiguration: { types: [parameters.endpointType ?? 'EDGE'], ipAddressType: 'ipv4' },
        rootResourceId: shortId(),
      },
      'overwrite',
    )
    const change = records.change().create(restApis, { parent: '', id }, api)
    write(change, id, api, NOTHING, 'overwrite', read, parameters, input.failOnWarnings ?? false)
    await change.commit()
    return answer(id, api, read.warnings)
  },

  async PutRestApi(input, call) {
    const context = contextOf(call)
    const id = input.restApiId
    const mode = readMode(input.mode)
    const parameters = readParameters(input.parameters)
    const stored = await findApi(context, id)
    const read = readBody(input.body, parameters)
    const api = apply(read.definition, stored.doc, mode)
    const change = context.records.change().replace(restApis, stored, api)
    const before = await readBefore(context, id)
    write(change, id, api, before, mode, read, parameters, input.failOnWarnings ?? false)
    await change.commit()
    return answer(id, api, read.warnings)
  },

  /** Of what a stage serves, not of the API as it has become since. */
  async GetExport(input, call) {
    const context = contextOf(call)
    const format = readExportType(input.exportType)
    const extensions = readExtensions(input.parameters)
    const type = readAccepts(input.accepts)
    const { stage, deployment, definition } = await findDeployed(context, input.restApiId, input.stageName)
    const { scheme, host } = addressOf(context.platform.origin, input.restApiId)
    const document = writeDocument(definition, {
      format,
      extensions,
      address: { scheme, host, stage: stage.id },
      version: date(deployment.doc.createdDate).toISOString().replace('.000', ''),
      documentation: await documentationOf(context, input.restApiId, stage.doc.documentationVersion),
    })
    const extension = type === 'application/json' ? 'json' : 'yaml'
    return {
      contentType: type,
      contentDisposition: `attachment; filename="${input.restApiId}-${stage.id}-${format}.${extension}"`,
      body: new TextEncoder().encode(documentText(document, type)),
    }
  },
} satisfies Handlers<APIGateway, Platform>

function readExportType(type: string): Format {
  if (type === 'oas30' || type === 'swagger') return type
  throw badRequest(`No API exporter for type '${type}'`)
}

/** Postman reads a document without extensions. */
const EXTENSIONS = ['integrations', 'authorizers', 'documentation', 'apigateway', 'postman']

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html */
function readExtensions(parameters: Readonly<Record<string, string>> = {}): Extensions {
  const entry = Object.entries(parameters).find(([name]) => name.toLowerCase() === 'extensions')
  const named = (entry?.[1] ?? '').split(',').flatMap(name => name.trim().toLowerCase() || [])
  for (const name of named) {
    if (!EXTENSIONS.includes(name)) {
      throw badRequest(`Invalid extensions specified: ${name}. Valid options are ${EXTENSIONS.join(',')}`)
    }
  }
  return {
    integrations: named.includes('integrations'),
    authorizers: named.includes('authorizers'),
    documentation: named.includes('documentation'),
    apigateway: named.includes('apigateway'),
  }
}

function readAccepts(accepts: string | undefined): 'application/json' | 'application/yaml' {
  const types = (accepts ?? '').split(',').map(type => type.split(';')[0]!.trim().toLowerCase())
  return types.includes('application/yaml') ? 'application/yaml' : 'application/json'
}

const tooLarge = {
  bytes: SIZES.api,
  code: 'RequestEntityTooLargeException',
  message: `An API definition may have at most ${SIZES.api} bytes`,
}

/** AWS takes definitions of 6 MB, and no other request of that size. */
export const IMPORT_BODY_LIMITS = {
  ImportRestApi: tooLarge,
  PutRestApi: tooLarge,
  ImportDocumentationParts: tooLarge,
}

interface Parameters {
  readonly basePath: BasePathMode
  readonly endpointType?: string
  readonly ignoresDocumentation: boolean
}

const ENDPOINT_TYPES = ['EDGE', 'REGIONAL', 'PRIVATE']

function readParameters(given: Readonly<Record<string, string>> = {}): Parameters {
  const by = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
  const basePath = by.get('basepath')?.toLowerCase() ?? 'ignore'
  if (!BASE_PATH_MODES.includes(basePath)) {
    throw badRequest(`Invalid basepath specified. Valid options are ${BASE_PATH_MODES.join(',')}`)
  }
  const endpointType = by.get('endpointconfigurationtypes')?.toUpperCase()
  if (endpointType !== undefined && !ENDPOINT_TYPES.includes(endpointType)) {
    throw badRequest(`Invalid EndpointTypes specified. Valid options are ${ENDPOINT_TYPES.join(',')}`)
  }
  const ignored = (by.get('ignore') ?? '').split(',').map(name => name.trim().toLowerCase())
  return {
    basePath: basePath as BasePathMode,
    endpointType,
    ignoresDocumentation: ignored.includes('documentation'),
  }
}

function readMode(mode: string = 'merge'): Mode {
  if (mode === 'merge' || mode === 'overwrite') return mode
  throw badRequest('Invalid mode specified. Valid options are merge,overwrite')
}

function readBody(body: unknown, { basePath }: Parameters): ReadResult {
  const text = new TextDecoder().decode(body as Uint8Array)
  if (!text.trim()) throw badRequest('Invalid OpenAPI input. The body is empty')
  const read = readDefinition(text, { basePath })
  if ('error' in read) throw badRequest(read.error)
  return read
}

/** What becomes of the API itself: neither its endpoints nor its keys, stages and tags are lost. */
function apply(definition: RestApiDefinition, api: RestApiRecord, mode: Mode): RestApiRecord {
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

const NOTHING: Before = {
  resources: [],
  models: [],
  requestValidators: [],
  authorizers: [],
  gatewayResponses: [],
  documentationParts: [],
}

async function readBefore({ records }: Context, apiId: string): Promise<Before> {
  return {
    resources: await records.all(resources, apiId),
    models: await records.all(models, apiId),
    requestValidators: await records.all(requestValidators, apiId),
    authorizers: await records.all(authorizers, apiId),
    gatewayResponses: await records.all(gatewayResponses, apiId),
    documentationParts: await records.all(documentationParts, apiId),
  }
}

function write(
  change: Change,
  apiId: string,
  api: RestApiRecord,
  before: Before,
  mode: Mode,
  { definition, documentation, warnings }: ReadResult,
  { ignoresDocumentation }: Parameters,
  failOnWarnings: boolean,
): void {
  const { writes, errors } = planImport({
    apiId,
    api,
    before,
    mode,
    definition,
    documentation: ignoresDocumentation ? undefined : documentation,
  })
  const all = [...errors]
  attempt(
    message => all.unshift(message),
    'Unable to update API',
    () => {
      checkRestApi(api)
      checkTags(api.tags)
    },
  )
  refuse(all, warnings, failOnWarnings)
  change
    .writeAll(resources, apiId, writes.resources)
    .writeAll(models, apiId, writes.models)
    .writeAll(requestValidators, apiId, writes.requestValidators)
    .writeAll(authorizers, apiId, writes.authorizers)
    .writeAll(gatewayResponses, apiId, writes.gatewayResponses)
    .writeAll(documentationParts, apiId, writes.documentationParts)
}

/** One line each, as API Gateway words it. */
const listed = (messages: readonly string[]): string => messages.map(message => `\n\t${message}`).join('')

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-errors-warnings.html */
function refuse(errors: readonly string[], warnings: readonly string[], failOnWarnings: boolean): void {
  if (errors.length > 0) {
    const also = warnings.length > 0 ? `\nAdditionally, these warnings were found:${listed(warnings)}` : ''
    throw badRequest(`Errors found during import:${listed(errors)}${also}`)
  }
  if (failOnWarnings && warnings.length > 0)
    throw badRequest(`Warnings found during import:${listed(warnings)}`)
}

const answer = (id: string, api: RestApiRecord, warnings: readonly string[]): RestApi => ({
  ...restApiAnswer({ id, doc: api }),
  warnings: warnings.length > 0 ? [...warnings] : undefined,
})
