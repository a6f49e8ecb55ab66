import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  AuthorizerDefinition,
  IntegrationDefinition,
  MethodDefinition,
  RestApiDefinition,
} from '../../../src/gateway/openapi/definition.ts'
import { type ReadResult, readDefinition } from '../../../src/gateway/openapi/read-definition.ts'
import { compact } from '../../../src/gateway/openapi/values.ts'
import { documentText, type Format, writeDocument } from '../../../src/gateway/openapi/write-document.ts'

const EVERYTHING = { integrations: true, authorizers: true, documentation: true, apigateway: true }
const FORMATS = ['oas30', 'swagger'] as const
const TYPES = ['application/json', 'application/yaml'] as const
const COMBINATIONS = FORMATS.flatMap(format => TYPES.map(type => [format, type] as const))

function read(text: string): ReadResult {
  const result = readDefinition(text, { basePath: 'ignore' })
  if ('error' in result) throw new Error(result.error)
  return result
}

const write = (
  { definition, documentation }: Pick<ReadResult, 'definition' | 'documentation'>,
  format: Format,
  type: (typeof TYPES)[number],
) =>
  documentText(
    writeDocument(definition, {
      format,
      extensions: EVERYTHING,
      address: { scheme: 'https', host: 'api.example.com', stage: 'prod' },
      version: '2026-01-01T00:00:00Z',
      documentation,
    }),
    type,
  )

/** Parts in the order of their places, with what they say as values. */
const partsOf = ({ documentation }: ReadResult) =>
  documentation.parts
    .map(({ location, properties }) => [JSON.stringify(location), JSON.parse(properties) as unknown] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))

const example = (path: string) =>
  readFileSync(createRequire(import.meta.url).resolve(`@readme/oas-examples/${path}`), 'utf8')
const own = (name: string) => readFileSync(`${import.meta.dirname}/documents/${name}`, 'utf8')

const DOCUMENTS: Record<string, string> = {
  'orders.yaml': own('orders.yaml'),
  'pet-store.yaml': own('pet-store.yaml'),
  'petstore in Swagger 2.0': example('2.0/json/petstore.json'),
  'petstore in Swagger 2.0, YAML': example('2.0/yaml/petstore.yaml'),
  'petstore in OpenAPI 3.0': example('3.0/json/petstore.json'),
  'petstore, expanded': example('3.0/json/petstore-expanded.json'),
  uspto: example('3.0/json/uspto.json'),
  'schemas that contain themselves': example('3.0/json/schema-circular.json'),
  'star trek, half a megabyte': example('3.0/json/star-trek.json'),
}

describe.each(Object.entries(DOCUMENTS))('%s', (_, text) => {
  const first = read(text)

  it.each(COMBINATIONS)('is the same API after an export as %s in %s', (format, type) => {
    const again = read(write(first, format, type))
    expect(again.definition).toEqual(first.definition)
    expect(partsOf(again)).toEqual(partsOf(first))
    expect(again.warnings).toEqual([])
  })
})

