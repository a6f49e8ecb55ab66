import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClaim, type SignedRequest, verifyClaim } from '../../../src/aws/wire/signature/verify.ts'
import type { RestApiDefinition } from '../../../src/gateway/openapi/definition.ts'
import { readDefinition } from '../../../src/gateway/openapi/read-definition.ts'
import { javascriptClient } from '../../../src/gateway/sdk/javascript-client.ts'
import { clientMethods } from '../../../src/gateway/sdk/javascript-methods.ts'
import { sha256Hex } from '../../../src/lib/hash.ts'
import { answered, fakeApi, HOST, method, resource, snapshot } from '../fake-gateway.ts'

type Call = (
  params?: object,
  body?: unknown,
  additional?: object,
) => Promise<{ status: number; data: unknown }>
type Client = Record<string, Call>

function definition(paths: object, securitySchemes: object = {}): RestApiDefinition {
  const document = {
    openapi: '3.0.1',
    info: { title: 'Pets', version: '1' },
    paths,
    components: { securitySchemes },
  }
  const read = readDefinition(JSON.stringify(document), { basePath: 'ignore' })
  if ('error' in read) throw new Error(read.error)
  return read.definition
}

const parameter = (name: string, place: string, required = false) => ({
  name,
  in: place,
  required,
  schema: { type: 'string' },
})

const PETS = definition(
  {
    '/': { get: {} },
    '/pets': {
      get: {
        parameters: [
          parameter('type', 'query'),
          parameter('page', 'query', true),
          parameter('X-Tenant', 'header'),
        ],
      },
      post: { security: [{ api_key: [] }] },
    },
    '/pets/{petId}': { get: { parameters: [parameter('petId', 'path', true)] } },
    '/files/{path+}': { 'x-amazon-apigateway-any-method': { security: [{ sigv4: [] }] } },
  },
  {
    api_key: { type: 'apiKey', name: 'x-api-key', in: 'header' },
    sigv4: {
      type: 'apiKey',
      name: 'Authorization',
      in: 'header',
      'x-amazon-apigateway-authtype': 'awsSigv4',
    },
  },
)

/** The client as a page has it: run as a script, in a world with nothing but what browsers have. */
function load(api: RestApiDefinition, config: object): Client {
  const files = javascriptClient(api, {
    invokeUrl: `http://${HOST}/prod/`,
    region: 'us-east-1',
    stage: 'prod',
  })
  const self = { TextEncoder, URL, ArrayBuffer, Uint8Array, crypto } as Record<string, unknown>
  self.self = self
  runInContext(files['apiGateway-js-sdk/apigClient.js']!, createContext(self))
  const factory = self.apigClientFactory as { newClient(config: object): Client }
  return factory.newClient(config)
}

/** The API in a gateway, with a function that answers its event. */
function served() {
  const methods = { ANY: method() }
  const api = fakeApi({
    snapshot: snapshot(
      ['/', '/pets', '/pets/{petId}', '/files/{path+}'].map(path => resource(path, methods)),
    ),
    invoke: ({ payload }) => {
      const event = JSON.parse(payload as string)
      const statusCode = event.headers['x-fail'] ? 418 : 200
      const headers = { 'content-type': 'application/json' }
      return answered({ statusCode, headers, body: JSON.stringify(event) })
    },
  })
  return { ...api, fetch: (url: string, init: RequestInit) => api.send(url, init) }
}

