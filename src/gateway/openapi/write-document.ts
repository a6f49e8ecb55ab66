import { stringify } from 'yaml'
import { ownField } from '../../lib/fields.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../lib/json-object.ts'
import { writeCors } from './cors-extension.ts'
import type { Documentation, RestApiDefinition } from './definition.ts'
import { MODEL_REFERENCE } from './read-models.ts'
import { Texts } from './texts.ts'
import { compact, someOf } from './values.ts'
import { writePath } from './write-methods.ts'
import { writeSecurity } from './write-security.ts'

export type Format = 'oas30' | 'swagger'

/** Which of API Gateway's extensions a document carries. */
export interface Extensions {
  readonly integrations: boolean
  readonly authorizers: boolean
  readonly documentation: boolean
  /** All of them: those, and validators, responses of the gateway, policies, settings. */
  readonly apigateway: boolean
}

/** Where an API is to be found. */
export interface Address {
  /** `https` or `http` */
  readonly scheme: string
  readonly host: string
  readonly stage: string
}

export interface WriteOptions {
  readonly format: Format
  readonly extensions: Extensions
  readonly address: Address
  /** Of an API that has none: the time of its deployment, as AWS does. */
  readonly version: string
  readonly documentation?: Documentation
}

/** A definition as a document, from which the same definition is read. */
export function writeDocument(definition: RestApiDefinition, options: WriteOptions): JsonObject {
  const { format, extensions, address } = options
  const texts = new Texts(options.documentation)
  const security = writeSecurity(definition, extensions)
  const schemas = writeModels(definition, format, texts)
  const paths = Object.fromEntries(
    Object.entries(definition.resources)
      // A resource without methods is there for those below it; one that nothing is below would be lost.
      .filter(([path, methods]) => Object.keys(methods).length > 0 || isLeaf(path, definition))
      .map(([path, methods]) => [
        path,
        writePath(path, methods, { ...options, texts, schemeNames: security.names }),
      ]),
  )
  const info = compact({
    ...texts.info(),
    title: definition.name ?? '',
    description: definition.description ?? texts.info().description,
    version: definition.version ?? options.version,
  })
  const tags = writeTags(definition, extensions)
  const extra = {
    ...(extensions.apigateway ? writeSettings(definition) : {}),
    ...(extensions.apigateway || extensions.documentation ? writeDocumentation(options.documentation) : {}),
  }
  const binary = extensions.integrations || extensions.apigateway ? writeBinaryTypes(definition) : {}
  if (format === 'swagger') {
    return compact({
      swagger: '2.0',
      info,
      host: address.host,
      basePath: `/${address.stage}`,
      schemes: [address.scheme],
      ...tags,
      paths,
      securityDefinitions: security.schemes,
      definitions: schemas,
      ...extra,
      ...binary,
    })
  }
  const components = compact({ schemas, securitySchemes: security.schemes })
  return compact({
    openapi: '3.0.1',
    info,
    servers: [
      {
        url: `${address.scheme}://${address.host}/{basePath}`,
        variables: { basePath: { default: address.stage } },
      },
    ],
    ...tags,
    paths,
    components: Object.keys(components).length > 0 ? components : undefined,
    ...extra,
    ...binary,
  })
}

/** A document's text. */
export const documentText = (document: JsonObject, type: 'application/json' | 'application/yaml'): string =>
  type === 'application/json'
    ? JSON.stringify(document, null, 2)
    : stringify(document, { aliasDuplicateObjects: false, lineWidth: 0, version: '1.2' })

const isLeaf = (path: string, { resources }: RestApiDefinition): boolean =>
  path !== '/' && !Object.keys(resources).some(other => other.startsWith(`${path}/`))

