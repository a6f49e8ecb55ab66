import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { SnapshotIntegration, SnapshotMethod, StagePointer } from '../../src/gateway/snapshot.ts'
import { API_ID, fakeApi, HOST, method, resource, snapshot } from './fake-gateway.ts'

const httpProxy = (over: Partial<SnapshotIntegration> = {}): SnapshotIntegration => ({
  type: 'HTTP_PROXY',
  httpMethod: 'ANY',
  uri: 'https://back.example/base',
  passthroughBehavior: 'WHEN_NO_MATCH',
  timeoutMs: 29_000,
  responses: [],
  ...over,
})

interface Sent {
  readonly url: string
  readonly init: RequestInit
  readonly headers: Headers
  readonly body: string
}

interface Setting {
  readonly path?: string
  readonly method?: Partial<SnapshotMethod>
  readonly integration?: Partial<SnapshotIntegration>
  readonly variables?: Record<string, string>
  readonly binaryMediaTypes?: string[]
  readonly links?: StagePointer['links']
  readonly parts?: Partial<Gateway>
  readonly answer?: (sent: Sent) => Response | Promise<Response>
}

/** An API in front of a back end that records what it is sent. */
function proxied({ path = '/{proxy+}', answer, ...setting }: Setting = {}) {
  const sent: Sent[] = []
  const backEnd = async (url: string, init: RequestInit): Promise<Response> => {
    const body = init.body ? await new Response(init.body).text() : ''
    sent.push({ url, init, headers: new Headers(init.headers), body })
    return answer ? answer(sent.at(-1)!) : new Response('ok')
  }
  const api = fakeApi({
    snapshot: snapshot(
      [resource(path, { ANY: method({ integration: httpProxy(setting.integration), ...setting.method }) })],
      { binaryMediaTypes: setting.binaryMediaTypes ?? [] },
    ),
    stages: { prod: setting.variables ?? {} },
    pointer: { links: setting.links },
    parts: { fetch: backEnd, ...setting.parts },
  })
  return { ...api, sent, last: () => sent.at(-1)!, backEnd }
}

const PROXY_PATH = {
  uri: 'https://back.example/base/{proxy}',
  requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' },
}

