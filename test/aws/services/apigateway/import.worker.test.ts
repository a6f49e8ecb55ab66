import swagger from '@readme/oas-examples/2.0/json/petstore.json' with { type: 'json' }
import oas30 from '@readme/oas-examples/3.0/json/petstore.json' with { type: 'json' }
import starTrek from '@readme/oas-examples/3.0/json/star-trek.json' with { type: 'json' }
import { beforeEach, describe, expect, it } from 'vitest'
import orders from '../../../gateway/openapi/documents/orders.yaml?raw'
import petStore from '../../../gateway/openapi/documents/pet-store.yaml?raw'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
beforeEach(async () => {
  plane = await controlPlane()
})

const bytes = (document: unknown): Uint8Array =>
  new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document))

const importApi = (document: unknown, input: object = {}) =>
  plane.api.importRestApi({ body: bytes(document), ...input })

const put = (restApiId: string, document: unknown, input: object = {}) =>
  plane.api.putRestApi({ restApiId, body: bytes(document), ...input })

/** Resources by path, with ids and their methods. */
async function tree(restApiId: string) {
  const { items = [] } = await plane.api.getResources({ restApiId, limit: 500, embed: ['methods'] })
  return Object.fromEntries(
    items.map(({ path, id, resourceMethods = {} }) => [path!, { id: id!, methods: resourceMethods }]),
  )
}

const paths = async (restApiId: string) => Object.keys(await tree(restApiId)).sort()

const mock = { type: 'mock', requestTemplates: { 'application/json': '{"statusCode": 200}' } }
const served = { responses: {}, 'x-amazon-apigateway-integration': mock }

const small = (overrides: object = {}) => ({
  openapi: '3.0.1',
  info: { title: 'small', version: '1' },
  paths: { '/a': { get: served } },
  ...overrides,
})

