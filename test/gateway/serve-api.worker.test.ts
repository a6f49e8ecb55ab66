import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Invocation } from '../../src/functions/invocation.ts'
import { apiAddress } from '../../src/gateway/address.ts'
import { createGateway, serveApi } from '../../src/gateway/pipeline.ts'
import { type ApiPointer, type Snapshot, snapshotKey } from '../../src/gateway/snapshot.ts'
import { documentReader, SnapshotCache } from '../../src/gateway/snapshot-cache.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { PointerCache } from '../../src/pointers/pointer-cache.ts'
import { pointerReader, writePointer } from '../../src/pointers/pointer-store.ts'
import {
  ACCOUNT,
  answered,
  countedBy,
  functionProxy,
  functionUri,
  method,
  resource,
  snapshot,
} from './fake-gateway.ts'

const bindings = env as unknown as import('../../src/env.ts').Env
const store = { objects: bindings.STAGE_ROUTER, documents: bindings.STORE }

async function deploy(document: Snapshot): Promise<string> {
  const text = JSON.stringify(document)
  const key = snapshotKey(await sha256Hex(text))
  await bindings.STORE.put(key, text)
  return key
}

function isolate() {
  let now = 1_000_000
  const reads: string[] = []
  const invocations: Invocation[] = []
  const readPointer = pointerReader<ApiPointer>(store)
  const readDocument = documentReader(bindings.STORE)
  const gateway = createGateway({
    pointers: new PointerCache<ApiPointer>({
      read: (name, known) => {
        reads.push(name)
        return readPointer(name, known)
      },
      clock: () => now,
      defer: () => {},
    }),
    snapshots: new SnapshotCache({
      read: key => {
        reads.push(key)
        return readDocument(key)
      },
      defer: () => {},
    }),
    admission: countedBy(() => ({ admitted: false, reason: 'unknown-key' })),
    invoke: async invocation => {
      invocations.push(invocation)
      const { body, path } = JSON.parse(invocation.payload as string) as { body: string | null; path: string }
      return answered({ headers: { 'x-path': path }, body: `${invocation.qualifier}: ${body}` })
    },
    clock: () => now,
    defer: () => {},
  })
  return {
    reads,
    invocations,
    pass: (ms: number) => {
      now += ms
    },
    send: (url: string, init?: RequestInit) => {
      const request = new Request(url, init)
      return serveApi(request, apiAddress(request)!, gateway)
    },
  }
}

const variable = (name: string) => `\${stageVariables.${name}}`
const echo = method({ integration: functionProxy({ uri: functionUri(`echo:${variable('alias')}`) }) })

const pointerTo = (apiId: string, stages: ApiPointer['stages']): ApiPointer => ({
  schema: 1,
  account: ACCOUNT.id,
  region: ACCOUNT.region,
  apiId,
  stages,
})

test('serves from the stage’s object and the store, each read once while nothing changes', async () => {
  const apiId = 'worker0001'
  const key = await deploy(snapshot([resource('/echo/{id}', { POST: echo })], { apiId }))
  await writePointer(
    store,
    apiId,
    1,
    pointerTo(apiId, {
      prod: { deploymentId: 'd1', snapshot: key, variables: { alias: 'live' } },
      beta: { deploymentId: 'd1', snapshot: key, variables: { alias: '7' } },
    }),
  )
  const { send, reads } = isolate()
  const call = (stage: string) =>
    send(`http://${apiId}.execute-api.localhost:8787/${stage}/echo/a%2Fb`, { method: 'POST', body: 'héllo' })

  const response = await call('prod')
  expect([response.status, await response.text()]).toEqual([200, 'live: héllo'])
  expect(response.headers.get('x-path')).toBe('/echo/a%2Fb')
  expect(await (await call('beta')).text()).toBe('7: héllo')
  await Promise.all([call('prod'), call('beta'), call('prod')])
  expect(reads).toEqual([apiId, key])
})

