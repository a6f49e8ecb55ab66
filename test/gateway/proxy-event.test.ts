import { describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  API_ID,
  fakeApi,
  functionProxy,
  functionUri,
  HOST,
  method,
  resource,
  snapshot,
} from './fake-gateway.ts'

const everything = snapshot([resource('/'), resource('/{proxy+}'), resource('/pets/{id}')])
const eventOf = async (target: string, init: RequestInit = {}, options = { snapshot: everything }) => {
  const api = fakeApi(options)
  const response = await api.send(target, init)
  expect(response.status).toBe(200)
  return api.event()
}

test('has every member of payload format 1.0, with nulls where API Gateway has nulls', async () => {
  const event = await eventOf('/prod/pets/4?a=1&a=2', {
    headers: { host: HOST, 'user-agent': 'tester/1', accept: '*/*', 'X-Custom': 'yes' },
  })
  expect(event).toEqual({
    resource: '/pets/{id}',
    path: '/pets/4',
    httpMethod: 'GET',
    headers: {
      accept: '*/*',
      Host: HOST,
      'User-Agent': 'tester/1',
      'x-custom': 'yes',
      'X-Amzn-Trace-Id': 'Root=1-69a7bdbf-010101010101010101010101',
      'X-Forwarded-For': '127.0.0.1',
      'X-Forwarded-Port': '8787',
      'X-Forwarded-Proto': 'http',
    },
    multiValueHeaders: {
      accept: ['*/*'],
      Host: [HOST],
      'User-Agent': ['tester/1'],
      'x-custom': ['yes'],
      'X-Amzn-Trace-Id': ['Root=1-69a7bdbf-010101010101010101010101'],
      'X-Forwarded-For': ['127.0.0.1'],
      'X-Forwarded-Port': ['8787'],
      'X-Forwarded-Proto': ['http'],
    },
    queryStringParameters: { a: '2' },
    multiValueQueryStringParameters: { a: ['1', '2'] },
    pathParameters: { id: '4' },
    stageVariables: null,
    requestContext: {
      resourceId: 'r10',
      resourcePath: '/pets/{id}',
      httpMethod: 'GET',
      extendedRequestId: 'AQEBAQEBAQEBAQE=',
      requestTime: '04/Mar/2026:05:06:07 +0000',
      path: '/prod/pets/4',
      accountId: ACCOUNT.id,
      protocol: 'HTTP/1.1',
      stage: 'prod',
      domainPrefix: API_ID,
      requestTimeEpoch: Date.UTC(2026, 2, 4, 5, 6, 7, 89),
      requestId: '01010101-0101-4101-8101-010101010101',
      identity: {
        cognitoIdentityPoolId: null,
        cognitoIdentityId: null,
        principalOrgId: null,
        cognitoAuthenticationType: null,
        userArn: null,
        userAgent: 'tester/1',
        accountId: null,
        caller: null,
        sourceIp: '127.0.0.1',
        accessKey: null,
        cognitoAuthenticationProvider: null,
        user: null,
      },
      domainName: HOST,
      deploymentId: 'dep123',
      apiId: API_ID,
    },
    body: null,
    isBase64Encoded: false,
  })
})

