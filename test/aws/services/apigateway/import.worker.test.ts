import swagger from '@readme/oas-examples/2.0/json/petstore.json' with { type: 'json' }
import oas30 from '@readme/oas-examples/3.0/json/petstore.json' with { type: 'json' }
import starTrek from '@readme/oas-examples/3.0/json/star-trek.json' with { type: 'json' }
import { beforeEach, describe, expect, it } from 'vitest'
import orders from '../../../gateway/openapi/documents/orders.yaml?raw'
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

const small = (overrides: object = {}) => ({
  openapi: '3.0.1',
  info: { title: 'small', version: '1' },
  paths: { '/a': { get: { responses: {}, 'x-amazon-apigateway-integration': mock } } },
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

  it('makes a large API in one change', async () => {
    const api = await importApi(starTrek)
    expect(await paths(api.id!)).toHaveLength(81)
    expect(api.name).toBe(starTrek.info.title)
  })
})