describe('the request that a back end gets', () => {
  it('has the method, the query and the body of the client', async () => {
    const { send, last } = proxied()
    const response = await send('/prod/x?a=1&a=2&b=%26%20%C3%A9&flag', { method: 'PUT', body: 'pets' })
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(last().url).toBe('https://back.example/base?a=1&a=2&b=%26%20%C3%A9&flag=')
    expect([last().init.method, last().body, last().init.redirect]).toEqual(['PUT', 'pets', 'manual'])
  })

  it('keeps the query of the URI, and takes mapped parameters in the place of sent ones', async () => {
    const { send, last } = proxied({
      integration: {
        uri: 'https://back.example/base?fixed=a%20b',
        requestParameters: {
          'integration.request.querystring.a': "'mapped'",
          'integration.request.querystring.stage': 'context.stage',
          'integration.request.header.x-resource': 'context.resourcePath',
        },
      },
    })
    await send('/prod/x?a=1&b=2')
    expect(last().url).toBe('https://back.example/base?fixed=a%20b&b=2&a=mapped&stage=prod')
    expect(last().headers.get('x-resource')).toBe('/{proxy+}')
  })

  it.each([
    ['/prod/a/b%20c/%E2%82%AC', 'https://back.example/base/a/b%20c/%E2%82%AC'],
    ['/prod/a%252Fb/c+d@e:f', 'https://back.example/base/a%252Fb/c+d@e:f'],
    ['/prod/a%3Fb%23c', 'https://back.example/base/a%3Fb%23c'],
    ['/prod/a/', 'https://back.example/base/a'],
  ])('has the rest of the path: %s', async (path, url) => {
    const { send, last } = proxied({ integration: PROXY_PATH })
    await send(path)
    expect(last().url).toBe(url)
  })

  it('leaves a path variable that nothing maps as it is written', async () => {
    const { send, last } = proxied({ integration: { uri: 'https://back.example/{proxy}' } })
    await send('/prod/a')
    expect(last().url).toBe('https://back.example/{proxy}'.replace(/[{}]/g, encodeURIComponent))
  })

  it('keeps a value of one segment in one segment', async () => {
    const { send, last } = proxied({
      path: '/pets/{id}',
      integration: {
        uri: 'https://back.example/pets/{id}/public?of={id}',
        requestParameters: { 'integration.request.path.id': 'method.request.path.id' },
      },
    })
    await send('/prod/pets/a%2Fb')
    expect(last().url).toBe('https://back.example/pets/a%2Fb/public?of=a%2Fb')
  })

  it.each(['/prod/..%2Fadmin', '/prod/a%2F..%2F..%2Fadmin', '/prod/x%2F.'])(
    'never climbs out of the path that its owner wrote: %s',
    async path => {
      const { send, sent } = proxied({ integration: PROXY_PATH })
      const response = await send(path)
      expect([response.status, await response.json()]).toEqual([400, { message: 'Bad Request' }])
      expect(sent).toEqual([])
    },
  )

  it('goes where stage variables say', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own placeholder
    const uri = 'https://${stageVariables.host}/${stageVariables.version}/pets'
    const variables = { host: 'canary.example:8443', version: 'v2' }
    const { send, last } = proxied({ integration: { uri }, variables })
    await send('/prod/x')
    expect(last().url).toBe('https://canary.example:8443/v2/pets')
    for (const host of ['', 'user:password@back.example', 'a b']) {
      const wrong = proxied({ integration: { uri }, variables: { host } })
      const response = await wrong.send('/prod/x')
      expect([response.status, wrong.sent.length]).toEqual([500, 0])
    }
  })

  it('has the headers of the client without those that API Gateway keeps', async () => {
    const { send, last } = proxied({
      integration: { requestParameters: { 'integration.request.header.X-Mapped': "'yes'" } },
    })
    await send('/prod/x', {
      method: 'POST',
      body: 'x',
      headers: {
        accept: 'text/plain',
        authorization: 'Bearer t',
        cookie: 'a=b',
        'content-md5': 'x',
        'content-type': 'text/plain',
        'cf-connecting-ip': '203.0.113.7',
        'max-forwards': '1',
        'proxy-authenticate': 'x',
        te: 'trailers',
        'user-agent': 'curl',
        via: '1.1 x',
        'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793',
        'x-api-key': 'k',
        'x-forwarded-for': '198.51.100.1',
        'x-http-method-override': 'PATCH',
        'x-mapped': 'no',
      },
    })
    expect(last().init.method).toBe('PATCH')
    expect(Object.fromEntries(last().headers)).toEqual({
      accept: 'text/plain',
      'accept-encoding': 'identity',
      authorization: 'Bearer t',
      cookie: 'a=b',
      'content-type': 'text/plain',
      'user-agent': 'curl',
      'x-amzn-apigateway-api-id': API_ID,
      'x-amzn-trace-id': expect.stringMatching(
        /^Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=[0-9a-f]{8}:1$/,
      ),
      'x-api-key': 'k',
      'x-forwarded-for': '198.51.100.1, 203.0.113.7',
      'x-forwarded-port': '8787',
      'x-forwarded-proto': 'http',
      'x-mapped': 'yes',
    })
  })

  it('comes from the gateway where no client says its name, and without signatures made for it', async () => {
    const { send, last } = proxied()
    await send('/prod/x', { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x' } })
    expect(last().headers.get('user-agent')).toBe(`AmazonAPIGateway_${API_ID}`)
    expect(last().headers.has('authorization')).toBe(false)
  })

  it('begins a trace where the client’s is too long to go on', async () => {
    const { send, last } = proxied()
    await send('/prod/x', {
      headers: { 'x-amzn-trace-id': `Root=1-5759e988-bd862e3fe1be46a994272793;X=${'x'.repeat(2000)}` },
    })
    expect(last().headers.get('x-amzn-trace-id')).toMatch(
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Lineage=[0-9a-f]{8}:1$/,
    )
  })

  it('is refused when a mapped value fits into no header', async () => {
    const { send, sent } = proxied({
      integration: { requestParameters: { 'integration.request.header.x-body': 'method.request.body.name' } },
    })
    const response = await send('/prod/x', { method: 'POST', body: '{"name":"a\\r\\nx-admin: yes"}' })
    expect([response.status, sent.length]).toEqual([400, 0])
  })

  it.each(['Content-Length', 'x-amzn-trace-id', 'Transfer-Encoding', 'X-Amzn-Apigateway-Api-Id'])(
    'is a mistake of the configuration where the gateway’s own header %s is mapped',
    async name => {
      const requestParameters = { [`integration.request.header.${name}`]: "'1'" }
      const { send, sent } = proxied({ integration: { requestParameters } })
      expect([(await send('/prod/x')).status, sent.length]).toEqual([500, 0])
    },
  )

  it('has no headers of a connection, though they are mapped', async () => {
    const names = ['Connection', 'Upgrade', 'Via', 'TE', 'CF-Connecting-IP']
    const { send, last } = proxied({
      integration: {
        requestParameters: Object.fromEntries(
          names.map(name => [`integration.request.header.${name}`, "'websocket'"]),
        ),
      },
    })
    await send('/prod/x')
    expect(names.filter(name => last().headers.has(name))).toEqual([])
  })

  it('carries what is compressed as API Gateway does: decompressed, and not said to be', async () => {
    const { send, last } = proxied()
    const headers = { 'content-encoding': 'gzip' }
    await send('/prod/x', { method: 'POST', body: gzipSync('pets'), headers })
    expect([last().body, last().headers.get('content-encoding')]).toEqual(['pets', null])
    const response = await send('/prod/x', { method: 'POST', body: 'no gzip', headers })
    expect(response.status).toBe(415)
  })

  it('becomes bytes or base64 where contentHandling says so', async () => {
    const toBytes = proxied({ integration: { contentHandling: 'CONVERT_TO_BINARY' } })
    await toBytes.send('/prod/x', { method: 'POST', body: 'cGV0cw==' })
    expect(toBytes.last().body).toBe('pets')
    const toText = proxied({ integration: { contentHandling: 'CONVERT_TO_TEXT' }, binaryMediaTypes: ['*/*'] })
    await toText.send('/prod/x', { method: 'POST', body: 'pets' })
    expect(toText.last().body).toBe('cGV0cw==')
  })

  it('is streamed: the back end reads its beginning before the client has written its end', async () => {
    const pipe = new TransformStream<Uint8Array, Uint8Array>()
    const writer = pipe.writable.getWriter()
    let first: string | undefined
    const fetch: Gateway['fetch'] = async (_, init) => {
      const reader = (init.body as ReadableStream<Uint8Array>).getReader()
      first = new TextDecoder().decode((await reader.read()).value)
      // Nobody reads ahead: it is written when it is asked for.
      const writing = writer.write(new TextEncoder().encode('end')).then(() => writer.close())
      const rest = new TextDecoder().decode((await reader.read()).value)
      await Promise.all([writing, reader.read()])
      return new Response(`${first} ${rest}`)
    }
    const { send } = proxied({ parts: { fetch } })
    const answering = send('/prod/x', { method: 'POST', body: pipe.readable, duplex: 'half' } as RequestInit)
    await writer.write(new TextEncoder().encode('begin'))
    expect(await (await answering).text()).toBe('begin end')
  })

  it('ends at 10 MB, however large the client says it is', async () => {
    const chunk = new Uint8Array(1024 * 1024)
    const bodyOf = (chunks: number) => {
      let sent = 0
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1
          if (sent > chunks) controller.close()
          else controller.enqueue(chunk)
        },
      })
    }
    const { send, sent } = proxied()
    const post = (chunks: number) =>
      send('/prod/x', { method: 'POST', body: bodyOf(chunks), duplex: 'half' } as RequestInit)
    expect((await post(10)).status).toBe(200)
    expect(sent[0]!.body.length).toBe(10 * 1024 * 1024)
    const response = await post(11)
    expect([response.status, await response.json()]).toEqual([413, { message: 'Request Too Long' }])
    expect(sent.length).toBe(1)
  })
})