describe('ImportRestApi', () => {
  it.each([
    ['Swagger 2.0', swagger],
    ['OpenAPI 3.0', oas30],
  ])('makes the API of the petstore as %s', async (_, document) => {
    const api = await importApi(document)
    expect(api.$metadata.httpStatusCode).toBe(201)
    expect(api).toMatchObject({ name: document.info.title, description: document.info.description })
    expect(api.warnings).toContain(
      "Unsupported security definition type 'oauth2' for 'petstore_auth'. Ignoring.",
    )
    const found = await tree(api.id!)
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining(['/', '/pet', '/pet/{petId}', '/store', '/user/{username}']),
    )
    expect(found['/']!.id).toBe(api.rootResourceId)
    const get = await plane.api.getMethod({
      restApiId: api.id!,
      resourceId: found['/pet/{petId}']!.id,
      httpMethod: 'GET',
    })
    expect(get).toMatchObject({
      operationName: 'getPetById',
      requestParameters: { 'method.request.path.petId': true },
      methodResponses: { 200: { responseModels: { 'application/json': 'Pet', 'application/xml': 'Pet' } } },
    })
  })

  it('makes an API that can be deployed as it is, of what API Gateway exports', async () => {
    const { id, warnings } = await importApi(petStore, { failOnWarnings: true })
    expect(warnings).toBeUndefined()
    const found = await tree(id!)
    expect(found['/pets']!.methods.GET).toMatchObject({
      operationName: 'GetPets',
      methodIntegration: {
        type: 'HTTP',
        httpMethod: 'GET',
        uri: 'http://petstore.example.com/petstore/pets',
        requestParameters: { 'integration.request.querystring.page': 'method.request.querystring.page' },
      },
    })
    const { items = [] } = await plane.api.getModels({ restApiId: id! })
    expect(items.map(({ name }) => name)).toEqual([
      'Empty',
      'NewPet',
      'NewPetResponse',
      'Pet',
      'PetType',
      'Pets',
    ])
    const pets = items.find(({ name }) => name === 'Pets')
    expect(JSON.parse(pets!.schema!)).toEqual({
      type: 'array',
      items: { $ref: `https://apigateway.amazonaws.com/restapis/${id}/models/Pet` },
    })
    await plane.api.createDeployment({ restApiId: id!, stageName: 'test' })
    const { apiSummary } = await plane.api.getDeployment({
      restApiId: id!,
      deploymentId: (await plane.api.getStage({ restApiId: id!, stageName: 'test' })).deploymentId!,
      embed: ['apisummary'],
    })
    expect(Object.keys(apiSummary!)).toEqual(['/', '/pets', '/pets/{petId}'])
  })

  it('makes a large API in one change', async () => {
    const api = await importApi(starTrek)
    expect(await paths(api.id!)).toHaveLength(81)
    expect(api.name).toBe(starTrek.info.title)
  })

  it('takes all that extensions say', async () => {
    const api = await importApi(orders)
    expect(api).toMatchObject({
      name: 'Orders',
      version: '1.10',
      apiKeySource: 'HEADER',
      binaryMediaTypes: ['image/png', 'application/octet-stream'],
      minimumCompressionSize: 1024,
      tags: {
        team: 'fulfilment',
        'weir:cors-allow-origins': 'https://shop.example.com https://admin.example.com',
        'weir:cors-max-age': '600',
      },
    })
    expect(api.warnings).toBeUndefined()
    const found = await tree(api.id!)
    expect(found['/orders']!.methods.GET).toMatchObject({
      authorizationType: 'CUSTOM',
      apiKeyRequired: true,
      requestParameters: {
        'method.request.header.X-Tenant': true,
        'method.request.querystring.limit': false,
        'method.request.querystring.after': true,
      },
      methodIntegration: {
        type: 'HTTP',
        timeoutInMillis: 5000,
        cacheNamespace: 'orders',
        integrationResponses: {
          200: {
            responseParameters: { 'method.response.header.X-Total': 'integration.response.header.X-Total' },
          },
          404: { selectionPattern: '4\\d{2}', contentHandling: 'CONVERT_TO_TEXT' },
        },
      },
    })
    expect(found['/orders']!.methods.POST).toMatchObject({
      authorizationType: 'COGNITO_USER_POOLS',
      authorizationScopes: ['orders/write'],
      requestModels: { 'application/json': 'Order' },
    })
    expect(found['/orders/{orderId}']!.methods.ANY).toMatchObject({ authorizationType: 'AWS_IAM' })
    expect(found['/files/{path+}']!.methods.GET).toMatchObject({ authorizationType: 'CUSTOM' })
    expect(found['/healthy']!.methods.GET).toMatchObject({ authorizationType: 'NONE', apiKeyRequired: false })
  })

  it.each([
    ['apiKey', { name: 'X-Token', in: 'header' }, 'X-Token'],
    [
      'oauth2',
      { flows: { clientCredentials: { tokenUrl: 'https://a.example/token', scopes: {} } } },
      'Authorization',
    ],
    [
      'openIdConnect',
      { openIdConnectUrl: 'https://a.example/.well-known/openid-configuration' },
      'Authorization',
    ],
    ['http', { scheme: 'bearer' }, 'Authorization'],
  ])('makes an authorizer of user pools of a scheme of the type %s', async (type, scheme, header) => {
    const providerARNs = ['arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_aWcZeQbuD']
    const document = small({
      components: {
        securitySchemes: {
          pool: {
            type,
            ...scheme,
            'x-amazon-apigateway-authtype': 'cognito_user_pools',
            'x-amazon-apigateway-authorizer': { type: 'cognito_user_pools', providerARNs },
          },
        },
      },
      paths: { '/a': { get: { ...served, security: [{ pool: ['pets/read'] }] } } },
    })
    const api = await importApi(document)
    expect(api.warnings).toBeUndefined()
    const { items = [] } = await plane.api.getAuthorizers({ restApiId: api.id! })
    expect(items).toEqual([
      expect.objectContaining({
        type: 'COGNITO_USER_POOLS',
        providerARNs,
        identitySource: `method.request.header.${header}`,
      }),
    ])
    expect((await tree(api.id!))['/a']!.methods.GET).toMatchObject({
      authorizationType: 'COGNITO_USER_POOLS',
      authorizerId: items[0]!.id,
      authorizationScopes: ['pets/read'],
    })
  })

  it.each([
    ['ignore', ['/', '/a']],
    ['prepend', ['/', '/a', '/shop', '/shop/v1', '/shop/v1/a']],
    ['split', ['/', '/v1', '/v1/a']],
  ])('reads a base path as the parameter says: %s', async (basepath, expected) => {
    const wanted = expected.filter(path => basepath !== 'prepend' || path !== '/a')
    const documents = [
      small({ servers: [{ url: 'https://x.example.com/shop/v1' }] }),
      small({ servers: [{ url: '/{basePath}', variables: { basePath: { default: '/shop/v1' } } }] }),
      { ...small(), openapi: undefined, swagger: '2.0', basePath: '/shop/v1' },
    ]
    for (const document of documents) {
      const api = await importApi(document, { parameters: { basepath } })
      expect(await paths(api.id!)).toEqual(wanted)
    }
  })

  it('makes APIs of the endpoint type that is asked for', async () => {
    const parameters = { endpointConfigurationTypes: 'REGIONAL' }
    expect(await importApi(small(), { parameters })).toMatchObject({
      endpointConfiguration: { types: ['REGIONAL'] },
    })
  })

  it('says what is wrong with a definition, all at once, and makes nothing', async () => {
    const document = small({
      paths: {
        '/a/{x}': {
          get: { responses: {}, 'x-amazon-apigateway-integration': { ...mock, timeoutInMillis: 1 } },
        },
        '/a/{y}': { get: served },
        '/a/{x}/b c': { get: served },
        '/{all+}/more': { get: served },
        '/p': {
          get: {
            ...served,
            parameters: [
              { name: 'p', in: 'query' },
              { name: 'p', in: 'header' },
            ],
          },
          put: {
            'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', uri: 'nothing' },
          },
        },
      },
      components: { schemas: { 'not-a-name': { type: 'object' } } },
      security: [{ nobody: [] }],
    })
    const lines = [
      '400 BadRequestException: Errors found during import:',
      "Unable to create model 'not-a-name': Model name must be alphanumeric: not-a-name",
      "Unable to put integration on 'GET' for resource at path '/a/{x}': Timeout should be between 50 ms and 29000 ms",
      "Unable to create resource at path '/a/{y}': A sibling ({x}) of this resource already has a variable path part -- only one is allowed",
      "Unable to create resource at path '/a/{x}/b c': Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
      "Unable to create resource at path '/{all+}/more': Cannot create a child of a resource with a greedy path variable: {all+}",
      "Unable to put method 'GET' on resource at path '/p': Parameter names must be unique across querystring, header and path",
      "Unable to put integration on 'PUT' for resource at path '/p': Invalid ARN specified in the request",
    ]
    const warnings = ["Reference to security definition 'nobody' not found. Ignoring."]
    expect(await refusal(importApi(document))).toBe(
      `${lines.join('\n\t')}\nAdditionally, these warnings were found:\n\t${warnings.join('\n\t')}`,
    )
    expect((await plane.api.getRestApis({})).items).toEqual([])
  })

  it('fails on warnings when asked to', async () => {
    const document = small({ components: { securitySchemes: { login: { type: 'http', scheme: 'basic' } } } })
    expect(await refusal(importApi(document, { failOnWarnings: true }))).toBe(
      "400 BadRequestException: Warnings found during import:\n\tUnsupported security definition type 'http' for 'login'. Ignoring.",
    )
    expect((await plane.api.getRestApis({})).items).toEqual([])
    expect((await importApi(document)).warnings).toHaveLength(1)
  })

  it.each([
    ['', 'Invalid OpenAPI input. The body is empty'],
    ['[]', 'Invalid OpenAPI input. The document is not an object'],
    ['a: [', /^Invalid OpenAPI input\. Flow sequence/],
    [
      { openapi: '3.1.0', info: {} },
      'Invalid OpenAPI input. The document must be Swagger 2.0 or OpenAPI 3.0',
    ],
    [
      small({ info: { version: '1' } }),
      'Errors found during import:\n\tUnable to update API: Name cannot be empty',
    ],
  ])('refuses %j', async (document, message) => {
    const refused = await refusal(importApi(document === '' ? ' ' : document))
    const [, code, text] = /^(400 BadRequestException): (.*)$/s.exec(refused)!
    expect(code).toBe('400 BadRequestException')
    if (message instanceof RegExp) expect(text).toMatch(message)
    else expect(text).toBe(message)
  })

  it('refuses YAML that blows itself up', async () => {
    const levels = Array.from({ length: 12 }, (_, i) =>
      i === 0
        ? 'l0: &l0 [a, a, a, a, a, a, a, a, a, a]'
        : `l${i}: &l${i} [${`*l${i - 1}, `.repeat(9)}*l${i - 1}]`,
    )
    expect(await refusal(importApi(['swagger: "2.0"', ...levels].join('\n')))).toBe(
      '400 BadRequestException: Invalid OpenAPI input. Excessive alias count indicates a resource exhaustion attack',
    )
  })

  it('takes YAML up to the size that an isolate can read', async () => {
    const yaml = `swagger: "2.0"\ninfo: { title: x, description: ${'x'.repeat(1024 * 1024)} }`
    expect(await refusal(importApi(yaml))).toBe(
      '400 BadRequestException: Invalid OpenAPI input. A definition in YAML may have at most 1048576 characters; larger ones have to be JSON',
    )
  })

  it('takes no more resources than an API may have, and no larger definition than AWS', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`/r${i}`, { get: served }]))
    expect(await refusal(importApi(small({ paths: many })))).toBe(
      "400 BadRequestException: Errors found during import:\n\tUnable to create resource at path '/r299': Maximum number of resources for this API has been reached: 300",
    )
    const large = small({ info: { title: 'x', description: 'x'.repeat(6 * 1024 * 1024) } })
    expect(await refusal(importApi(large))).toBe(
      '413 RequestEntityTooLargeException: An API definition may have at most 6291456 bytes',
    )
  })
})