describe('paths and path parameters stay as they were sent', () => {
  test.each([
    // request path, event.path, pathParameters, requestContext.path; those of the first group are recorded from AWS.
    ['/prod/proxy-value', '/proxy-value', 'proxy-value', '/prod/proxy-value'],
    ['/prod/proxy-value/', '/proxy-value/', 'proxy-value', '/prod/proxy-value/'],
    ['/prod/proxy-value//double', '/proxy-value//double', 'proxy-value//double', '/prod/proxy-value//double'],
    ['//prod/proxy-value', '/proxy-value', 'proxy-value', '/prod/proxy-value'],
    ['/prod//proxy-value', '/proxy-value', 'proxy-value', '/prod//proxy-value'],
    ['/prod/u/a%2Bb@c.d/e+f', '/u/a%2Bb@c.d/e+f', 'u/a%2Bb@c.d/e+f', '/prod/u/a%2Bb@c.d/e+f'],

    ['/prod/a%2Fb', '/a%2Fb', 'a%2Fb', '/prod/a%2Fb'],
    ['/prod/a%20b', '/a%20b', 'a%20b', '/prod/a%20b'],
    ['/prod/caf%C3%A9', '/caf%C3%A9', 'caf%C3%A9', '/prod/caf%C3%A9'],
    ['/prod/%40', '/%40', '%40', '/prod/%40'],
    ['/prod/100%25', '/100%25', '100%25', '/prod/100%25'],
    ['/prod/a:b,c;d=e', '/a:b,c;d=e', 'a:b,c;d=e', '/prod/a:b,c;d=e'],
  ])('%s', async (target, path, proxy, full) => {
    const event = await eventOf(target)
    expect([event.path, event.pathParameters, event.requestContext.path]).toEqual([path, { proxy }, full])
    expect(event.resource).toBe('/{proxy+}')
  })

  test.each([
    ['/prod', '/', '/prod'],
    ['/prod/', '/', '/prod/'],
    ['/prod//', '/', '/prod//'],
  ])('the root %s has no path parameters', async (target, path, full) => {
    const event = await eventOf(target)
    expect([event.resource, event.path, event.pathParameters]).toEqual(['/', path, null])
    expect(event.requestContext.path).toBe(full)
  })

  test('a variable of one part keeps an encoded slash', async () => {
    expect((await eventOf('/prod/pets/a%2Fb')).pathParameters).toEqual({ id: 'a%2Fb' })
  })

  test('the path style has the same paths', async () => {
    const event = await eventOf(`http://localhost:8787/_aws/execute-api/${API_ID}/prod/pets/4`)
    expect([event.path, event.requestContext.path]).toEqual(['/pets/4', '/prod/pets/4'])
    expect(event.requestContext.domainName).toBe('localhost:8787')
    expect(event.requestContext.domainPrefix).toBe('localhost')
  })
})

describe('methods', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('ANY serves %s', async name => {
    const event = await eventOf('/prod/x', { method: name })
    expect([event.httpMethod, event.requestContext.httpMethod]).toEqual([name, name])
  })

  test('X-HTTP-Method-Override overrides and is not handed on', async () => {
    const event = await eventOf('/prod/x', { method: 'POST', headers: { 'x-http-method-override': 'patch' } })
    expect(event.httpMethod).toBe('PATCH')
    expect(event.headers).not.toHaveProperty('x-http-method-override')
  })

  test('does not tell a back end by which token the owner has the request explained', async () => {
    const event = await eventOf('/prod/x', { headers: { 'x-weir-explain': 'a token', 'x-other': 'kept' } })
    expect(event.headers).not.toHaveProperty('x-weir-explain')
    expect(event.headers).toHaveProperty('x-other')
  })

  test.each(['ANY', 'TRACE', 'constructor'])('X-HTTP-Method-Override: %s calls no method', async override => {
    const api = fakeApi({ snapshot: everything })
    const { status } = await api.send('/prod/x', { headers: { 'x-http-method-override': override } })
    expect([status, api.invocations.length]).toEqual([403, 0])
  })
})

