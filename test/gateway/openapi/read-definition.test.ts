// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how templates of CloudFormation write variables
import { describe, expect, it } from 'vitest'
import { readDefinition } from '../../../src/gateway/openapi/read-definition.ts'

function read(document: object) {
  const result = readDefinition(
    JSON.stringify({ openapi: '3.0.1', info: { title: 'x', version: '1' }, paths: {}, ...document }),
    { basePath: 'ignore' },
  )
  if ('error' in result) throw new Error(result.error)
  return result
}

const SCHEMES = {
  api_key: { type: 'apiKey', name: 'X-API-Key', in: 'header' },
  iam: { type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' },
  token: {
    type: 'apiKey',
    name: 'X-Token',
    in: 'header',
    'x-amazon-apigateway-authtype': 'custom',
    'x-amazon-apigateway-authorizer': { type: 'token', authorizerUri: 'arn' },
  },
  login: { type: 'oauth2', flows: {} },
}

describe('security', () => {
  const protectionOf = (operation: object, security?: object[]) => {
    const { definition } = read({
      paths: { '/a': { get: operation } },
      components: { securitySchemes: SCHEMES },
      security,
    })
    const { authorizationType, authorizer, apiKeyRequired } = definition.resources['/a']!.GET!
    return { authorizationType, authorizer, apiKeyRequired }
  }
  const open = { authorizationType: 'NONE', authorizer: undefined, apiKeyRequired: false }
  const byToken = { authorizationType: 'CUSTOM', authorizer: 'token', apiKeyRequired: false }

  it.each([
    ['nothing', {}, undefined, open],
    ['that of the document', {}, [{ token: [] }], byToken],
    ['none where an operation asks for none', { security: [] }, [{ token: [] }], open],
    [
      'its own instead of the document’s',
      { security: [{ iam: [] }] },
      [{ token: [] }],
      { ...open, authorizationType: 'AWS_IAM' },
    ],
    [
      'a key and an authorizer',
      { security: [{ api_key: [], token: [] }] },
      undefined,
      { ...byToken, apiKeyRequired: true },
    ],
    ['the first of two authorizers', { security: [{ token: [] }, { iam: [] }] }, undefined, byToken],
    ['what cannot be had: none', { security: [{ login: [] }] }, undefined, open],
    [
      'an extension’s type',
      { 'x-amazon-apigateway-auth': { type: 'aws_iam' } },
      undefined,
      { ...open, authorizationType: 'AWS_IAM' },
    ],
    [
      'none by extension, with the key of all',
      { 'x-amazon-apigateway-auth': { type: 'NONE' } },
      [{ token: [], api_key: [] }],
      { ...open, apiKeyRequired: true },
    ],
    [
      'an extension’s none beside its own security',
      { 'x-amazon-apigateway-auth': { type: 'NONE' }, security: [{ token: [] }] },
      undefined,
      byToken,
    ],
  ])('is %s', (_, operation, security, expected) => {
    expect(protectionOf(operation, security)).toEqual(expected)
  })

  it('takes the header of a scheme for the source of a token', () => {
    const { definition, warnings } = read({ components: { securitySchemes: SCHEMES } })
    expect(definition.authorizers).toEqual({
      token: {
        type: 'TOKEN',
        authType: 'custom',
        authorizerUri: 'arn',
        identitySource: 'method.request.header.X-Token',
      },
    })
    expect(warnings).toEqual(["Unsupported security definition type 'oauth2' for 'login'. Ignoring."])
  })
})

describe('models', () => {
  const schemaOf = (schema: object, name = 'A') => {
    const { definition, warnings } = read({
      components: { schemas: { [name]: schema, B: { type: 'string' } } },
    })
    return { schema: JSON.parse(definition.models[name]!.schema!), warnings }
  }

  it('refer to each other, and take in what else is referred to', () => {
    const { schema, warnings } = schemaOf({
      properties: {
        b: { $ref: '#/components/schemas/B' },
        self: { $ref: '#/components/schemas/A' },
        part: { $ref: '#/components/schemas/A/properties/b' },
        gone: { $ref: '#/components/schemas/C' },
        far: { $ref: 'https://example.com/schema.json' },
      },
    })
    const b = { $ref: '#/definitions/B' }
    expect(schema.properties).toEqual({ b, self: { $ref: '#/definitions/A' }, part: b, gone: {}, far: {} })
    expect(warnings).toEqual([
      "Reference to model 'C' not found. Ignoring.",
      "Reference 'https://example.com/schema.json' not found. Ignoring.",
    ])
  })

  it('keep what JSON Schema knows, wherever names look like keywords', () => {
    const { schema } = schemaOf({
      type: 'object',
      nullable: true,
      example: { a: 1 },
      discriminator: { propertyName: 'x' },
      properties: { example: { type: 'string', xml: {}, nullable: true }, nullable: { type: 'boolean' } },
    })
    expect(schema).toEqual({
      type: ['object', 'null'],
      properties: { example: { type: ['string', 'null'] }, nullable: { type: 'boolean' } },
    })
  })

  it('are made of schemas that have no name, one for all that are alike', () => {
    const content = { 'application/json': { schema: { type: 'array', items: { type: 'string' } } } }
    const operation = { requestBody: { content }, responses: { 200: { content }, 201: { content } } }
    const { definition } = read({ paths: { '/a': { post: operation } } })
    const [name, ...others] = Object.keys(definition.models)
    expect(name).toMatch(/^MODEL[0-9a-f]{6}$/)
    expect(others).toEqual([])
    const { requestModels, responses } = definition.resources['/a']!.POST!
    expect(requestModels).toEqual({ 'application/json': name })
    expect(responses![201]!.responseModels).toEqual({ 'application/json': name })
  })

  it('that refer into themselves without end are cut off', () => {
    const { warnings } = schemaOf({ properties: { a: { $ref: '#/components/schemas/A/properties/a' } } })
    expect(warnings).toEqual([
      'A schema is too large with its references written out. Ignoring a part of it.',
    ])
  })
})

describe('references', () => {
  it('lead to parameters, bodies, responses, headers and paths', () => {
    const { definition, warnings } = read({
      paths: {
        '/a': { $ref: '#/x-paths/a' },
        '/b': {
          parameters: [{ $ref: '#/components/parameters/P' }],
          post: {
            parameters: [{ $ref: '#/components/parameters/P' }, { $ref: '#/components/parameters/gone' }],
            requestBody: { $ref: '#/components/requestBodies/R' },
            responses: { 200: { $ref: '#/components/responses/S' } },
          },
        },
      },
      'x-paths': { a: { get: {} } },
      components: {
        parameters: { P: { name: 'p', in: 'query', required: true } },
        requestBodies: { R: { content: { 'text/plain': { schema: { $ref: '#/components/schemas/T' } } } } },
        responses: { S: { headers: { 'X-H': { $ref: '#/components/headers/H' } } } },
        headers: { H: { required: true } },
        schemas: { T: { type: 'string' } },
      },
    })
    expect(Object.keys(definition.resources['/a']!)).toEqual(['GET'])
    expect(definition.resources['/b']!.POST).toMatchObject({
      requestParameters: { 'method.request.querystring.p': true },
      requestModels: { 'text/plain': 'T' },
      responses: { 200: { responseParameters: { 'method.response.header.X-H': true } } },
    })
    expect(warnings).toEqual(["Reference '#/components/parameters/gone' not found. Ignoring."])
  })
})

describe('hostile documents', () => {
  const reasonOf = (text: string): string => {
    const result = readDefinition(text, { basePath: 'ignore' })
    if (!('error' in result)) throw new Error('it was read')
    return result.error
  }
  const head = '"swagger":"2.0","info":{"title":"x"}'

  it('that are nested without end are refused, in JSON and in YAML', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(reasonOf(`{${head},"x":${deep}}`)).toBe(
      'Invalid OpenAPI input. The document is nested more than 300 levels deep',
    )
    expect(reasonOf(`swagger: "2.0"\nx: ${deep}`)).toMatch(/^Invalid OpenAPI input\. /)
  })

  it('that are large only when written out are refused, or read without writing them out', () => {
    const text = 'x'.repeat(100_000)
    const aliases = Array.from({ length: 500 }, (_, i) => `  M${i}: *a`).join('\n')
    expect(reasonOf(`swagger: "2.0"\nx-a: &a { description: ${text} }\ndefinitions:\n${aliases}`)).toBe(
      'Invalid OpenAPI input. The document is too large with its aliases written out',
    )
    const responses = { 200: { $ref: '#/responses/R' } }
    const { definition, documentation, warnings } = read({
      openapi: undefined,
      swagger: '2.0',
      paths: Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`/p${i}`, { get: { responses } }])),
      responses: { R: { description: text, schema: { description: text, type: 'string' } } },
    })
    expect(Object.keys(definition.models)).toHaveLength(1)
    expect(documentation.parts.length).toBeLessThan(100)
    expect(warnings).toEqual(['Only 6291456 characters of documentation are taken. Ignoring the rest.'])
  })

  it('whose schemas multiply by reference are read in bounded time', () => {
    const level = (i: number) => ({
      properties: Object.fromEntries(
        Array.from({ length: 10 }, (_, k) => [`p${k}`, { $ref: `#/x-levels/l${i + 1}` }]),
      ),
    })
    const levels = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`l${i}`, level(i)]))
    const { warnings } = read({
      'x-levels': { ...levels, l30: { type: 'string' } },
      components: { schemas: { A: { $ref: '#/x-levels/l0' } } },
    })
    expect(warnings).toEqual([
      'A schema is too large with its references written out. Ignoring a part of it.',
    ])
  })
})

describe('a template that nobody resolved', () => {
  it('is told of wherever its functions stand for texts', () => {
    const { warnings } = read({
      paths: {
        '/a': {
          get: {
            'x-amazon-apigateway-integration': {
              type: 'aws_proxy',
              httpMethod: 'POST',
              uri: { 'Fn::Sub': 'arn:${AWS::Partition}:apigateway' },
              credentials: { 'Fn::GetAtt': ['Role', 'Arn'] },
            },
          },
        },
      },
      components: {
        securitySchemes: {
          token: {
            ...SCHEMES.token,
            'x-amazon-apigateway-authorizer': { type: 'token', authorizerUri: { Ref: 'Guard' } },
          },
        },
      },
    })
    expect(warnings).toEqual([
      "The authorizerUri of 'token' is no text: 'Ref' has to be resolved before. Ignoring.",
      expect.stringMatching(
        /^The uri of .*\/a.* is no text: 'Fn::Sub' has to be resolved before\. Ignoring\.$/,
      ),
      expect.stringMatching(/^The credentials of .*'Fn::GetAtt' has to be resolved before\. Ignoring\.$/),
    ])
  })
})
