import { env } from 'cloudflare:workers'
import { describe, expect, inject, it } from 'vitest'
import { reachBackEnd } from '../../src/gateway/integrations/reach-back-end.ts'
import { boundBackEnd } from '../../src/gateway/links/bound-back-end.ts'
import type { SnapshotIntegration } from '../../src/gateway/snapshot.ts'
import { API_ID, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

const backEnd = inject('backEnd')

/** The real way out, into a real server on this machine. */
const fetchBackEnd = reachBackEnd({ isLocal: true, isOwn: async () => false, serve: () => undefined })

const inFrontOf = (over: Partial<SnapshotIntegration> = {}, isLocal = true) => {
  const integration: SnapshotIntegration = {
    type: 'HTTP_PROXY',
    httpMethod: 'ANY',
    uri: `${backEnd}/{proxy}`,
    requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' },
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutMs: 5_000,
    responses: [{ statusCode: '200' }],
    ...over,
  }
  const fetch = isLocal
    ? fetchBackEnd
    : reachBackEnd({ isLocal: false, isOwn: async () => false, serve: () => undefined })
  return fakeApi({
    snapshot: snapshot([resource('/{proxy+}', { ANY: method({ integration }) })]),
    pointer: { links: { abc123: 'WEIR_LINK_STAND_IN', def456: 'WEIR_LINK_GONE' } },
    parts: { fetch, link: binding => boundBackEnd(env, binding) },
  })
}

interface Seen {
  readonly calls: number
  readonly aborted: number
  readonly received: number
  readonly ended: boolean
}

const seen = async (path: string): Promise<Seen> =>
  (await fetch(`${backEnd}/seen?path=${encodeURIComponent(path)}`)).json()

/** Asks until it is so: how long another process takes is nobody's promise. */
async function eventually(path: string, isSo: (seen: Seen) => boolean): Promise<Seen> {
  for (;;) {
    const now = await seen(path)
    if (isSo(now)) return now
    await scheduler.wait(10)
  }
}

const fresh = (name: string): string => `${name}/${crypto.randomUUID()}`

interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly rawHeaders: string[]
  readonly body: string
}

const echoed = async (response: Response): Promise<Echo> => (await response.json()) as Echo

describe('a request', () => {
  it('reaches the server with its bytes, its length and the headers that are meant for it', async () => {
    const { send } = inFrontOf()
    const bytes = new Uint8Array(70_000).map((_, i) => i)
    const request = await echoed(
      await send('/prod/echo/a%20b?x=1&x=2', {
        method: 'PUT',
        body: bytes,
        headers: {
          'content-type': 'image/png',
          'content-length': '70000',
          accept: 'text/plain',
          'cf-connecting-ip': '203.0.113.9',
        },
      }),
    )
    expect([request.method, request.url]).toEqual(['PUT', '/echo/a%20b?x=1&x=2'])
    expect(Uint8Array.from(atob(request.body), char => char.charCodeAt(0))).toEqual(bytes)
    const { host, 'x-amzn-trace-id': trace, ...headers } = request.headers
    expect(host).toBe(new URL(backEnd).host)
    expect(trace).toMatch(/^Root=1-/)
    expect(headers).toEqual({
      accept: 'text/plain',
      'accept-encoding': 'identity',
      'cf-worker': expect.any(String),
      'content-length': '70000',
      'content-type': 'image/png',
      'user-agent': `AmazonAPIGateway_${API_ID}`,
      'x-amzn-apigateway-api-id': API_ID,
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-port': '8787',
      'x-forwarded-proto': 'http',
    })
  })

  it('is streamed: the server has its beginning while the client still writes', async () => {
    const path = fresh('sink')
    const pipe = new TransformStream<Uint8Array, Uint8Array>()
    const writer = pipe.writable.getWriter()
    const answering = inFrontOf().send(`/prod/${path}`, { method: 'POST', body: pipe.readable })
    await writer.write(new Uint8Array(100_000))
    const first = await eventually(`/${path}`, ({ received }) => received > 0)
    expect(first.ended).toBe(false)
    await writer.close()
    expect(await (await answering).text()).toBe('100000')
  })

  it('of more than 10 MB is cut off and answered with 413, its length declared or not', async () => {
    const path = fresh('sink')
    const chunk = new Uint8Array(1024 * 1024)
    let left = 40
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        left -= 1
        if (left < 0) controller.close()
        else controller.enqueue(chunk)
      },
    })
    const { send } = inFrontOf()
    expect((await send(`/prod/${path}`, { method: 'POST', body })).status).toBe(413)
    const { ended, received } = await eventually(`/${path}`, ({ aborted }) => aborted > 0)
    expect([ended, received <= 10 * 1024 * 1024, left > 20]).toEqual([false, true, true])
    const declared = await send(`/prod/${path}`, {
      method: 'POST',
      body: new Uint8Array(10 * 1024 * 1024 + 1),
    })
    expect(declared.status).toBe(413)
  })
})

