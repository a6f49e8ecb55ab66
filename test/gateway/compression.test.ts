import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { askedCoding } from '../../src/gateway/compress-reply.ts'
import { LIMITS } from '../../src/gateway/limits.ts'
import { answered, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

const TEXT = JSON.stringify({ text: 'é'.repeat(500) })
const BYTES = Buffer.byteLength(TEXT)

describe('an answer', () => {
  const get = async (
    minimumCompressionSize: number | undefined,
    acceptEncoding?: string,
    answer: Record<string, unknown> = { body: TEXT },
    init: RequestInit = {},
  ) => {
    const api = fakeApi({
      snapshot: snapshot([resource('/x')], {
        ...(minimumCompressionSize !== undefined && { minimumCompressionSize }),
        binaryMediaTypes: ['image/png'],
      }),
      invoke: () => answered(answer),
    })
    const headers = {
      ...(acceptEncoding && { 'accept-encoding': acceptEncoding }),
      ...(init.headers as object),
    }
    const response = await api.send('/prod/x', { ...init, headers })
    return {
      encoding: response.headers.get('content-encoding'),
      bytes: Buffer.from(await response.arrayBuffer()),
    }
  }

  test.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ])('is compressed by %s for who asks for it', async (coding, decompress) => {
    const { encoding, bytes } = await get(0, coding)
    expect(encoding).toBe(coding)
    expect(bytes.length).toBeLessThan(BYTES)
    expect(decompress(bytes).toString()).toBe(TEXT)
  })

  test('of bytes is compressed, too', async () => {
    const answer = { body: Buffer.from(TEXT).toString('base64'), isBase64Encoded: true }
    const { encoding, bytes } = await get(0, 'gzip', answer, { headers: { accept: 'image/png' } })
    expect([encoding, gunzipSync(bytes).toString()]).toEqual(['gzip', TEXT])
  })

  test('is compressed from the size on that the API says, in bytes', async () => {
    expect((await get(BYTES, 'gzip')).encoding).toBe('gzip')
    expect((await get(BYTES + 1, 'gzip')).encoding).toBeNull()
  })

  test.each([undefined, 'identity', '*', 'br', 'br, gzip', 'br;q=1.0, gzip;q=0.8', 'gzip;q=0'])(
    'stays as it is for who accepts %s',
    async accept => {
      expect(await get(0, accept)).toEqual({ encoding: null, bytes: Buffer.from(TEXT) })
    },
  )

  test('of an API that says nothing stays as it is', async () => {
    expect(await get(undefined, 'gzip')).toEqual({ encoding: null, bytes: Buffer.from(TEXT) })
  })

  test('that the function has encoded is not encoded again', async () => {
    const packed = { headers: { 'Content-Encoding': 'br' }, body: TEXT }
    expect(await get(0, 'gzip', packed)).toEqual({ encoding: 'br', bytes: Buffer.from(TEXT) })
  })

  test('without a body stays without', async () => {
    expect(await get(0, 'gzip', { statusCode: 204 })).toEqual({ encoding: null, bytes: Buffer.alloc(0) })
    expect(await get(0, 'gzip', {})).toEqual({ encoding: null, bytes: Buffer.alloc(0) })
  })
})

test.each([
  ['gzip, deflate, br', 'gzip'],
  ['deflate, gzip', 'deflate'],
  ['gzip;q=0.5, deflate;q=0.9', 'deflate'],
  ['br;q=0.1, GZIP', 'gzip'],
  ['gzip ; q=0.2', 'gzip'],
  ['', undefined],
  [null, undefined],
])('%s asks for %s', (header, coding) => {
  expect(askedCoding(header)).toBe(coding)
})

describe('a request', () => {
  const post = async (
    body: Uint8Array<ArrayBuffer> | string,
    encoding: string,
    over: { minimumCompressionSize?: number; binaryMediaTypes?: string[] } = {},
  ) => {
    const api = fakeApi({ snapshot: snapshot([resource('/x')], over) })
    const response = await api.send('/prod/x', {
      method: 'POST',
      body,
      headers: { 'content-encoding': encoding, 'content-type': 'application/json' },
    })
    if (response.status !== 200) return { status: response.status, answer: await response.json() }
    const event = api.event()
    return { status: 200, body: event.body, isBase64: event.isBase64Encoded, event }
  }
  const packed = (text: string) => Uint8Array.from(gzipSync(text))

  test.each([
    ['gzip', packed(TEXT)],
    ['GZIP', packed(TEXT)],
    ['deflate', Uint8Array.from(deflateSync(TEXT))],
    ['identity', TEXT],
  ])('in %s reaches the function as it was, with the header', async (encoding, body) => {
    const sent = await post(body, encoding)
    expect(sent).toMatchObject({ status: 200, body: TEXT, isBase64: false })
    // Seen on API Gateway: the body is decompressed and the header stays.
    expect(sent.event.headers['content-encoding']).toBe(encoding)
  })

  test('of a binary type is the base64 of what was compressed', async () => {
    expect(await post(packed('abc'), 'gzip', { binaryMediaTypes: ['*/*'] })).toMatchObject({
      body: 'YWJj',
      isBase64: true,
    })
  })

  test.each([
    ['a coding that is not supported', 'br', 'x'],
    ['two codings', 'gzip, gzip', packed('x')],
    ['something else than it says', 'gzip', 'plain text'],
    ['a part of it only', 'gzip', packed(TEXT).slice(0, 30)],
  ] as Array<[string, string, string | Uint8Array<ArrayBuffer>]>)(
    'in %s gets 415',
    async (_, encoding, body) => {
      expect(await post(body, encoding)).toEqual({
        status: 415,
        answer: { message: 'Unsupported Media Type' },
      })
    },
  )

  test('that is smaller than the API’s minimum is not decompressed', async () => {
    const body = packed('abc')
    expect(
      await post(body, 'gzip', { minimumCompressionSize: body.length + 1, binaryMediaTypes: ['*/*'] }),
    ).toMatchObject({
      body: Buffer.from(body).toString('base64'),
    })
  })

  test('without a body needs no coding', async () => {
    expect(await post('', 'br')).toMatchObject({ status: 200, body: null })
  })

  test('that stands for more than 10 MB is refused, however little it is', async () => {
    const bomb = packed('\0'.repeat(LIMITS.body + 1))
    expect(bomb.length).toBeLessThan(20_000)
    expect(await post(bomb, 'gzip')).toEqual({ status: 413, answer: { message: 'Request Too Long' } })
  })
})

test('a mapping template reads what was compressed', async () => {
  const mock = method({
    integration: {
      type: 'MOCK',
      passthroughBehavior: 'NEVER',
      timeoutMs: 29_000,
      requestTemplates: { 'application/json': `{"statusCode": $input.path('$.status')}` },
      responses: [{ statusCode: '418', selectionPattern: '418' }],
    },
  })
  const api = fakeApi({ snapshot: snapshot([resource('/m', { POST: mock })]) })
  const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' }
  const send = (body: BodyInit) => api.send('/prod/m', { method: 'POST', body, headers })
  expect((await send(Uint8Array.from(gzipSync('{"status": 418}')))).status).toBe(418)
  expect((await send('{"status": 418}')).status).toBe(415)
})