// Names that may stand anywhere, with those that are traps in JavaScript and in YAML.
const word = fc.oneof(
  fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/),
  fc.constantFrom('constructor', 'toString', 'yes', 'null', 'on', 'get', 'default'),
)
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom('1.0', '~', '#x', '- a', ' a: b', '$ref'),
)
const some = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(word, value, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const record = <T extends object>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(parts).map(value => compact(value as T))
const keyed = <T>(prefix: string, value: fc.Arbitrary<T>) =>
  some(value).map(map => Object.fromEntries(Object.entries(map).map(([name, item]) => [prefix + name, item])))

const status = fc.constantFrom('200', '201', '400', '404', '500')
const contentTypes = fc.constantFrom('application/json', 'text/plain', 'application/xml')
const templates = fc.dictionary(contentTypes, text, { minKeys: 1, maxKeys: 2, noNullPrototype: true })

const integration: fc.Arbitrary<IntegrationDefinition> = fc
  .uniqueArray(
    fc.tuple(status, maybe(text.filter(pattern => pattern !== '$default' && pattern !== 'default'))),
    {
      maxLength: 3,
      selector: ([code]) => code,
    },
  )
  .filter(responses => new Set(responses.map(([, pattern]) => pattern)).size === responses.length)
  .chain(responses =>
    record<IntegrationDefinition>({
      type: fc.constantFrom('AWS_PROXY', 'AWS', 'HTTP', 'HTTP_PROXY'),
      httpMethod: maybe(fc.constantFrom('GET', 'POST', 'ANY')),
      uri: maybe(text),
      credentials: maybe(text),
      requestParameters: maybe(keyed('integration.request.header.', text)),
      requestTemplates: maybe(templates),
      passthroughBehavior: fc.constantFrom('WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'),
      contentHandling: maybe(fc.constantFrom('CONVERT_TO_BINARY', 'CONVERT_TO_TEXT')),
      timeoutInMillis: fc.integer({ min: 50, max: 29_000 }),
      connectionType: maybe(fc.constant('VPC_LINK')),
      connectionId: maybe(text),
      tlsConfig: maybe(fc.record({ insecureSkipVerification: fc.boolean() })),
      responseTransferMode: maybe(fc.constant('STREAM')),
      cacheNamespace: maybe(text),
      cacheKeyParameters: fc.array(text, { maxLength: 2 }),
      responses:
        responses.length === 0
          ? fc.constant(undefined)
          : fc
              .array(
                fc.record({
                  responseParameters: maybe(keyed('method.response.header.', text)),
                  responseTemplates: maybe(templates),
                }),
                { minLength: responses.length, maxLength: responses.length },
              )
              .map(rest =>
                Object.fromEntries(
                  responses.map(([code, selectionPattern], i) => [
                    code,
                    compact({ selectionPattern, ...rest[i] }),
                  ]),
                ),
              ),
    }),
  )

const authorizer: fc.Arbitrary<AuthorizerDefinition> = record<AuthorizerDefinition>({
  type: fc.constantFrom('TOKEN', 'REQUEST', 'COGNITO_USER_POOLS'),
  providerARNs: maybe(fc.array(text, { minLength: 1, maxLength: 2 })),
  authType: fc.constantFrom('custom', 'oauth2'),
  authorizerUri: maybe(text),
  authorizerCredentials: maybe(text),
  identitySource: word.map(name => `method.request.header.${name}`),
  identityValidationExpression: maybe(text),
  authorizerResultTtlInSeconds: maybe(fc.integer({ min: 0, max: 3600 })),
})

type Names = { models: string[]; validators: string[]; authorizers: [string, AuthorizerDefinition][] }

const protection = ({ authorizers }: Names): fc.Arbitrary<Partial<MethodDefinition>> =>
  fc.oneof(
    fc.constantFrom({ authorizationType: 'NONE' }, { authorizationType: 'AWS_IAM' }),
    ...authorizers.map(([name, { type }]) =>
      type === 'COGNITO_USER_POOLS'
        ? fc.array(word, { maxLength: 2 }).map(scopes => ({
            authorizationType: type,
            authorizer: name,
            ...(scopes.length > 0 ? { authorizationScopes: scopes } : {}),
          }))
        : fc.constant({ authorizationType: 'CUSTOM', authorizer: name }),
    ),
  )

function method(names: Names): fc.Arbitrary<MethodDefinition> {
  // One model for all types, and one set of types: a document in Swagger 2.0 says no more.
  const models = names.models.length > 0 ? maybe(fc.constantFrom(...names.models)) : fc.constant(undefined)
  const modelMap = models.map(model => model && { 'application/json': model, 'text/csv': model })
  const response = record<{
    responseParameters?: Record<string, boolean>
    responseModels?: Record<string, string>
  }>({
    responseParameters: maybe(keyed('method.response.header.', fc.constant(false))),
    responseModels: modelMap as fc.Arbitrary<Record<string, string> | undefined>,
  })
  return fc
    .tuple(
      record<MethodDefinition>({
        authorizationType: fc.constant('NONE'),
        apiKeyRequired: fc.boolean(),
        operationName: maybe(text),
        requestParameters: maybe(
          fc
            .uniqueArray(fc.tuple(fc.constantFrom('path', 'querystring', 'header'), word, fc.boolean()), {
              minLength: 1,
              maxLength: 4,
              selector: ([place, name]) => `${place} ${name}`,
            })
            .map(list =>
              Object.fromEntries(
                list.map(([place, name, required]) => [
                  `method.request.${place}.${name}`,
                  place === 'path' || required,
                ]),
              ),
            ),
        ),
        requestModels: modelMap as fc.Arbitrary<Record<string, string> | undefined>,
        requestValidator:
          names.validators.length > 0 ? maybe(fc.constantFrom(...names.validators)) : fc.constant(undefined),
        responses: maybe(fc.dictionary(status, response, { minKeys: 1, maxKeys: 3, noNullPrototype: true })),
        integration: maybe(integration),
      }),
      protection(names),
    )
    .map(([rest, guard]) => ({ ...rest, ...guard }))
}

const schema = fc.oneof(
  fc.constantFrom(
    '{}',
    '{"type":"object","properties":{"yes":{"type":["string","null"],"enum":["on","1",null]},"example":{}}}',
  ),
  fc
    .record({ type: fc.constant('string'), description: text, default: fc.jsonValue() })
    .map(value => JSON.stringify(value)),
)

const definitions: fc.Arbitrary<RestApiDefinition> = fc
  .record({
    models: fc.dictionary(
      word,
      schema.map(value => ({ contentType: 'application/json', schema: value })),
      {
        maxKeys: 3,
        noNullPrototype: true,
      },
    ),
    validators: fc.dictionary(
      text,
      fc.record({ validateRequestBody: fc.boolean(), validateRequestParameters: fc.boolean() }),
      { maxKeys: 2, noNullPrototype: true },
    ),
    authorizers: fc.dictionary(word, authorizer, { maxKeys: 3, noNullPrototype: true }),
  })
  .chain(({ models, validators, authorizers }) => {
    const names = {
      models: Object.keys(models),
      validators: Object.keys(validators),
      authorizers: Object.entries(authorizers),
    }
    return record<RestApiDefinition>({
      name: text,
      description: maybe(text),
      version: text,
      apiKeySource: maybe(fc.constantFrom('HEADER', 'AUTHORIZER')),
      binaryMediaTypes: maybe(fc.array(text, { minLength: 1, maxLength: 2 })),
      minimumCompressionSize: maybe(fc.nat(10_485_760)),
      policy: maybe(fc.constant('{"Version":"2012-10-17","Statement":[]}')),
      disableExecuteApiEndpoint: maybe(fc.constant(true)),
      tags: maybe(some(text)),
      resources: fc.dictionary(
        fc
          .array(
            fc.oneof(
              word,
              word.map(name => `{${name}}`),
            ),
            { minLength: 1, maxLength: 3 },
          )
          .map(parts => `/${parts.join('/')}`),
        fc.dictionary(fc.constantFrom('GET', 'POST', 'ANY', 'OPTIONS'), method(names), {
          minKeys: 1,
          maxKeys: 3,
          noNullPrototype: true,
        }),
        { minKeys: 1, maxKeys: 4, noNullPrototype: true },
      ),
      models: fc.constant(models),
      requestValidators: fc.constant(validators),
      authorizers: fc.constant(authorizers),
      gatewayResponses: fc.dictionary(
        fc.constantFrom('DEFAULT_4XX', 'THROTTLED', 'UNAUTHORIZED'),
        record({ statusCode: maybe(status), responseTemplates: maybe(templates) }),
        { maxKeys: 2, noNullPrototype: true },
      ),
    })
  })

describe('whatever an API is', () => {
  it.each(COMBINATIONS)('it is the same after an export as %s in %s', (format, type) => {
    fc.assert(
      fc.property(definitions, definition => {
        const document = write({ definition, documentation: { parts: [] } }, format, type)
        expect(read(document).definition).toEqual(definition)
      }),
      { numRuns: 60 },
    )
  })
})