describe('an answer', () => {
  it('is streamed: the client has its first half before the server makes the second', async () => {
    const path = fresh('halves')
    const response = await inFrontOf().send(`/prod/${path}`)
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('first,')
    await fetch(`${backEnd}/go?path=/${path}`)
    expect((await reader.read()).value).toBe('second')
    expect((await reader.read()).done).toBe(true)
  })

  it.each(['large/x?mb=10', 'large/x?mb=10&sized'])('of 10 MB comes whole: %s', async path => {
    const response = await inFrontOf().send(`/prod/${path}`)
    expect((await response.arrayBuffer()).byteLength).toBe(10 * 1024 * 1024)
  })

  it('of more breaks off, or is refused where its length is declared, or streamed where that is asked', async () => {
    const { send } = inFrontOf()
    await expect((await send('/prod/large/x?mb=11')).arrayBuffer()).rejects.toThrow()
    expect((await send('/prod/large/x?mb=11&sized')).status).toBe(500)
    const streamed = await inFrontOf({ streamed: true }).send('/prod/large/x?mb=24')
    let size = 0
    for await (const chunk of streamed.body!) size += chunk.byteLength
    expect(size).toBe(24 * 1024 * 1024)
  })

  it.each(['cut/x', 'cut/x?sized'])('that is cut off never looks whole: %s', async path => {
    const response = await inFrontOf().send(`/prod/${path}`)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
  })

  it('that is compressed stays so', async () => {
    const headers = { 'accept-encoding': 'gzip' }
    const response = await inFrontOf().send('/prod/zipped/x', { headers })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    const bytes = new Uint8Array(await response.clone().arrayBuffer())
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
    // What is made here with a coding and read here, too, may be read decoded.
    const text = isGzip
      ? await new Response(response.body!.pipeThrough(new DecompressionStream('gzip'))).text()
      : new TextDecoder().decode(bytes)
    expect(JSON.parse(text)).toEqual({ name: 'Rex' })
  })

  it('that redirects is the client’s to follow', async () => {
    const response = await inFrontOf().send('/prod/redirect/x')
    expect([response.status, response.headers.get('location'), await response.text()]).toEqual([
      307,
      '/echo',
      'over there',
    ])
  })

  it('keeps cookies apart, HEAD its length, and 204 its emptiness', async () => {
    const { send } = inFrontOf()
    expect((await send('/prod/cookies/x')).headers.getSetCookie()).toEqual([
      'a=1; Path=/',
      'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ])
    const head = await send('/prod/head/x', { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '1234', ''])
    const empty = await send('/prod/empty/x')
    expect([empty.status, empty.headers.get('etag'), empty.body]).toEqual([204, '"x"', null])
  })
})

describe('a server', () => {
  it('that does not answer is left in time, and its connection closed', async () => {
    const path = fresh('hang')
    const response = await inFrontOf({ timeoutMs: 50 }).send(`/prod/${path}`)
    expect([response.status, await response.json()]).toEqual([504, { message: 'Endpoint request timed out' }])
    expect(await eventually(`/${path}`, ({ aborted }) => aborted > 0)).toMatchObject({ calls: 1, aborted: 1 })
  })

  it('that hangs up, or that there is not, is asked once to do something and answered for with 504', async () => {
    const path = fresh('drop')
    const unreachable = [504, { message: 'Network error communicating with endpoint' }]
    const dropped = await inFrontOf().send(`/prod/${path}`, { method: 'POST', body: 'x' })
    expect([dropped.status, await dropped.json()]).toEqual(unreachable)
    expect((await seen(`/${path}`)).calls).toBe(1)
    const nobody = await inFrontOf({ uri: 'http://127.0.0.1:9/' }).send('/prod/x')
    expect([nobody.status, await nobody.json()]).toEqual(unreachable)
  })

  it('on a private address is not asked by a deployed Weir, however it is written', async () => {
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      'localhost',
      '[::ffff:127.0.0.1]',
      '169.254.169.254',
    ]) {
      const { port } = new URL(backEnd)
      const response = await inFrontOf({ uri: `http://${host}:${port}/echo` }, false).send('/prod/x')
      expect([host, response.status]).toEqual([host, 500])
    }
  })
})

describe('behind HTTP', () => {
  const mapped = (over: Partial<SnapshotIntegration>) => inFrontOf({ type: 'HTTP', ...over })

  it('a compressed answer is mapped as what it says', async () => {
    const { send } = mapped({
      httpMethod: 'GET',
      responses: [
        {
          statusCode: '200',
          templates: { 'application/json': '{"called": $input.json(\'$.name\')}' },
        },
      ],
    })
    expect(await (await send('/prod/zipped/x')).json()).toEqual({ called: 'Rex' })
  })

  it('a template’s body is sent with its length', async () => {
    const { send } = mapped({
      httpMethod: 'POST',
      requestTemplates: { 'application/json': '{"pet": $input.json(\'$.name\')}' },
    })
    const body = JSON.stringify({ name: 'Ñandú' })
    const headers = { 'content-type': 'application/json' }
    const request = await echoed(await send('/prod/echo', { method: 'PUT', body, headers }))
    expect([request.method, request.headers['content-length']]).toEqual(['POST', '18'])
    expect(new TextDecoder().decode(Uint8Array.from(atob(request.body), char => char.charCodeAt(0)))).toBe(
      '{"pet": "Ñandú"}',
    )
  })
})

describe('a VPC link', () => {
  const linked = { connectionType: 'VPC_LINK', uri: 'http://orders.internal/{proxy}' } as const

  it('leads to its service binding, and to it alone', async () => {
    const { send } = inFrontOf({ ...linked, connectionId: 'abc123' })
    const response = await send('/prod/pets/7?a=b', { method: 'POST', body: 'hello' })
    expect(await response.json()).toEqual({
      binding: 'WEIR_LINK_STAND_IN',
      method: 'POST',
      url: 'http://orders.internal/pets/7?a=b',
      body: 'hello',
    })
    for (const connectionId of ['def456', 'nope']) {
      expect((await inFrontOf({ ...linked, connectionId }).send('/prod/x')).status).toBe(500)
    }
  })

  it('leads to no other binding, whatever it is named', () => {
    expect(boundBackEnd(env, 'WEIR_LINK_STAND_IN')).toBeTypeOf('function')
    for (const name of ['DB', 'STORE', 'LOADER', 'ALIAS_ROUTER', 'WEIR_LINK_', 'toString']) {
      expect(boundBackEnd(env, name)).toBeUndefined()
    }
  })
})