describe('the answer that a client gets', () => {
  it("is the back end's, its headers treated as API Gateway treats them", async () => {
    const { send } = proxied({
      answer: () =>
        new Response('moved', {
          status: 302,
          headers: [
            ['location', 'https://elsewhere.example/'],
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
            ['server', 'nginx'],
            ['date', 'yesterday'],
            ['via', '1.1 x'],
            ['www-authenticate', 'Basic'],
            ['x-amzn-requestid', 'theirs'],
            ['content-type', 'text/html'],
          ],
        }),
    })
    const response = await send('/prod/x')
    expect([response.status, await response.text()]).toEqual([302, 'moved'])
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      location: 'https://elsewhere.example/',
      'content-type': 'text/html',
      'x-amzn-remapped-server': 'nginx',
      'x-amzn-remapped-date': 'yesterday',
      'x-amzn-remapped-www-authenticate': 'Basic',
      'x-amzn-remapped-x-amzn-requestid': 'theirs',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    for (const name of ['server', 'via', 'www-authenticate', 'date']) {
      expect(response.headers.has(name)).toBe(false)
    }
  })

  it('has a media type whatever the back end says', async () => {
    const { send } = proxied({ answer: () => new Response(new Uint8Array([1, 2])) })
    const response = await send('/prod/x')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([1, 2]))
  })

  it.each([204, 304])('has no body with %i', async status => {
    const { send } = proxied({ answer: () => new Response(null, { status, headers: { etag: '"x"' } }) })
    const response = await send('/prod/x')
    expect([response.status, response.body, response.headers.get('etag')]).toEqual([status, null, '"x"'])
  })

  it('is streamed: its beginning arrives before its end is made', async () => {
    const pipe = new TransformStream<Uint8Array, Uint8Array>()
    const writer = pipe.writable.getWriter()
    const { send } = proxied({ answer: () => new Response(pipe.readable) })
    const reader = (await send('/prod/x')).body!.getReader()
    const first = reader.read()
    await writer.write(new TextEncoder().encode('begin'))
    expect(new TextDecoder().decode((await first).value)).toBe('begin')
    const breaking = reader.read()
    await writer.abort(new Error('the back end went away'))
    await expect(breaking).rejects.toThrow('the back end went away')
  })

  const megabytes = (count: number, made = { chunks: 0 }) =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        if (made.chunks === count) return controller.close()
        made.chunks += 1
        controller.enqueue(new Uint8Array(1024 * 1024))
      },
    })

  it('breaks off past 10 MB, and what comes after is not fetched', async () => {
    const made = { chunks: 0 }
    const { send, last } = proxied({ answer: () => new Response(megabytes(1000, made)) })
    const response = await send('/prod/x')
    await expect(response.arrayBuffer()).rejects.toThrow('more bytes than an answer may have')
    expect(made.chunks).toBeLessThan(20)
    expect(last().init.signal!.aborted).toBe(true)
    const fits = proxied({ answer: () => new Response(megabytes(10)) })
    expect((await (await fits.send('/prod/x')).arrayBuffer()).byteLength).toBe(10 * 1024 * 1024)
  })

  it('is refused when its length says that it is too large', async () => {
    const headers = { 'content-length': String(10 * 1024 * 1024 + 1) }
    const { send } = proxied({ answer: () => new Response(megabytes(11), { headers }) })
    const response = await send('/prod/x')
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal server error' }])
  })

  it('may be larger where the integration streams its responses', async () => {
    const { send } = proxied({ integration: { streamed: true }, answer: () => new Response(megabytes(20)) })
    expect((await (await send('/prod/x')).arrayBuffer()).byteLength).toBe(20 * 1024 * 1024)
  })
})

