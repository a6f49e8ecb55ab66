import { isJsonObject, type JsonObject, scalarText } from '../../lib/json-object.ts'
import type { GatewayResponseRecord } from '../control/api-parts.ts'
import { type BasePathMode, basePathOf } from './base-path.ts'
import { readCors } from './cors-extension.ts'
import type { Documentation, MethodDefinition, RestApiDefinition } from './definition.ts'
import { parseDocument } from './parse-document.ts'
import { readDocumentation } from './read-documentation.ts'
import { Methods } from './read-methods.ts'
import { Models } from './read-models.ts'
import { Security } from './read-security.ts'
import { Reading } from './reading.ts'
import { compact, entriesOf, flagOf, listOf, numberOf, someOf, textMapOf, textsOf } from './values.ts'

export interface ReadOptions {
  /** What becomes of the document's base path. */
  readonly basePath: BasePathMode
}

export interface ReadResult {
  readonly definition: RestApiDefinition
  readonly documentation: Documentation
  /** What was left out, in sentences. */
  readonly warnings: readonly string[]
}

/** Why a text cannot be imported at all. */
export interface Invalid {
  readonly error: string
}

/**
 * Reads Swagger 2.0 and OpenAPI 3.0, in JSON or YAML, with API Gateway's extensions.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
 */
export function readDefinition(text: string, options: ReadOptions): ReadResult | Invalid {
  const parsed = parseDocument(text)
  if ('reason' in parsed) return { error: `Invalid OpenAPI input. ${parsed.reason}` }
  const { root } = parsed
  const format = formatOf(root)
  if (!format) {
    return { error: 'Invalid OpenAPI input. The document must be Swagger 2.0 or OpenAPI 3.0' }
  }
  const reading = new Reading(root, format)
  const models = new Models(reading)
  const security = new Security(reading)
  const resources = readResources(reading, new Methods(reading, models, security), options.basePath)
  if (isJsonObject(root['x-amazon-apigateway-cors'])) {
    reading.warn(
      "Extension 'x-amazon-apigateway-cors' is of HTTP APIs; for REST APIs there is 'x-weir-cors'. Ignoring.",
    )
  }
  const definition = compact<RestApiDefinition>({
    ...readInfo(root),
    ...readSettings(reading),
    tags: readTags(root),
    resources,
    models: models.all,
    requestValidators: readValidators(root),
    authorizers: security.authorizers,
    gatewayResponses: readGatewayResponses(reading),
  })
  return {
    definition,
    documentation: readDocumentation(reading, Object.keys(definition.models)),
    warnings: reading.warnings,
  }
}

function formatOf(root: JsonObject): Reading['format'] | undefined {
  if (scalarText(root.swagger)?.startsWith('2')) return 'swagger'
  return /^3\.0(\.|$)/.test(scalarText(root.openapi) ?? '') || root.openapi === 3 ? 'oas30' : undefined
}

function readInfo(root: JsonObject): Pick<RestApiDefinition, 'name' | 'description' | 'version'> {
  const info = isJsonObject(root.info) ? root.info : {}
  return {
    name: scalarText(info.title),
    description: scalarText(info.description) || undefined,
    version: scalarText(info.version),
  }
}

function readSettings(reading: Reading) {
  const { root } = reading
  const types = root['x-amazon-apigateway-binary-media-types']
  const policy = root['x-amazon-apigateway-policy']
  const source = scalarText(root['x-amazon-apigateway-api-key-source'])?.toUpperCase()
  if (source !== undefined && source !== 'HEADER' && source !== 'AUTHORIZER') {
    reading.warn(`Unsupported API key source '${source}'. Ignoring.`)
  }
  const endpoint = reading.resolve(
    root['x-amazon-apigateway-endpoint-configuration'] ??
      listOf(root.servers).flatMap(server =>
        isJsonObject(server) ? (server['x-amazon-apigateway-endpoint-configuration'] ?? []) : [],
      )[0],
  )
  if (endpoint?.vpcEndpointIds) reading.warn('VPC endpoints are not supported. Ignoring.')
  return {
    apiKeySource: source === 'HEADER' || source === 'AUTHORIZER' ? source : undefined,
    binaryMediaTypes: types === undefined ? undefined : textsOf(types),
    minimumCompressionSize: numberOf(root['x-amazon-apigateway-minimum-compression-size']),
    policy: isJsonObject(policy) ? JSON.stringify(policy) : scalarText(policy),
    disableExecuteApiEndpoint:
      endpoint?.disableExecuteApiEndpoint === undefined
        ? undefined
        : flagOf(endpoint.disableExecuteApiEndpoint),
  } as const
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-openapi-extensions-tag-value.html */
function readTags(root: JsonObject): Record<string, string> | undefined {
  const tags = listOf(root.tags).flatMap((tag): [string, string][] => {
    if (!isJsonObject(tag)) return []
    const [name, value] = [scalarText(tag.name), scalarText(tag['x-amazon-apigateway-tag-value'])]
    return name === undefined || value === undefined ? [] : [[name, value]]
  })
  return someOf([...tags, ...readCors(root['x-weir-cors'])])
}

function readResources(
  reading: Reading,
  methods: Methods,
  mode: BasePathMode,
): Record<string, Record<string, MethodDefinition>> {
  const prefix = basePathOf(reading, mode)
  const resources = new Map<string, Record<string, MethodDefinition>>()
  for (const [key, item] of entriesOf(reading.root.paths)) {
    if (!key.startsWith('/')) {
      if (!key.startsWith('x-')) reading.warn(`Path '${key}' does not begin with a slash. Ignoring.`)
      continue
    }
    // A slash at the end makes no other resource.
    const path = `${prefix}${key}`.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
    resources.set(path, { ...resources.get(path), ...methods.read(path, item) })
  }
  return Object.fromEntries(resources)
}

function readValidators(root: JsonObject): RestApiDefinition['requestValidators'] {
  return Object.fromEntries(
    entriesOf(root['x-amazon-apigateway-request-validators']).flatMap(([name, value]) =>
      isJsonObject(value)
        ? [
            [
              name,
              {
                validateRequestBody: flagOf(value.validateRequestBody),
                validateRequestParameters: flagOf(value.validateRequestParameters),
              },
            ],
          ]
        : [],
    ),
  )
}

function readGatewayResponses(reading: Reading): RestApiDefinition['gatewayResponses'] {
  return Object.fromEntries(
    entriesOf(reading.root['x-amazon-apigateway-gateway-responses']).map(([type, value]) => {
      const response = reading.resolve(value) ?? {}
      return [
        type,
        compact<GatewayResponseRecord>({
          statusCode: scalarText(response.statusCode),
          responseParameters: textMapOf(response.responseParameters),
          responseTemplates: textMapOf(response.responseTemplates),
        }),
      ]
    }),
  )
}
