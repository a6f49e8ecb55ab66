import { expect, test } from 'vitest'
import type { Answered } from '../../src/functions/invocation.ts'
import { deploy, isolateOf, lambdaHarness } from './function-host.ts'

/** Answers as the path says. */
const ANSWERS = `
  let mutated
  const answers = {
    '/none': () => undefined,
    '/text': () => 'hello',
    '/list': () => [1],
    '/error': () => Response.error(),
    '/socket': () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }),
    '/thrown': () => { throw new Response('no', { status: 401 }) },
    '/large': () => new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1024 * 1024)) } })),
    '/broken': () => new Response(new ReadableStream({ pull(c) { c.error(new RangeError('torn')) } })),
    '/head': () => new Response('body'),
    '/empty': () => new Response(null, { status: 204, headers: { 'x-a': 'b' } }),
    '/unchanged': () => new Response(null, { status: 304, headers: { etag: '"1"' } }),
    '/moved': () => Response.redirect('https://example.com/there', 307),
    '/env': (request, env) => { const before = env.ADDED; env.ADDED = 'yes'; return new Response(String(before)) },
    '/latin': request => Response.json([...request.headers].filter(([name]) => name.startsWith('x-'))),
    '/own': () => ({ status: 203, headers: new Headers({ 'x-own': '1' }), body: null, arrayBuffer: async () => new TextEncoder().encode('own').buffer }),
    '/cf': (request, env, ctx) => Response.json({ cf: typeof request.cf, props: ctx.props }),
  }
  export default {
    async fetch(request, env, ctx) {
      const url = new URL(request.url)
      const answer = answers[url.pathname]
      return answer ? answer(request, env, ctx) : Response.json({ url: request.url, method: request.method, body: await request.text() })
    },
  }`

const event = (path: string, more: object = {}) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { host: 'x.localhost' },
  requestContext: { http: { method: 'GET', path } },
  ...more,
})

test('what is no answer for a caller is an error that names it', async () => {
  const weir = await lambdaHarness()
  await deploy(weir, 'wrong', { 'index.mjs': ANSWERS })
  const isolate = isolateOf(weir)
  for (const [path, message] of [
    ['/none', 'fetch has to return a Response, and it returned undefined'],
    ['/text', 'fetch has to return a Response, and it returned a string'],
    ['/list', 'fetch has to return a Response, and it returned an object (Array)'],
    ['/error', 'Response.error()'],
    ['/socket', 'fetch returned a WebSocket'],
    ['/thrown', '[object Response]'],
    ['/large', 'Response payload size exceeded'],
    ['/broken', 'torn'],
  ]) {
    const result = (await isolate.invoke('wrong', event(path!))) as Answered
    expect(result.functionError, path).toBe('Unhandled')
    expect(JSON.parse(result.payload).errorMessage, path).toContain(message)
    if (path === '/large') continue
    const stream = await isolate.stream('wrong', event(path!))
    if (stream.kind === 'refused') throw new Error(stream.message)
    await new Response(stream.body).text()
    expect((await stream.ending).errorDocument, path).toContain(message)
  }
})

test('answers without bodies, redirects and other libraries’ responses are handed on', async () => {
  const weir = await lambdaHarness()
  await deploy(weir, 'bare', { 'index.mjs': ANSWERS })
  const isolate = isolateOf(weir)
  const of = (path: string, more?: object) => isolate.valueOf('bare', event(path, more))
  expect(await of('/empty')).toMatchObject({ statusCode: 204, headers: { 'x-a': 'b' }, body: '' })
  expect(await of('/unchanged')).toMatchObject({ statusCode: 304, headers: { etag: '"1"' }, body: '' })
  expect(await of('/moved')).toMatchObject({
    statusCode: 307,
    headers: { location: 'https://example.com/there' },
  })
  expect(await of('/head', { requestContext: { http: { method: 'HEAD' } } })).toMatchObject({
    statusCode: 200,
  })
  expect(await of('/own')).toMatchObject({ statusCode: 203, headers: { 'x-own': '1' } })
  expect(await of('/env')).toMatchObject({ body: 'undefined' })
  expect(await of('/env')).toMatchObject({ body: 'undefined' })
  expect(await of('/cf')).toMatchObject({ body: '{"cf":"undefined","props":{}}' })
})

test('requests have the path of their event, whatever is in it', async () => {
  const weir = await lambdaHarness()
  await deploy(weir, 'paths', { 'index.mjs': ANSWERS })
  const isolate = isolateOf(weir)
  const of = async (path: string, more: object = {}) => {
    const { body } = await isolate.valueOf<{ body: string }>('paths', event(path, more))
    return JSON.parse(body).url
  }
  expect(await of('//a')).toBe('https://x.localhost//a')
  expect(await of('/a%2Fb%20c')).toBe('https://x.localhost/a%2Fb%20c')
  expect(await of('/ü ä')).toBe('https://x.localhost/%C3%BC%20%C3%A4')
  expect(await of('/a?b#c', { rawQueryString: 'd=1' })).toBe('https://x.localhost/a%3Fb%23c?d=1')
  expect(await of('a.example')).toBe('https://x.localhost/a.example')
  expect(await of('@evil.example/')).toBe('https://x.localhost/@evil.example/')
  expect(await of('/x', { headers: { host: 'y', 'x-forwarded-proto': 'http' } })).toBe('http://y/x')
  expect(await of('/x', { headers: { host: 'y', 'x-forwarded-proto': 'ftp' } })).toBe('https://y/x')
  const get = await isolate.valueOf<{ body: string }>(
    'paths',
    event('/x', { body: 'YQ==', isBase64Encoded: true }),
  )
  expect(JSON.parse(get.body)).toMatchObject({ method: 'GET', body: '' })
})

test('an event whose headers are none is an error of the function, and harms no other', async () => {
  const weir = await lambdaHarness()
  await deploy(weir, 'headers', { 'index.mjs': ANSWERS })
  const isolate = isolateOf(weir)
  for (const headers of [{ 'x-a': 'a\nb' }, { 'x b': '1' }]) {
    const result = (await isolate.invoke('headers', event('/latin', { headers }))) as Answered
    expect(JSON.parse(result.payload).errorMessage).toMatch(/^Invalid header/)
  }
  const legal = event('/latin', { headers: { 'x-a': 'ü', 'x-b': null } })
  expect(await isolate.valueOf('headers', legal)).toMatchObject({ body: '[["x-a","ü"],["x-b","null"]]' })
})