describe('a back end that does not answer', () => {
  it('is left at the time-out, and its connection ended', async () => {
    const aborted: unknown[] = []
    const fetch: Gateway['fetch'] = (_, init) =>
      new Promise((_resolve, reject) => {
        init.signal!.addEventListener('abort', () => {
          aborted.push(init.signal!.reason)
          reject(init.signal!.reason)
        })
      })
    const { send } = proxied({ integration: { timeoutMs: 50 }, parts: { fetch } })
    const response = await send('/prod/x')
    expect([response.status, await response.json()]).toEqual([504, { message: 'Endpoint request timed out' }])
    expect(aborted.length).toBe(1)
  })

  it('is left in the middle of its answer, too, which then breaks off', async () => {
    const answer = ({ init }: Sent) =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('begin'))
            init.signal!.addEventListener('abort', () => controller.error(init.signal!.reason))
          },
        }),
      )
    const { send } = proxied({ integration: { timeoutMs: 50 }, answer })
    await expect((await send('/prod/x')).text()).rejects.toThrow('longer than its time-out')
  })

  it('is told from one that cannot be reached, which is asked once', async () => {
    let calls = 0
    const fetch: Gateway['fetch'] = async () => {
      calls += 1
      throw new TypeError('fetch failed')
    }
    const { send } = proxied({ parts: { fetch } })
    const response = await send('/prod/x')
    expect([response.status, await response.json()]).toEqual([
      504,
      { message: 'Network error communicating with endpoint' },
    ])
    expect([calls, response.headers.get('x-amzn-errortype')]).toEqual([1, 'InternalServerErrorException'])
  })
})

