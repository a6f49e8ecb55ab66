import { Lambda } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { frontDoor } from '../src/front-door.ts'
import { requestHandlerTo } from './sdk-request-handler.ts'
import { clientOptions, env, send } from './whole-weir.ts'

describe('the front door', () => {
  test('leaves every path of an API’s host to the API', async () => {
    for (const path of ['/_weir/health', '/_weir/code/x', '/_aws/lambda-url/x/', '/2015-03-31/functions']) {
      const response = await send(`http://api0000001.execute-api.localhost:8787${path}`)
      expect([path, response.status, await response.json()]).toEqual([path, 403, { message: 'Forbidden' }])
    }
    const reset = await send('http://api0000001.execute-api.localhost:8787/_weir/reset', { method: 'POST' })
    expect(await reset.json()).toEqual({ message: 'Forbidden' })
  })

  test.each([
    ['an API’s host', 'http://api0000001.execute-api.localhost:8787/_weir/health'],
    ['an API’s path', 'http://localhost:8787/_aws/execute-api/api0000001/prod/_weir/health'],
    ['a function URL’s path', `http://localhost:8787/_aws/lambda-url/${'a'.repeat(32)}/_weir/health`],
    ['a function URL’s host', `http://${'a'.repeat(32)}.lambda-url.us-east-1.localhost:8787/`],
  ])('leaves every method on %s to it', async (_, url) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PROPFIND']) {
      const response = await send(url, { method })
      expect([method, response.status, response.headers.has('x-amzn-requestid')]).toEqual([method, 403, true])
      const text = await response.text()
      expect([method, text]).toEqual([method, method === 'HEAD' ? '' : expect.stringContaining('"')])
    }
  })

  test('says that it is there', async () => {
    expect((await send('http://localhost:8787/_weir/health')).status).toBe(200)
    const head = await send('http://localhost:8787/_weir/health', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  test('finds where a request goes by one expression for all routes', async () => {
    await send('http://localhost:8787/_weir/health')
    expect(frontDoor.router.name).toBe('SmartRouter + RegExpRouter')
  })
})

describe('a page in the developer’s browser', () => {
  const LOCAL = 'http://localhost:8787'
  const REBOUND = 'http://rebound.example.com:8787'

  /** As anybody can sign it: the keys of development are known. */
  async function callOf(from: string, headers: Record<string, string>, method = 'POST'): Promise<string> {
    const lambda = new Lambda({
      region: 'us-east-1',
      endpoint: from,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: requestHandlerTo(from, async request => {
        const signed = new Headers(request.headers)
        for (const [name, value] of Object.entries(headers)) signed.set(name, value)
        return send(new Request(request, { headers: signed }))
      }),
    })
    const called = method === 'GET' ? lambda.listFunctions() : lambda.invoke({ FunctionName: 'absent' })
    return called.then(
      () => 'answered',
      error => error.message,
    )
  }

  test.each([
    ['of another origin', LOCAL, { origin: 'https://example.com' }],
    ['of no origin', LOCAL, { origin: 'null' }],
    ['of a name that leads here', REBOUND, { origin: REBOUND }],
    // So a browser reads from the page's own name.
    ['of a name that leads here, and says nothing', REBOUND, {}],
    ['of another port, by a link', LOCAL, { 'sec-fetch-site': 'same-site' }],
    ['of another origin, by an image', LOCAL, { 'sec-fetch-site': 'cross-site' }],
  ])('calls no operation if it is %s', async (_, from, headers) => {
    expect(await callOf(from, headers)).toBe('A page of another origin cannot call this Weir')
    expect(await callOf(from, headers, 'GET')).toBe('A page of another origin cannot call this Weir')
  })

  test('reads no messages by a name that leads here', async () => {
    expect((await send(`${REBOUND}/_weir/outbox`)).status).toBe(403)
    for (const name of ['localhost', '127.0.0.1', 'weir', 'weir.test', 'host.docker.internal']) {
      expect([name, (await send(`http://${name}:8787/_weir/outbox`)).status]).toEqual([name, 200])
    }
  })

  test.each([[{}], [{ origin: LOCAL, 'sec-fetch-site': 'same-origin' }], [{ 'sec-fetch-site': 'none' }]])(
    'is none, or of this Weir, where it sends %j',
    async headers => {
      expect(await callOf(LOCAL, headers, 'GET')).toBe('answered')
      expect(await callOf(LOCAL, headers)).toContain('Function not found')
    },
  )
})

describe('operations that nobody signs', () => {
  const PAGE = 'https://app.example.com'
  const TARGET = 'AWSCognitoIdentityProviderService.InitiateAuth'

  const initiateAuth = (headers: Record<string, string> = {}, path = '/', bindings = env) =>
    send(
      `http://localhost:8787${path}`,
      {
        method: 'POST',
        headers: {
          origin: PAGE,
          'sec-fetch-site': 'cross-site',
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': TARGET,
          ...headers,
        },
        body: JSON.stringify({ AuthFlow: 'USER_SRP_AUTH', ClientId: 'absent', AuthParameters: {} }),
      },
      bindings,
    )

  test.each([
    ['in development', env],
    ['deployed', { ...env, WEIR_LOCAL: undefined }],
  ])('are for pages of every origin, %s', async (_, bindings) => {
    const preflight = await send(
      'http://localhost:8787/',
      {
        method: 'OPTIONS',
        headers: {
          origin: PAGE,
          'sec-fetch-site': 'cross-site',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'cache-control,content-type,x-amz-target,x-amz-user-agent',
        },
      },
      bindings,
    )
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-headers')).toBe('*')
    const response = await initiateAuth({}, '/', bindings)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-expose-headers')).toContain('x-amzn-errortype')
    expect(await response.json()).toMatchObject({ __type: 'ResourceNotFoundException' })
  })

  test.each([
    ['is signed, which may lead to another service', { authorization: 'AWS4-HMAC-SHA256 Credential=x' }, '/'],
    ['is signed in its query', {}, '/?X-Amz-Algorithm=AWS4-HMAC-SHA256'],
    [
      'is for one that has to be signed',
      { 'x-amz-target': TARGET.replace('Initiate', 'AdminInitiate') },
      '/',
    ],
    ['is for another service', { 'x-amz-target': 'TrentService.CreateKey' }, '/'],
  ])('are no way in for a page’s request that %s', async (_, headers, path) => {
    const response = await initiateAuth(headers, path)
    expect([response.status, await response.json()]).toEqual([
      403,
      { message: 'A page of another origin cannot call this Weir' },
    ])
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('a reset', () => {
  const reset = (url: string, headers: Record<string, string> = {}, bindings = env) =>
    send(`${url}/_weir/reset`, { method: 'POST', headers }, bindings).then(response => response.status)

  test('is for clients of this machine and pages of this Weir', async () => {
    const local = 'http://localhost:8787'
    expect(await reset(local)).toBe(200)
    expect(await reset(local, { origin: local })).toBe(200)
    expect(await reset(local, { origin: 'https://example.com' })).toBe(403)
    expect(await reset(local, { origin: 'null' })).toBe(403)
    // A name of somebody else's that leads to this machine.
    expect(
      await reset('http://rebound.example.com:8787', { origin: 'http://rebound.example.com:8787' }),
    ).toBe(403)
    expect(await reset(local, {}, { ...env, WEIR_LOCAL: undefined })).toBe(403)
  })

  test('forgets functions at once, and what is created after it is served', async () => {
    const lambda = new Lambda(clientOptions())
    const { zipOf } = await import('./functions/runtime/load-function.ts')
    const FunctionName = 'again'
    const create = (answer: string) =>
      lambda.createFunction({
        FunctionName,
        Runtime: 'nodejs22.x',
        Role: 'arn:aws:iam::000000000000:role/service',
        Handler: 'index.handler',
        Code: { ZipFile: zipOf({ 'index.js': `exports.handler = async () => '${answer}'` }) },
      })
    const invoke = async () => new TextDecoder().decode((await lambda.invoke({ FunctionName })).Payload)
    await expect(invoke()).rejects.toThrow('Function not found')
    await create('first')
    // Although this isolate was just told that there is no such function.
    expect(await invoke()).toBe('"first"')
    for (let change = 0; change < 3; change++)
      await lambda.updateFunctionConfiguration({ FunctionName, Timeout: 10 + change })
    expect(await reset('http://localhost:8787')).toBe(200)
    await expect(invoke()).rejects.toThrow('Function not found')
    await create('second')
    expect(await invoke()).toBe('"second"')
  })
})
