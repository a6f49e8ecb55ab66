import type { APIGateway, RestApi } from '@aws-sdk/client-api-gateway'
import { type RestApiRecord, restApis } from '../../../../gateway/control/rest-api-records.ts'
import { BASE_PATH_MODES, type BasePathMode } from '../../../../gateway/openapi/base-path.ts'
import { LARGEST_YAML } from '../../../../gateway/openapi/parse-document.ts'
import { type ReadResult, readDefinition } from '../../../../gateway/openapi/read-definition.ts'
import {
  documentText,
  type Extensions,
  type Format,
  writeDocument,
} from '../../../../gateway/openapi/write-document.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { commitAndPublish, renamed } from '../commit-and-publish.ts'
import { contextOf, date } from '../context.ts'
import { addressOf, documentationOf, findDeployed } from '../find-deployed.ts'
import { importDefinition, NOTHING, readBefore } from '../import/import-definition.ts'
import type { Mode } from '../import/plan-parts.ts'
import { LIMITS, SIZES } from '../limits.ts'
import { badRequest, checkOption, checkRoom } from '../refusals.ts'
import { findApi, restApiAnswer } from './rest-apis.ts'

export const importExportOperations = {
  async ImportRestApi(input, call) {
    const context = contextOf(call)
    const { records, now } = context
    const parameters = readParameters(input.parameters)
    const read = readBody(input.body, parameters)
    checkRoom(await records.count(restApis, ''), LIMITS.restApis, 'APIs for this account')
    const blank = {
      id: shortId(),
      doc: {
        name: '',
        createdDate: now,
        apiKeySource: 'HEADER',
        endpointConfiguration: { types: [parameters.endpointType ?? 'EDGE'], ipAddressType: 'ipv4' },
        rootResourceId: shortId(),
      },
    } as const
    const change = records.change()
    const doc = importDefinition(context, change, blank, NOTHING, read, {
      ...parameters,
      mode: 'overwrite',
      failOnWarnings: input.failOnWarnings,
    })
    await change.create(restApis, { parent: '', id: blank.id }, doc).commit()
    return answer(blank.id, doc, read.warnings)
  },

  async PutRestApi(input, call) {
    const context = contextOf(call)
    const mode = readMode(input.mode)
    const parameters = readParameters(input.parameters)
    const api = await findApi(context, input.restApiId)
    const read = readBody(input.body, parameters)
    const before = await readBefore(context, api.id)
    const change = context.records.change()
    const doc = importDefinition(context, change, api, before, read, {
      ...parameters,
      mode,
      failOnWarnings: input.failOnWarnings,
    })
    await commitAndPublish(context, change.replace(restApis, api, doc), ...renamed(api, doc))
    return answer(api.id, doc, read.warnings)
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
    if (type === 'application/yaml' && JSON.stringify(document).length > LARGEST_YAML) {
      throw badRequest(
        `The export is too large to be written as YAML: at most ${LARGEST_YAML} characters. Accept application/json`,
      )
    }
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
  checkOption('basepath', basePath, BASE_PATH_MODES)
  const endpointType = by.get('endpointconfigurationtypes')?.toUpperCase()
  if (endpointType !== undefined) checkOption('EndpointTypes', endpointType, ENDPOINT_TYPES)
  const ignored = (by.get('ignore') ?? '').split(',').map(name => name.trim().toLowerCase())
  return {
    basePath: basePath as BasePathMode,
    endpointType,
    ignoresDocumentation: ignored.includes('documentation'),
  }
}

export function readMode(mode: string = 'merge'): Mode {
  checkOption('mode', mode, ['merge', 'overwrite'])
  return mode
}

function readBody(body: unknown, { basePath }: Parameters): ReadResult {
  const text = new TextDecoder().decode(body as Uint8Array)
  if (!text.trim()) throw badRequest('Invalid OpenAPI input. The body is empty')
  const read = readDefinition(text, { basePath })
  if ('error' in read) throw badRequest(read.error)
  return read
}

const answer = (id: string, api: RestApiRecord, warnings: readonly string[]): RestApi => ({
  ...restApiAnswer({ id, doc: api }),
  warnings: warnings.length > 0 ? [...warnings] : undefined,
})