describe('a client in JavaScript', () => {
  it('has a method for every method of the API, named as API Gateway names them', () => {
    expect(Object.keys(clientMethods(PETS))).toEqual([
      'rootGet',
      'petsGet',
      'petsPost',
      'petsPetIdGet',
      ...['Get', 'Put', 'Post', 'Delete', 'Patch', 'Options', 'Head'].map(name => `filesPath${name}`),
    ])
    const alike = definition({ '/a-b': { get: {} }, '/a/b': { get: {} }, '/1': { get: {} } })
    expect(Object.keys(clientMethods(alike))).toEqual(['aBGet', 'aBGet2', '_1Get'])
  })

  it('calls the API with what belongs into path, query, headers and body', async () => {
    const client = load(PETS, { fetch: served().fetch, apiKey: 'k'.repeat(20) })
    const found = await client.petsGet!({ type: 'a&b', page: 2, 'X-Tenant': 'us', other: 1 }, undefined, {
      queryParams: { more: ['x', 'y'] },
      headers: { 'X-More': 'z' },
    })
    expect(found).toMatchObject({
      status: 200,
      data: {
        httpMethod: 'GET',
        path: '/pets',
        multiValueQueryStringParameters: { type: ['a&b'], page: ['2'], more: ['x', 'y'] },
        headers: { 'x-tenant': 'us', 'x-more': 'z', 'x-api-key': 'k'.repeat(20), accept: 'application/json' },
      },
    })
    expect((await client.petsPost!({}, { name: 'Rex' })).data).toMatchObject({
      httpMethod: 'POST',
      body: '{"name":"Rex"}',
      headers: { 'content-type': 'application/json' },
    })
    expect((await client.rootGet!()).data).toMatchObject({ path: '/' })
  })

  it('finds any text again that it puts into a path', async () => {
    const client = load(PETS, { fetch: served().fetch })
    await fc.assert(
      fc.asyncProperty(
        fc
          .string({ unit: 'grapheme', minLength: 1 })
          .filter(text => text.isWellFormed() && !/^\.\.?$/.test(text)),
        async petId => {
          const { data } = await client.petsPetIdGet!({ petId })
          const event = data as { resource: string; pathParameters: Record<string, string> }
          expect(event.resource).toBe('/pets/{petId}')
          // A function is given them as they were sent.
          expect(decodeURIComponent(event.pathParameters.petId!)).toBe(petId)
        },
      ),
      { numRuns: 50 },
    )
    const { data } = await client.filesPathGet!({ path: 'a b/ç/d' })
    expect(data).toMatchObject({ resource: '/files/{path+}', pathParameters: { path: 'a%20b/%C3%A7/d' } })
    await expect(client.petsPetIdGet!({ petId: '..' })).rejects.toThrow('would lead to another path')
  })

  it('refuses calls without what they need, and rejects with an answer that is no success', async () => {
    const client = load(PETS, { fetch: served().fetch })
    await expect(client.petsGet!({ type: 'x' })).rejects.toThrow('Missing required parameter page of petsGet')
    await expect(client.petsPetIdGet!()).rejects.toThrow('Missing required parameter petId of petsPetIdGet')
    await expect(client.rootGet!({}, undefined, { headers: { 'x-fail': '1' } })).rejects.toMatchObject({
      message: 'Request failed with status code 418',
      response: { status: 418, data: { path: '/' } },
    })
  })

  it('signs what has to be signed, as Signature Version 4 has it', async () => {
    const sent: { request: SignedRequest; body: Uint8Array }[] = []
    const client = load(PETS, {
      accessKey: 'AKIDEXAMPLE',
      secretKey: 'secret',
      sessionToken: 'token',
      region: 'eu-central-1',
      fetch: async (url: string, init: { method: string; headers: object; body?: Uint8Array }) => {
        const { pathname, search, host } = new URL(url)
        const headers = new Headers({ ...init.headers, host })
        sent.push({
          request: { method: init.method, rawPath: pathname, rawQuery: search.slice(1), headers },
          body: init.body ?? new Uint8Array(),
        })
        return new Response('{}')
      },
    })
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[a-z !*'()ü%+~/]{1,10}$/),
        fc.dictionary(fc.stringMatching(/^[a-c-]{1,3}$/), fc.array(fc.string(), { maxLength: 3 })),
        fc.option(fc.json(), { nil: undefined }),
        async (path, queryParams, body) => {
          await client.filesPathPut!({ path }, body, { queryParams, headers: { 'X-Text': ' two  blanks ' } })
          const { request, body: content } = sent.at(-1)!
          const claim = readClaim(request)
          if (!claim || 'ok' in claim) throw new Error('it is not signed')
          expect(claim).toMatchObject({
            service: 'execute-api',
            region: 'eu-central-1',
            sessionToken: 'token',
          })
          const secret = { secretAccessKey: 'secret' }
          const verdict = await verifyClaim(
            claim,
            request,
            await sha256Hex(content),
            async () => secret,
            Date.now(),
          )
          expect(verdict).toMatchObject({ ok: true })
        },
      ),
      { numRuns: 40 },
    )
    await client.rootGet!()
    expect(sent.at(-1)!.request.headers.get('authorization')).toBeNull()
  })

  it('is a script that no name in the API can break out of', () => {
    const hostile = '</script><!--\u2028${`"\'\\'
    const api = definition({ [`/${hostile}`]: { get: { parameters: [parameter(hostile, 'query')] } } })
    const files = javascriptClient(api, { invokeUrl: 'http://x', region: 'r', stage: 's' })
    expect(files['apiGateway-js-sdk/apigClient.js']).not.toContain('</script>')
    expect(Object.keys(load(api, {}))).toEqual(['scriptGet'])
  })
})
