import { describe, expect, it } from 'vitest'
import type { Gateway } from '../../src/gateway/gateway.ts'
import type { SnapshotIntegration, SnapshotIntegrationResponse } from '../../src/gateway/snapshot.ts'
import { API_ID, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

interface Sent {
  readonly url: string
  readonly init: RequestInit
  readonly headers: Headers
  readonly body: string
}

interface Setting {
  readonly integration?: Partial<SnapshotIntegration>
  readonly responses?: SnapshotIntegrationResponse[]
  readonly binaryMediaTypes?: string[]
  readonly answer?: (sent: Sent) => Response | Promise<Response>
}

/** An API that maps what it sends to a back end, which records it, and what that answers. */
function mapped({ integration, responses, binaryMediaTypes = [], answer }: Setting = {}) {
  const sent: Sent[] = []
  const fetch: Gateway['fetch'] = async (url, init) => {
    const body = init.body ? await new Response(init.body).text() : ''
    sent.push({ url, init, headers: new Headers(init.headers), body })
    return answer ? answer(sent.at(-1)!) : Response.json({ ok: true })
  }
  const http: SnapshotIntegration = {
    type: 'HTTP',
    httpMethod: 'POST',
    uri: 'https://back.example/pets',
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutMs: 29_000,
    responses: responses ?? [{ statusCode: '200' }],
    ...integration,
  }
  const methods = { ANY: method({ integration: http }) }
  const api = fakeApi({
    snapshot: snapshot([resource('/pets/{id}', methods)], { binaryMediaTypes }),
    parts: { fetch },
  })
  return { ...api, sent, last: () => sent.at(-1)! }
}

const json = (value: unknown) => ({
  method: 'POST',
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
})

describe('the request', () => {
  it('is made of what is mapped, and nothing else of the client', async () => {
    const { send, last } = mapped({
      integration: {
        uri: 'https://back.example/pets/{pet}?v=1',
        requestParameters: {
          'integration.request.path.pet': 'method.request.path.id',
          'integration.request.querystring.lang': 'method.request.header.accept-language',
          'integration.request.header.x-stage': 'context.stage',
        },
        requestTemplates: { 'application/json': '{"name": $input.json(\'$.pet.name\')}' },
      },
    })
    await send('/prod/pets/7?secret=1', {
      method: 'PUT',
      body: '{"pet":{"name":"Rex"}}',
      headers: {
        'content-type': 'application/json',
        'accept-language': 'de',
        authorization: 'Bearer t',
        cookie: 'a=b',
      },
    })
    expect(last().url).toBe('https://back.example/pets/7?v=1&lang=de')
    expect([last().init.method, last().body]).toEqual(['POST', '{"name": "Rex"}'])
    expect(Object.fromEntries(last().headers)).toEqual({
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': `AmazonAPIGateway_${API_ID}`,
      'x-amzn-apigateway-api-id': API_ID,
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-.*;Lineage=/),
      'x-stage': 'prod',
    })
  })

  it('is what templates override', async () => {
    const template = `#set($context.requestOverride.header.x-made = "by template")
      #set($context.requestOverride.querystring.q = "a&b")
      #set($context.requestOverride.path.pet = "cat")body`
    const { send, last } = mapped({
      integration: { uri: 'https://back.example/{pet}', requestTemplates: { 'application/json': template } },
    })
    await send('/prod/pets/7', json({}))
    expect(last().url).toBe('https://back.example/cat?q=a%26b')
    expect([last().headers.get('x-made'), last().body.trim()]).toEqual(['by template', 'body'])
  })

  it('has the method of the client behind ANY, and no body with GET', async () => {
    const { send, last } = mapped({ integration: { httpMethod: 'ANY' } })
    await send('/prod/pets/7', { method: 'DELETE' })
    expect(last().init.method).toBe('DELETE')
    const get = mapped({ integration: { httpMethod: 'GET' } })
    await get.send('/prod/pets/7', json({ a: 1 }))
    expect([get.last().init.method, get.last().init.body]).toEqual(['GET', null])
  })

  it('is not made for a media type without a template', async () => {
    const { send, sent } = mapped({
      integration: { passthroughBehavior: 'NEVER', requestTemplates: { 'text/xml': 'x' } },
    })
    expect([(await send('/prod/pets/7', json({}))).status, sent.length]).toEqual([415, 0])
  })

  it('carries bytes of binary media types as they are', async () => {
    const bytes = new Uint8Array([0, 255, 128, 10])
    const received: Uint8Array[] = []
    const { send } = mapped({
      binaryMediaTypes: ['image/png'],
      answer: async ({ init }) => {
        received.push(new Uint8Array(await new Response(init.body).arrayBuffer()))
        return new Response(bytes, { headers: { 'content-type': 'image/png' } })
      },
    })
    const headers = { 'content-type': 'image/png', accept: 'image/png' }
    const response = await send('/prod/pets/7', { method: 'POST', body: bytes, headers })
    expect(received).toEqual([bytes])
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
  })
})