function writeModels(definition: RestApiDefinition, format: Format, texts: Texts): JsonObject | undefined {
  const names = new Set(Object.keys(definition.models))
  for (const methods of Object.values(definition.resources)) {
    for (const { requestModels, responses } of Object.values(methods)) {
      for (const name of Object.values(requestModels ?? {})) names.add(name)
      for (const { responseModels } of Object.values(responses ?? {})) {
        for (const name of Object.values(responseModels ?? {})) names.add(name)
      }
    }
  }
  return someOf([...names].sort().map(name => [name, writeSchema(definition, name, format, texts)]))
}

function writeSchema(definition: RestApiDefinition, name: string, format: Format, texts: Texts): JsonObject {
  const model = ownField(definition.models, name)
  // The models that every API has without having them.
  const schema = model ? parseSchema(model.schema) : { type: 'object', title: `${name} Schema` }
  return { ...withReferences(schema, format), ...texts.model(name) }
}

export const schemaReference = (format: Format): string =>
  format === 'swagger' ? MODEL_REFERENCE : '#/components/schemas/'

/** A model may hold anything that is a text; a document holds objects. */
function parseSchema(schema: string | undefined): JsonObject {
  return (schema !== undefined && parseJsonObject(schema)) || {}
}

/** A model's schema in OpenAPI's words. */
function withReferences(schema: JsonObject, format: Format): JsonObject {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite)
    if (!isJsonObject(value)) return value
    const { $ref } = value
    if (typeof $ref === 'string' && $ref.startsWith(MODEL_REFERENCE)) {
      return { ...value, $ref: schemaReference(format) + $ref.slice(MODEL_REFERENCE.length) }
    }
    const entries = Object.entries(value).flatMap(([keyword, item]): [string, unknown][] => {
      // An enumeration's values are no schemas, and neither is a default.
      if (keyword === 'enum' || keyword === 'default') return [[keyword, item]]
      if (keyword === 'type' && isNullableType(item)) {
        return [
          ['type', item[0]],
          [format === 'swagger' ? 'x-nullable' : 'nullable', true],
        ]
      }
      return [[keyword, rewrite(item)]]
    })
    return Object.fromEntries(entries)
  }
  return rewrite(schema) as JsonObject
}

const isNullableType = (type: unknown): type is [string, 'null'] =>
  Array.isArray(type) && type.length === 2 && type[0] !== 'null' && type[1] === 'null'

function writeTags({ tags = {} }: RestApiDefinition, { apigateway }: Extensions): JsonObject {
  if (!apigateway) return {}
  const { cors, others } = writeCors(tags)
  return compact({
    tags:
      others.length > 0
        ? others.map(([name, value]) => ({ name, 'x-amazon-apigateway-tag-value': value }))
        : undefined,
    'x-weir-cors': cors,
  })
}

const writeBinaryTypes = ({ binaryMediaTypes }: RestApiDefinition): JsonObject =>
  compact({ 'x-amazon-apigateway-binary-media-types': binaryMediaTypes })

function writeSettings(definition: RestApiDefinition): JsonObject {
  const { requestValidators, gatewayResponses, policy, disableExecuteApiEndpoint } = definition
  return compact({
    'x-amazon-apigateway-api-key-source': definition.apiKeySource,
    'x-amazon-apigateway-minimum-compression-size': definition.minimumCompressionSize,
    'x-amazon-apigateway-request-validators': someOf(Object.entries(requestValidators)),
    'x-amazon-apigateway-gateway-responses': someOf(Object.entries(gatewayResponses)),
    'x-amazon-apigateway-policy': policy === undefined ? undefined : parseSchema(policy),
    'x-amazon-apigateway-endpoint-configuration':
      disableExecuteApiEndpoint === undefined ? undefined : { disableExecuteApiEndpoint },
  })
}

const writeDocumentation = (documentation: Documentation | undefined): JsonObject =>
  compact({
    'x-amazon-apigateway-documentation': documentation && {
      ...compact({ version: documentation.version, description: documentation.description }),
      documentationParts: documentation.parts.map(({ location, properties }) => ({
        location,
        properties: parseSchema(properties),
      })),
    },
  })
