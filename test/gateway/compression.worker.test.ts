import { expect, test } from 'vitest'
import { answered, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

// What only the platform's own streams can show; test/gateway/compression.test.ts has the cases.

const TEXT = JSON.stringify({ text: 'é'.repeat(500) })
const through = async (
  body: BodyInit,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await new Response(new Response(body).body!.pipeThrough(stream)).arrayBuffer())

const apiOf = (minimumCompressionSize?: number) =>
  fakeApi({
    snapshot: snapshot([resource('/x', { ANY: method() })], { minimumCompressionSize }),
    invoke: invocation => answered({ body: JSON.parse(invocation.payload as string).body ?? TEXT }),
  })

test.each(['gzip', 'deflate'] as const)('answers are compressed by %s, and only once', async coding => {
  const response = await apiOf(0).send('/prod/x', { headers: { 'accept-encoding': coding } })
  expect(response.headers.get('content-encoding')).toBe(coding)
  const bytes = await response.arrayBuffer()
  expect(new TextDecoder().decode(await through(bytes, new DecompressionStream(coding)))).toBe(TEXT)
})

test.each(['gzip', 'deflate'] as const)('bodies in %s are decompressed', async coding => {
  const response = await apiOf().send('/prod/x', {
    method: 'POST',
    body: await through(TEXT, new CompressionStream(coding)),
    headers: { 'content-encoding': coding },
  })
  expect([response.status, await response.text()]).toEqual([200, TEXT])
})

test.each([
  ['of another coding', 'br', async () => 'x'],
  ['cut short', 'gzip', async () => (await through(TEXT, new CompressionStream('gzip'))).slice(0, 30)],
  [
    'with more behind',
    'gzip',
    async () => new Blob([await through(TEXT, new CompressionStream('gzip')), 'more']),
  ],
  ['of text', 'gzip', async () => 'text'],
] as Array<[string, string, () => Promise<BodyInit>]>)('a body %s gets 415', async (_, coding, body) => {
  const response = await apiOf().send('/prod/x', {
    method: 'POST',
    body: await body(),
    headers: { 'content-encoding': coding },
  })
  expect([response.status, await response.json()]).toEqual([415, { message: 'Unsupported Media Type' }])
})

test('a body that stands for more than 10 MB gets 413', async () => {
  const zeros = new Uint8Array(10 * 1024 * 1024 + 1)
  const response = await apiOf().send('/prod/x', {
    method: 'POST',
    body: await through(zeros, new CompressionStream('gzip')),
    headers: { 'content-encoding': 'gzip' },
  })
  expect([response.status, await response.json()]).toEqual([413, { message: 'Request Too Long' }])
})