describe('headers', () => {
  const headersOf = async (headers: Record<string, string>) =>
    (await eventOf('/prod/x', { headers })).headers as Record<string, string>

  test('what concerns the connection alone is left out', async () => {
    const names = [
      ...['Connection', 'Content-MD5', 'Expect', 'Max-Forwards', 'Proxy-Authenticate', 'Server', 'TE'],
      ...['Trailer', 'Transfer-Encoding', 'Upgrade', 'WWW-Authenticate', 'Keep-Alive', 'Content-Length'],
      ...['CF-Ray', 'CF-Connecting-IP', 'CDN-Loop'],
    ]
    const given = await headersOf(Object.fromEntries(names.map(name => [name, '1'])))
    for (const name of names) expect(given).not.toHaveProperty(name.toLowerCase())
  })

  test('what API Gateway passes through is there', async () => {
    // Recorded from API Gateway, but for the spelling of names.
    const sent = {
      accept: 'application/json',
      'accept-charset': 'UTF-8',
      age: 'request_Age',
      'content-encoding': 'deflate',
      'content-type': 'application/json',
      date: 'request_Date',
      pragma: 'cache',
      range: 'bytes=500-999',
      referer: 'https://example.com/',
      via: 'p.example.net',
      warn: '299 x/0.0',
      'x-api-key': 'secret',
      cookie: 'a=1; b=2',
    }
    expect(await headersOf(sent)).toMatchObject(sent)
  })

  test('authorization is handed on, unless it is a signature', async () => {
    expect(await headersOf({ authorization: 'Bearer abc' })).toMatchObject({ Authorization: 'Bearer abc' })
    const signed = await headersOf({ authorization: 'AWS4-HMAC-SHA256 Credential=x' })
    expect(Object.keys(signed).map(name => name.toLowerCase())).not.toContain('authorization')
  })

  test('values in several lines are one list', async () => {
    const headers = new Headers([
      ['x-list', 'a'],
      ['x-list', 'b'],
    ])
    const event = await eventOf('/prod/x', { headers })
    expect(event.headers['x-list']).toBe('a, b')
    expect(event.multiValueHeaders['x-list']).toEqual(['a, b'])
  })

  test('the address of the client is appended to those it names', async () => {
    const sent = { 'cf-connecting-ip': '203.0.113.7', 'x-forwarded-for': '198.51.100.1' }
    const api = fakeApi({ snapshot: everything })
    await api.send('/prod/x', { headers: sent })
    expect(api.event().headers['X-Forwarded-For']).toBe('198.51.100.1, 203.0.113.7')
    expect(api.event().requestContext.identity.sourceIp).toBe('203.0.113.7')
    await api.send('/prod/x', { headers: { ...sent, 'x-forwarded-for': '1.1.1.1, 203.0.113.7' } })
    expect(api.event().headers['X-Forwarded-For']).toBe('1.1.1.1, 203.0.113.7')
  })

  test('https without a port is 443', async () => {
    const event = await eventOf(`https://${API_ID}.execute-api.us-east-1.amazonaws.com/prod/x`)
    expect(event.headers['X-Forwarded-Port']).toBe('443')
    expect(event.headers['X-Forwarded-Proto']).toBe('https')
    expect(event.requestContext.domainName).toBe(`${API_ID}.execute-api.us-east-1.amazonaws.com`)
  })

  test('a trace that the client began goes on', async () => {
    const trace = 'Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1'
    const api = fakeApi({ snapshot: everything })
    const response = await api.send('/prod/x', { headers: { 'x-amzn-trace-id': trace } })
    expect(api.event().headers['X-Amzn-Trace-Id']).toBe(trace)
    expect(api.invocations[0]!.traceId).toBe(trace)
    expect(response.headers.get('x-amzn-trace-id')).toBe(trace)
  })
})

