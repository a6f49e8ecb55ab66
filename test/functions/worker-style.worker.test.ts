import { describe, expect, test } from 'vitest'
import { deploy, type Isolate, isolateOf, lambdaHarness } from './function-host.ts'
import type { Files } from './runtime/load-function.ts'

const ECHO = `
  let born = Math.random()
  export default {
    async fetch(request, env, ctx) {
      const url = new URL(request.url)
      if (url.pathname === '/slow') await new Promise(resolve => setTimeout(resolve, 200))
      if (url.pathname === '/throw') throw new TypeError('thrown')
      if (url.pathname === '/binary') return new Response(new Uint8Array([0, 255, 254]), { headers: { 'content-type': 'image/png' } })
      if (url.pathname === '/later') ctx.waitUntil(Promise.resolve())
      console.log('at', url.pathname)
      const response = Response.json({
        method: request.method, path: url.pathname, query: url.search, host: url.host, born,
        header: request.headers.get('x-given'), cookie: request.headers.get('cookie'),
        greeting: env.GREETING, body: await request.text(),
      }, { status: 201 })
      response.headers.append('set-cookie', 'a=1')
      response.headers.append('set-cookie', 'b=2; HttpOnly')
      return response
    },
  }`

const files = (source: string): Files => ({ 'index.mjs': source })

/** The result with its body parsed. */
async function call(isolate: Isolate, name: string, event: unknown) {
  const { body, ...rest } = await isolate.valueOf<{ body: string; statusCode: number; headers?: object }>(
    name,
    event,
  )
  return { ...rest, body: JSON.parse(body) }
}

const url = (path: string, more: object = {}) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { host: 'x.lambda-url.localhost' },
  requestContext: { http: { method: 'GET', path }, domainName: 'x.lambda-url.localhost' },
  isBase64Encoded: false,
  ...more,
})

describe('a module written for Workers', () => {
  test('gets the requests of function URLs, and answers in their form', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'url', files(ECHO), { Environment: { Variables: { GREETING: 'hello' } } })
    const answer = await call(isolateOf(weir), 'url', {
      ...url('/a%20b/c'),
      rawQueryString: 'x=1&x=2',
      cookies: ['s=1', 't=2'],
      headers: { host: 'x.lambda-url.localhost', 'x-given': 'yes' },
      requestContext: { http: { method: 'PUT' } },
      body: btoa('posted'),
      isBase64Encoded: true,
    })
    expect(answer).toMatchObject({
      statusCode: 201,
      cookies: ['a=1', 'b=2; HttpOnly'],
      isBase64Encoded: false,
      headers: { 'content-type': 'application/json' },
      body: {
        method: 'PUT',
        path: '/a%20b/c',
        query: '?x=1&x=2',
        host: 'x.lambda-url.localhost',
        header: 'yes',
        cookie: 's=1; t=2',
        greeting: 'hello',
        body: 'posted',
      },
    })
    expect(answer.headers).not.toHaveProperty('set-cookie')
  })

  test('gets the requests of REST APIs, and answers in their form', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'rest', files(ECHO))
    const answer = await call(isolateOf(weir), 'rest', {
      httpMethod: 'POST',
      path: '/pets',
      headers: { Host: 'api.example.com', 'X-Given': 'last' },
      multiValueHeaders: { Host: ['api.example.com'], 'X-Given': ['first', 'last'] },
      multiValueQueryStringParameters: { q: ['a b', 'c'] },
      requestContext: { domainName: 'api.example.com' },
      body: 'text',
      isBase64Encoded: false,
    })
    expect(answer).toMatchObject({
      statusCode: 201,
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2; HttpOnly'], 'content-type': ['application/json'] },
      body: { path: '/pets', query: '?q=a+b&q=c', header: 'first, last', body: 'text' },
    })
  })

  test('gets any other event as a POST of its JSON', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'event', files(ECHO))
    const answer = await call(isolateOf(weir), 'event', { a: [1] })
    expect(answer.body).toMatchObject({ method: 'POST', path: '/', host: 'event', body: '{"a":[1]}' })
  })

  test('answers bytes as base64', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'bytes', files(ECHO))
    expect(await isolateOf(weir).valueOf('bytes', url('/binary'))).toMatchObject({
      body: btoa('\0\xff\xfe'),
      isBase64Encoded: true,
    })
  })

  test('has overlapping events in one isolate, each with a log of its own', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'overlap', files(ECHO))
    const isolate = isolateOf(weir)
    const { born } = (await call(isolate, 'overlap', url('/first'))).body
    const [slow, fast] = await Promise.all([
      isolate.invoke('overlap', url('/slow'), { requestId: 'slow-one' }),
      isolate.invoke('overlap', url('/fast'), { requestId: 'fast-one' }),
    ])
    for (const [result, id, path] of [
      [slow, 'slow-one', '/slow'],
      [fast, 'fast-one', '/fast'],
    ] as const) {
      if (result.kind !== 'answered') throw new Error('not answered')
      expect(JSON.parse(JSON.parse(result.payload).body)).toMatchObject({ born, path })
      expect(result.logs.match(/INFO\tat .*/g)).toEqual([`INFO\tat ${path}`])
      expect(result.logs).toContain(`\t${id}\tINFO`)
    }
  })

  test('that throws fails as a function does', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'thrower', files(ECHO))
    const isolate = isolateOf(weir)
    const result = await isolate.invoke('thrower', url('/throw'))
    expect(result).toMatchObject({ kind: 'answered', functionError: 'Unhandled' })
    if (result.kind !== 'answered') return
    expect(JSON.parse(result.payload)).toMatchObject({ errorType: 'TypeError', errorMessage: 'thrown' })
    expect((await call(isolate, 'thrower', url('/well'))).statusCode).toBe(201)
  })

  test('is heard as it answers', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'heard',
      files(`
        export default {
          fetch: () => new Response(new ReadableStream({
            async start(controller) {
              for (const piece of ['a', 'b', 'c']) {
                controller.enqueue(new TextEncoder().encode(piece))
                await new Promise(resolve => setTimeout(resolve, 5))
              }
              controller.close()
            },
          }), { status: 202, headers: { 'content-type': 'text/plain' } }),
        }`),
    )
    const result = await isolateOf(weir).stream('heard', url('/'))
    if (result.kind === 'refused') throw new Error(result.message)
    expect(result.contentType).toBe('application/vnd.awslambda.http-integration-response')
    const text = await new Response(result.body).text()
    const [prelude, body] = text.split('\0'.repeat(8))
    expect(JSON.parse(prelude!)).toEqual({ statusCode: 202, headers: { 'content-type': 'text/plain' } })
    expect(body).toBe('abc')
  })

  test('may be named by its handler, and a handler of Lambda’s comes first', async () => {
    const weir = await lambdaHarness()
    for (const handler of ['index.default', 'index.fetch', 'index.whatever']) {
      const name = handler.replace('.', '-')
      await deploy(weir, name, files(ECHO), { Handler: handler })
      expect((await call(isolateOf(weir), name, url('/x'))).statusCode, handler).toBe(201)
    }
    await deploy(weir, 'both', files(`${ECHO}\nexport const handler = async () => 'lambda'`))
    expect(await isolateOf(weir).valueOf('both', {})).toBe('lambda')
  })
})

