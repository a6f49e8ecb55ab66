import { describe, expect, test } from 'vitest'
import { ACCOUNT, API_ID, countedBy, HOST, NOW } from '../fake-gateway.ts'
import { ARN, guardedApi, letIn } from './guarded-api.ts'

const UNAUTHORIZED = [401, 'Unauthorized', 'UnauthorizedException']

const request = (identitySource: string | undefined, ttlSeconds = 300) =>
  ({ type: 'REQUEST', identitySource, ttlSeconds }) as const

describe('identity sources', () => {
  test.each<[string, string, RequestInit | undefined, boolean]>([
    ['method.request.header.X-Key', '/prod/pets', { headers: { 'x-key': 'a' } }, true],
    ['method.request.header.X-Key', '/prod/pets', { headers: { 'x-key': '' } }, false],
    ['method.request.header.X-Key', '/prod/pets', undefined, false],
    ['method.request.querystring.key', '/prod/pets?key=a', undefined, true],
    ['method.request.querystring.key', '/prod/pets?key=', undefined, false],
    ['method.request.querystring.key', '/prod/pets?KEY=a', undefined, false],
    ['stageVariables.tenant', '/prod/pets', undefined, true],
    ['stageVariables.tenant', '/beta/pets', undefined, false],
    ['context.identity.sourceIp', '/prod/pets', undefined, true],
    ['context.accountId', '/prod/pets', undefined, true],
    ['context.identity.cognitoIdentityId', '/prod/pets', undefined, false],
    ['context.constructor', '/prod/pets', undefined, false],
    [
      'method.request.header.A, method.request.querystring.b',
      '/prod/pets?b=1',
      { headers: { a: '1' } },
      true,
    ],
    ['method.request.header.A, method.request.querystring.b', '/prod/pets?b=1', undefined, false],
    ['method.request.header.A,method.request.querystring.b', '/prod/pets', { headers: { a: '1' } }, false],
  ])('%s of %s', async (source, target, init, passes) => {
    for (const ttlSeconds of [0, 300]) {
      const api = guardedApi({
        authorizer: request(source, ttlSeconds),
        variables: { tenant: 'blue' },
      })
      expect(await api.outcome(target, init)).toEqual(passes ? [200, 'in'] : UNAUTHORIZED)
      expect(api.asked.length).toBe(passes ? 1 : 0)
    }
  })

  test('may be none where nothing is kept', async () => {
    const api = guardedApi({ authorizer: request(undefined, 0) })
    expect(await api.outcome('/prod/pets')).toEqual([200, 'in'])
    expect(await api.outcome('/prod/pets')).toEqual([200, 'in'])
    expect(api.asked.length).toBe(2)
  })

  test('that cannot be read let nobody in', async () => {
    const api = guardedApi({ authorizer: request('method.request.body.key') })
    expect(await api.outcome('/prod/pets')).toEqual([500, null, 'AuthorizerConfigurationException'])
  })
})

describe('the event', () => {
  test('has all of the request but its body', async () => {
    const api = guardedApi({
      authorizer: request('method.request.header.X-Key'),
      variables: { tenant: 'blue' },
    })
    await api.send('/prod/pets/a%20b?x=1&x=2&y=%C3%A4', {
      method: 'POST',
      body: 'secret',
      headers: { 'x-key': 'k', 'content-type': 'text/plain', 'user-agent': 'test' },
    })
    const { headers, multiValueHeaders, requestContext, ...event } = api.askedWith() as Record<string, never>
    expect(event).toEqual({
      type: 'REQUEST',
      methodArn: ARN('/pets/a%20b', 'POST'),
      resource: '/pets/{id}',
      path: '/pets/a%20b',
      httpMethod: 'POST',
      queryStringParameters: { x: '2', y: 'ä' },
      multiValueQueryStringParameters: { x: ['1', '2'], y: ['ä'] },
      pathParameters: { id: 'a%20b' },
      stageVariables: { tenant: 'blue' },
    })
    expect(headers).toMatchObject({ 'x-key': 'k', 'content-type': 'text/plain', 'User-Agent': 'test' })
    expect(multiValueHeaders).toMatchObject({ 'x-key': ['k'] })
    expect(requestContext).toMatchObject({
      accountId: ACCOUNT.id,
      apiId: API_ID,
      domainName: HOST,
      httpMethod: 'POST',
      path: '/prod/pets/a%20b',
      requestTimeEpoch: NOW,
      resourcePath: '/pets/{id}',
      stage: 'prod',
      identity: { sourceIp: '127.0.0.1', userAgent: 'test' },
    })
    expect(requestContext).not.toHaveProperty('authorizer')
  })

  test('has empty maps for what the request has none of', async () => {
    const api = guardedApi({ authorizer: request(undefined, 0) })
    await api.send('/prod/pets')
    expect(api.askedWith()).toMatchObject({
      queryStringParameters: {},
      multiValueQueryStringParameters: {},
      pathParameters: {},
      stageVariables: {},
    })
  })

  test('has the API key that a method asks for', async () => {
    const api = guardedApi({
      authorizer: request(undefined, 0),
      method: { apiKeyRequired: true },
      parts: { admission: countedBy(() => ({ admitted: true, keyId: 'key01' })) },
    })
    await api.send('/prod/pets', { headers: { 'x-api-key': 'abc' } })
    const { identity } = api.askedWith().requestContext as unknown as { identity: Record<string, unknown> }
    expect(identity.apiKey).toBe('abc')
    expect(identity).not.toHaveProperty('apiKeyId')
  })
})

test('the body reaches the back end, whatever the authorizer was told', async () => {
  const api = guardedApi({
    authorizer: request('method.request.header.X-Key'),
    decide: () => letIn({ context: { a: 1 } }),
  })
  await api.send('/prod/pets', { method: 'POST', body: 'hello', headers: { 'x-key': 'k' } })
  expect(api.event().body).toBe('hello')
  expect(api.event().requestContext.authorizer.a).toBe('1')
})