describe('bodies', () => {
  const image = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0x00)
  const post = async (body: BodyInit | null, contentType?: string, binaryMediaTypes: string[] = []) => {
    const headers: Record<string, string> = contentType ? { 'content-type': contentType } : {}
    const options = { snapshot: { ...everything, binaryMediaTypes } }
    const event = await eventOf('/prod/x', { method: 'POST', body, headers }, options)
    return [event.body, event.isBase64Encoded]
  }

  test.each([
    ['no body', null, undefined, [], [null, false]],
    ['an empty body', '', 'text/plain', [], [null, false]],
    ['JSON', '{"a":"é"}', 'application/json', [], ['{"a":"é"}', false]],
    ['text beyond the basic plane', '😀', 'text/plain', [], ['😀', false]],
    ['bytes of no binary type', image, 'image/png', [], ['\ufffdPNG\ufffd\0', false]],
    ['bytes of a binary type', image, 'image/png', ['image/png'], ['iVBOR/8A', true]],
    ['parameters of the media type', image, 'Image/PNG; q=1', ['image/png'], ['iVBOR/8A', true]],
    ['a group of binary types', image, 'image/webp', ['image/*'], ['iVBOR/8A', true]],
    ['another group', image, 'text/plain', ['image/*'], ['\ufffdPNG\ufffd\0', false]],
    ['every type', 'plain', 'text/plain', ['*/*'], ['cGxhaW4=', true]],
    ['every type, and no body', null, undefined, ['*/*'], [null, false]],
    ['every type, and an empty body', '', 'text/plain', ['*/*'], [null, false]],
    ['a type for JSON', '{}', undefined, ['text/plain'], ['e30=', true]],
  ] as Array<[string, BodyInit | null, string | undefined, string[], unknown[]]>)(
    '%s',
    async (_, body, contentType, binary, expected) => {
      expect(await post(body, contentType, binary)).toEqual(expected)
    },
  )

  test('a body that is not asked for is not read', async () => {
    const request = new Request(`http://${HOST}/prod/x`, { method: 'POST', body: 'x' })
    const api = fakeApi({
      snapshot: snapshot([resource('/x', { POST: method({ integration: undefined }) })]),
    })
    await api.send(request.url, request)
    expect(request.bodyUsed).toBe(false)
  })
})

describe('stage variables', () => {
  const variable = (name: string) => `\${stageVariables.${name}}`
  const aliased = snapshot([
    resource('/x', {
      GET: method({ integration: functionProxy({ uri: functionUri(`cats:${variable('lambdaAlias')}`) }) }),
    }),
    resource('/name', {
      GET: method({ integration: functionProxy({ uri: functionUri(variable('fn')) }) }),
    }),
  ])
  const stages = {
    prod: { lambdaAlias: 'live', fn: 'cats' },
    beta: { lambdaAlias: '7', fn: 'dogs:beta' },
    empty: {},
  }

  test('reach the function, and choose it', async () => {
    const api = fakeApi({ snapshot: aliased, stages })
    await api.send('/prod/x')
    expect(api.event().stageVariables).toEqual(stages.prod)
    expect(api.invocations.at(-1)).toMatchObject({ account: ACCOUNT, name: 'cats', qualifier: 'live' })
    await api.send('/beta/x')
    expect(api.invocations.at(-1)).toMatchObject({ name: 'cats', qualifier: '7' })
    await api.send('/prod/name')
    expect(api.invocations.at(-1)).toMatchObject({ name: 'cats', qualifier: undefined })
    await api.send('/beta/name')
    expect(api.invocations.at(-1)).toMatchObject({ name: 'dogs', qualifier: 'beta' })
  })

  test('one that is missing makes the integration unusable', async () => {
    const api = fakeApi({ snapshot: aliased, stages })
    for (const path of ['/empty/x', '/empty/name']) {
      const response = await api.send(path)
      expect(response.status).toBe(500)
      expect(await response.json()).toEqual({ message: 'Internal server error' })
    }
    expect(api.invocations).toEqual([])
  })
})

test('the function is called in the name of the API, for its resource policy', async () => {
  const api = fakeApi({ snapshot: everything })
  await api.send('/prod/pets/4', { method: 'DELETE' })
  expect(api.invocations[0]).toMatchObject({
    requestId: api.event().requestContext.requestId,
    principal: {
      service: 'apigateway.amazonaws.com',
      sourceArn: `arn:aws:execute-api:us-east-1:${ACCOUNT.id}:${API_ID}/prod/DELETE/pets/{id}`,
      sourceAccount: ACCOUNT.id,
    },
  })
})