describe('PutRestApi', () => {
  const before = small({
    info: { title: 'before', version: '1', description: 'was there' },
    paths: {
      '/kept': { get: { ...served, operationId: 'old' }, post: served },
      '/gone/below': { get: served },
    },
    components: { schemas: { Kept: { type: 'object' }, Gone: { type: 'object' } } },
    'x-amazon-apigateway-binary-media-types': ['image/png'],
    'x-amazon-apigateway-request-validators': { gone: { validateRequestBody: true } },
    'x-amazon-apigateway-gateway-responses': { THROTTLED: { statusCode: '420' } },
  })
  const after = small({
    info: { title: 'after', version: '2' },
    paths: { '/kept': { get: { ...served, operationId: 'new' } }, '/new': { get: served } },
    components: { schemas: { Kept: { type: 'string' } } },
    'x-amazon-apigateway-binary-media-types': ['image/gif'],
  })
  let id: string
  let ids: Awaited<ReturnType<typeof tree>>
  beforeEach(async () => {
    id = (await importApi(before)).id!
    ids = await tree(id)
  })

  it('merges: what the definition does not speak of stays as it is', async () => {
    const api = await put(id, after)
    expect(api.$metadata.httpStatusCode).toBe(200)
    expect(api).toMatchObject({
      id,
      name: 'after',
      description: 'was there',
      version: '2',
      binaryMediaTypes: ['image/png', 'image/gif'],
    })
    const found = await tree(id)
    expect(Object.keys(found).sort()).toEqual(['/', '/gone', '/gone/below', '/kept', '/new'])
    for (const path of ['/', '/kept', '/gone', '/gone/below']) expect(found[path]!.id).toBe(ids[path]!.id)
    expect(found['/kept']!.methods).toMatchObject({ GET: { operationName: 'new' }, POST: {} })
  })

  it('overwrites: what the definition does not speak of is removed, what it names keeps its id', async () => {
    const api = await put(id, after, { mode: 'overwrite' })
    expect(api).toMatchObject({ name: 'after', binaryMediaTypes: ['image/gif'] })
    expect(api.description).toBeUndefined()
    const found = await tree(id)
    expect(Object.keys(found).sort()).toEqual(['/', '/kept', '/new'])
    for (const path of ['/', '/kept']) expect(found[path]!.id).toBe(ids[path]!.id)
    expect(Object.keys(found['/kept']!.methods)).toEqual(['GET'])
    // What was below a resource that is gone can be made anew.
    await put(id, before, { mode: 'merge' })
    expect(await paths(id)).toEqual(['/', '/gone', '/gone/below', '/kept', '/new'])
  })

  it('changes nothing when it is given what is there', async () => {
    const revisions = async () => {
      const { results } = await plane.env.DB.prepare(
        "SELECT kind, id, revision FROM resources WHERE parent = ? AND kind <> 'apigateway.stage' ORDER BY kind, id",
      )
        .bind(id)
        .all()
      return results
    }
    const seen = await revisions()
    await put(id, before, { mode: 'overwrite' })
    expect(await revisions()).toEqual(seen)
  })

  it('is made again when somebody adds to the API at the same moment', async () => {
    plane.beforeNextCommit(() =>
      plane.api.createResource({ restApiId: id, parentId: ids['/kept']!.id, pathPart: 'meanwhile' }),
    )
    await put(id, after)
    expect(await paths(id)).toContain('/kept/meanwhile')
    expect(await paths(id)).toContain('/new')
  })

  it('writes nothing when something is wrong', async () => {
    const wrong = small({ paths: { '/kept': { delete: served }, '/gone/{a+}/b': { get: served } } })
    expect(await refusal(put(id, wrong, { mode: 'overwrite' }))).toMatch(
      /^400 BadRequestException: Errors found/,
    )
    expect(await paths(id)).toEqual(Object.keys(ids).sort())
    expect(Object.keys((await tree(id))['/kept']!.methods)).toEqual(['GET', 'POST'])
  })

  it('refuses an API that is not there and a mode that is none', async () => {
    expect(await refusal(put('nothere', after))).toBe(
      `404 NotFoundException: Invalid API identifier specified ${plane.account}:nothere`,
    )
    expect(await refusal(put(id, after, { mode: 'mix' }))).toMatch(/^400 /)
  })
})