describe('the answer', () => {
  const responses: SnapshotIntegrationResponse[] = [
    {
      statusCode: '200',
      parameters: {
        'method.response.header.X-Location': 'integration.response.header.location',
        'method.response.header.X-Name': 'integration.response.body.pet.name',
        'method.response.header.Set-Cookie': 'integration.response.multivalueheader.Set-Cookie',
      },
      templates: { 'application/json': '{"pet": $input.json(\'$.pet\')}' },
    },
    { statusCode: '404', selectionPattern: '4\\d{2}', templates: { 'application/json': '{"gone": true}' } },
    { statusCode: '302', selectionPattern: '30[12]' },
  ]

  it('is the integration response that the status selects', async () => {
    let status = 201
    const { send } = mapped({
      responses,
      answer: () =>
        new Response('{"pet": {"name": "Rex"}}', {
          status,
          headers: { location: '/pets/7', 'x-internal': 'secret', 'content-type': 'application/json' },
        }),
    })
    const made = await send('/prod/pets/7', json({}))
    expect([made.status, await made.json()]).toEqual([200, { pet: { name: 'Rex' } }])
    expect([made.headers.get('x-location'), made.headers.get('x-name')]).toEqual(['/pets/7', 'Rex'])
    expect(made.headers.has('x-internal')).toBe(false)
    status = 410
    const gone = await send('/prod/pets/7', json({}))
    expect([gone.status, await gone.json()]).toEqual([404, { gone: true }])
    status = 301
    const moved = await send('/prod/pets/7', json({}))
    expect([moved.status, await moved.json()]).toEqual([302, { pet: { name: 'Rex' } }])
  })

  it('is an error of the configuration when no response fits', async () => {
    const { send } = mapped({
      responses: [{ statusCode: '200', selectionPattern: '2..' }],
      answer: () => new Response('', { status: 500 }),
    })
    expect((await send('/prod/pets/7', json({}))).status).toBe(500)
  })

  it('is refused when it is too large, late, or breaks off', async () => {
    const endless = new ReadableStream({
      pull: controller => controller.enqueue(new Uint8Array(1024 * 1024)),
    })
    const large = mapped({ answer: () => new Response(endless) })
    expect((await large.send('/prod/pets/7', json({}))).status).toBe(500)
    const late = mapped({
      integration: { timeoutMs: 50 },
      answer: ({ init }) =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new Uint8Array(1))
              init.signal!.addEventListener('abort', () => controller.error(init.signal!.reason))
            },
          }),
        ),
    })
    const response = await late.send('/prod/pets/7', json({}))
    expect([response.status, await response.json()]).toEqual([504, { message: 'Endpoint request timed out' }])
    const broken = mapped({
      answer: () =>
        new Response(new ReadableStream({ start: controller => controller.error(new Error('cut')) })),
    })
    const cut = await broken.send('/prod/pets/7', json({}))
    expect([cut.status, await cut.json()]).toEqual([
      504,
      { message: 'Network error communicating with endpoint' },
    ])
  })
})