describe('an API in front of itself', () => {
  it('is stopped when a request has come round sixteen times', async () => {
    let calls = 0
    const api: ReturnType<typeof proxied> = proxied({
      integration: PROXY_PATH,
      parts: {
        fetch: async (_, init) => {
          calls += 1
          return api.send(`http://${HOST}/prod/x`, { headers: init.headers as Headers })
        },
      },
    })
    const response = await api.send('/prod/x')
    expect([response.status, await response.json()]).toEqual([508, { message: 'Loop detected' }])
    expect(calls).toBe(16)
  })
})

describe('a private back end', () => {
  const linked = { connectionType: 'VPC_LINK', connectionId: 'abc123' } as const

  it('is called by the binding of its VPC link', async () => {
    const bindings: string[] = []
    const link: Gateway['link'] = binding => {
      bindings.push(binding)
      return async url => new Response(url)
    }
    const setting = { links: { abc123: 'WEIR_LINK_ORDERS' }, parts: { link } }
    const { send, sent } = proxied({ integration: { ...linked, uri: 'http://10.0.0.7/x' }, ...setting })
    expect(await (await send('/prod/x')).text()).toBe('http://10.0.0.7/x')
    const byVariable = proxied({
      // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own placeholder
      integration: { ...linked, connectionId: '${stageVariables.link}' },
      variables: { link: 'abc123' },
      ...setting,
    })
    expect((await byVariable.send('/prod/x')).status).toBe(200)
    expect([bindings, sent]).toEqual([['WEIR_LINK_ORDERS', 'WEIR_LINK_ORDERS'], []])
  })

  it('is out of reach without a link or without its binding', async () => {
    for (const links of [undefined, {}, { abc123: 'WEIR_LINK_GONE' }] as StagePointer['links'][]) {
      const { send, sent } = proxied({ integration: linked, links })
      const response = await send('/prod/x')
      expect([response.status, sent.length]).toEqual([500, 0])
    }
  })
})