describe('a function that its owner lets events overlap in', () => {
  const SHARED = `
    const born = Math.random()
    let calls = 0
    exports.handler = async event => {
      const at = ++calls
      console.log('begins', event.n)
      await new Promise(resolve => setTimeout(resolve, event.ms ?? 100))
      console.log('ends', event.n)
      return { born, at, pid: process.pid }
    }`

  test('has one isolate for them, and logs that are told apart', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'shared', SHARED, { Tags: { 'weir:shared-isolates': 'true' } })
    const isolate = isolateOf(weir)
    const results = await Promise.all([1, 2, 3].map(n => isolate.invoke('shared', { n, ms: 50 * n })))
    const values = results.map(result => {
      if (result.kind !== 'answered') throw new Error('not answered')
      return { logs: result.logs.match(/(begins|ends) \d/g), ...JSON.parse(result.payload) }
    })
    expect(new Set(values.map(({ born }) => born)).size).toBe(1)
    expect(values.map(({ logs }) => logs)).toEqual([1, 2, 3].map(n => [`begins ${n}`, `ends ${n}`]))
  })

  test('stops at the time-out of one call without harm to the others', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'shared-late', SHARED, { Tags: { 'weir:shared-isolates': 'true' }, Timeout: 1 })
    const isolate = isolateOf(weir)
    const first = await isolate.valueOf<{ born: number }>('shared-late', { ms: 1 })
    const [late, other] = await Promise.all([
      isolate.invoke('shared-late', { ms: 60_000 }),
      isolate.valueOf<{ born: number }>('shared-late', { ms: 600 }),
    ])
    expect(late).toMatchObject({ functionError: 'Unhandled' })
    expect(other.born).toBe(first.born)
    expect((await isolate.valueOf<{ born: number }>('shared-late', { ms: 1 })).born).toBe(first.born)
  })

  test('is a matter of its tag: without it each event has an isolate of its own', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'tagged', SHARED)
    const births = async () => {
      const isolate = isolateOf(weir)
      const both = await Promise.all([1, 2].map(n => isolate.valueOf<{ born: number }>('tagged', { n })))
      return new Set(both.map(({ born }) => born)).size
    }
    expect(await births()).toBe(2)
    await weir.client.tagResource({ Resource: weir.arn('tagged'), Tags: { 'weir:shared-isolates': 'true' } })
    expect(await births()).toBe(1)
    await weir.client.untagResource({ Resource: weir.arn('tagged'), TagKeys: ['weir:shared-isolates'] })
    expect(await births()).toBe(2)
  })
})