test('a request two seconds after a change sees it', async () => {
  const apiId = 'worker0002'
  const first = await deploy(snapshot([resource('/a', { GET: echo })], { apiId }))
  const second = await deploy(snapshot([resource('/b', { GET: echo })], { apiId }))
  const stage = (key: string) =>
    pointerTo(apiId, { prod: { deploymentId: 'd', snapshot: key, variables: { alias: 'x' } } })
  const { send, pass } = isolate()
  const statusOf = async (path: string) =>
    (await send(`http://localhost/_aws/execute-api/${apiId}/prod${path}`)).status

  expect(await statusOf('/a')).toBe(403)
  pass(2_000)
  await writePointer(store, apiId, 1, stage(first))
  expect([await statusOf('/a'), await statusOf('/b')]).toEqual([200, 403])
  await writePointer(store, apiId, 2, stage(second))
  pass(2_000)
  expect([await statusOf('/a'), await statusOf('/b')]).toEqual([403, 200])
  await writePointer(store, apiId, 3, null)
  pass(2_000)
  const gone = await send(`http://localhost/_aws/execute-api/${apiId}/prod/b`)
  expect([gone.status, await gone.json()]).toEqual([403, { message: 'Forbidden' }])
})

test('a snapshot that is not in the store gives 503', async () => {
  const apiId = 'worker0003'
  const pointer = pointerTo(apiId, {
    prod: { deploymentId: 'd', snapshot: 'snapshots/none.json', variables: {} },
  })
  await writePointer(store, apiId, 1, pointer)
  const response = await isolate().send(`http://${apiId}.execute-api.localhost/prod/x`)
  expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }])
})

test('renders mapping templates without generating code', async () => {
  const apiId = 'worker0004'
  const template = `#set($n = $input.path('$.n')){"statusCode": #if($n > 1)200#{else}404#end}`
  const mock = method({
    integration: {
      type: 'MOCK',
      passthroughBehavior: 'NEVER',
      timeoutMs: 29_000,
      requestTemplates: { 'application/json': template },
      responses: [
        { statusCode: '200', templates: { 'application/json': '{"stage": "$context.stage"}' } },
        { statusCode: '404', selectionPattern: '404' },
      ],
    },
  })
  const key = await deploy(snapshot([resource('/m', { POST: mock })], { apiId }))
  const stages = { prod: { deploymentId: 'd', snapshot: key, variables: {} } }
  await writePointer(store, apiId, 1, pointerTo(apiId, stages))
  const { send } = isolate()
  const post = (body: string) =>
    send(`http://${apiId}.execute-api.localhost/prod/m`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
  const found = await post('{"n": 2}')
  expect([found.status, await found.json()]).toEqual([200, { stage: 'prod' }])
  expect((await post('{"n": 1}')).status).toBe(404)
})

test('what a function has encoded is sent as it is', async () => {
  const apiId = 'worker0005'
  const packed = new Response(new Response('packed').body!.pipeThrough(new CompressionStream('gzip')))
  const bytes = new Uint8Array(await packed.arrayBuffer())
  const gateway = createGateway({
    pointers: {
      get: () => ({
        doc: pointerTo(apiId, { prod: { deploymentId: 'd', snapshot: 'k', variables: {} } }),
        generation: 1,
        stale: false,
      }),
    },
    snapshots: new SnapshotCache({
      read: async () =>
        JSON.stringify(snapshot([resource('/z', { GET: method() })], { apiId, binaryMediaTypes: ['*/*'] })),
      defer: () => {},
    }),
    admission: countedBy(() => ({ admitted: false, reason: 'unknown-key' })),
    invoke: async () =>
      answered({
        headers: { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain' },
        body: btoa(String.fromCharCode(...bytes)),
        isBase64Encoded: true,
      }),
    clock: Date.now,
    defer: () => {},
  })
  const request = new Request(`http://${apiId}.execute-api.localhost/prod/z`)
  const response = await serveApi(request, apiAddress(request)!, gateway)
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
})
