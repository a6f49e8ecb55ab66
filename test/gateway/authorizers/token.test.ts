import { describe, expect, test, vi } from 'vitest'
import type { InvocationResult } from '../../../src/functions/invocation.ts'
import { answered, countedBy, functionUri } from '../fake-gateway.ts'
import { ARN, bearing, guardedApi, letIn, policy, statement, turnAway } from './guarded-api.ts'

const UNAUTHORIZED = [401, 'Unauthorized', 'UnauthorizedException']
const MISCONFIGURED = [500, null, 'AuthorizerConfigurationException']
const FAILED = [500, null, 'AuthorizerFailureException']
const DENIED = [403, 'User is not authorized to access this resource', 'AccessDeniedException']
const EXPLICITLY_DENIED = [
  403,
  'User is not authorized to access this resource with an explicit deny',
  'AccessDeniedException',
]

describe('the token', () => {
  test.each([
    ['missing', undefined],
    ['empty', bearing('')],
  ])('%s turns the caller away, and nobody is asked', async (_, init) => {
    const api = guardedApi()
    expect(await api.outcome('/prod/pets', init)).toEqual(UNAUTHORIZED)
    expect(api.invocations).toEqual([])
  })

  test('is handed to the function with the called method', async () => {
    const api = guardedApi()
    expect(await api.outcome('/prod/pets/4', { method: 'POST', ...bearing('Bearer abc') })).toEqual([
      200,
      'in',
    ])
    expect(api.askedWith()).toEqual({
      type: 'TOKEN',
      methodArn: ARN('/pets/4', 'POST'),
      authorizationToken: 'Bearer abc',
    })
  })

  test('is taken from the header that the authorizer names', async () => {
    const api = guardedApi({ authorizer: { identitySource: 'method.request.header.X-Token' } })
    expect(await api.outcome('/prod/pets', bearing('abc'))).toEqual(UNAUTHORIZED)
    expect(await api.outcome('/prod/pets', { headers: { 'x-token': 'abc' } })).toEqual([200, 'in'])
  })

  test.each([
    ['^Bearer [a-z]+$', 'Bearer abc', true],
    ['^Bearer [a-z]+$', 'Bearer ABC', false],
    ['(?i)^bearer [a-z]+$', 'BEARER ABC', true],
    ['Basic', 'Bearer abc', false],
  ])('has to look like %s: %s', async (identityValidationExpression, token, passes) => {
    const api = guardedApi({ authorizer: { identityValidationExpression } })
    expect(await api.outcome('/prod/pets', bearing(token))).toEqual(passes ? [200, 'in'] : UNAUTHORIZED)
    expect(api.asked.length).toBe(passes ? 1 : 0)
  })

  test.each(['^(a+)+$', '(?i)^(A+)+$'])('is looked at in bounded time: %s', async expression => {
    const api = guardedApi({ authorizer: { identityValidationExpression: expression } })
    const began = performance.now()
    expect(await api.outcome('/prod/pets', bearing(`${'a'.repeat(5_000)}!`))).toEqual(UNAUTHORIZED)
    expect(await api.outcome('/prod/pets', bearing('a'.repeat(5_000)))).toEqual([200, 'in'])
    // Backtracking would not be done before the sun is.
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('lets nobody in where what it has to look like cannot be read', async () => {
    const api = guardedApi({ authorizer: { identityValidationExpression: '(' } })
    expect(await api.outcome('/prod/pets', bearing('('))).toEqual(MISCONFIGURED)
  })
})

describe('the function', () => {
  test('is called as API Gateway, for this authorizer', async () => {
    const api = guardedApi()
    await api.send('/prod/pets', bearing('a'))
    expect(api.asked[0]!.principal).toEqual({
      service: 'apigateway.amazonaws.com',
      sourceArn: 'arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/authorizers/auth01',
      sourceAccount: '123456789012',
    })
  })

  test('may be named with a stage variable', async () => {
    const api = guardedApi({
      authorizer: { uri: functionUri(`guard:\${stageVariables.alias}`) },
      variables: { alias: 'live' },
    })
    await api.send('/prod/pets', bearing('a'))
    expect(api.asked[0]).toMatchObject({ name: 'guard', qualifier: 'live' })
    // The other stage lacks the variable.
    expect(await api.outcome('/beta/pets', bearing('a'))).toEqual(MISCONFIGURED)
  })

  test.each<[string, InvocationResult, unknown[]]>([
    ['allows', letIn(), [200, 'in']],
    [
      'allows another method only',
      letIn({ policyDocument: policy(statement('Allow', ARN('/pets/1'))) }),
      DENIED,
    ],
    ['denies', letIn({ policyDocument: policy(statement('Deny')) }), EXPLICITLY_DENIED],
    [
      'allows and denies',
      letIn({ policyDocument: policy(statement('Allow'), statement('Deny', ARN('/pets'))) }),
      EXPLICITLY_DENIED,
    ],
    [
      'allows another action',
      letIn({ policyDocument: policy(statement('Allow', '*', { Action: 'lambda:InvokeFunction' })) }),
      DENIED,
    ],
    [
      'allows another address',
      letIn({
        policyDocument: policy(
          statement('Allow', '*', { Condition: { IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } } }),
        ),
      }),
      DENIED,
    ],
    [
      'allows this address',
      letIn({
        policyDocument: policy(
          statement('Allow', '*', { Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } } }),
        ),
      }),
      [200, 'in'],
    ],
    ['names nobody', answered({ policyDocument: policy(statement('Allow')) }), [200, 'in']],
    ['throws Unauthorized', turnAway('Unauthorized'), UNAUTHORIZED],
    ['throws anything else', turnAway('Unauthorized: expired'), MISCONFIGURED],
    ['returns nothing', answered('null'), MISCONFIGURED],
    ['returns no JSON', answered('<'), MISCONFIGURED],
    ['returns a list', answered([]), MISCONFIGURED],
    ['returns no policy', answered({ principalId: 'a' }), MISCONFIGURED],
    [
      'returns an empty policy',
      letIn({ policyDocument: { Version: '2012-10-17', Statement: [] } }),
      MISCONFIGURED,
    ],
    [
      'returns a policy without resources',
      letIn({ policyDocument: policy({ Effect: 'Allow', Action: '*' }) }),
      MISCONFIGURED,
    ],
    [
      'returns a misspelled effect',
      letIn({ policyDocument: policy({ ...statement('Allow'), Effect: 'allow' as 'Allow' }) }),
      MISCONFIGURED,
    ],
    ['returns a list in its context', letIn({ context: { roles: ['a'] } }), MISCONFIGURED],
    ['returns an object in its context', letIn({ context: { user: {} } }), MISCONFIGURED],
    ['returns null in its context', letIn({ context: { user: null } }), MISCONFIGURED],
    ['returns a field that nobody knows', letIn({ claims: {} }), MISCONFIGURED],
    ['is not there', { kind: 'refused', reason: 'not-found', message: '' }, MISCONFIGURED],
    [
      'lets the gateway not call it',
      { kind: 'refused', reason: 'not-permitted', message: '' },
      MISCONFIGURED,
    ],
    ['is throttled', { kind: 'refused', reason: 'throttled', message: '' }, FAILED],
    ['is out of reach', { kind: 'refused', reason: 'unavailable', message: '' }, FAILED],
  ])('%s', async (_, result, expected) => {
    const api = guardedApi({ decide: () => result })
    expect(await api.outcome('/prod/pets', bearing('a'))).toEqual(expected)
    const served = api.invocations.length - api.asked.length
    expect(served).toBe(expected[0] === 200 ? 1 : 0)
    expect(api.reported).toEqual([])
  })

  test('is waited for 29 seconds', async () => {
    vi.useFakeTimers()
    try {
      const api = guardedApi({ decide: () => new Promise(() => {}) })
      const answering = api.outcome('/prod/pets', bearing('a'))
      await vi.advanceTimersByTimeAsync(28_999)
      const early = await Promise.race([answering, Promise.resolve('waiting')])
      expect(early).toBe('waiting')
      await vi.advanceTimersByTimeAsync(1)
      expect(await answering).toEqual(FAILED)
    } finally {
      vi.useRealTimers()
    }
  })

  test('that fails unexpectedly lets nobody in, and no token is told', async () => {
    const api = guardedApi({ decide: () => Promise.reject(new Error('boom')) })
    expect(await api.outcome('/prod/pets', bearing('secret-token'))).toEqual([
      500,
      'Internal server error',
      'InternalServerErrorException',
    ])
    expect(String(api.reported)).not.toContain('secret-token')
  })
})

describe('what the back end is told', () => {
  test('is the principal and the context, all of it as text', async () => {
    const api = guardedApi({
      decide: () => letIn({ context: { org: 'a"b', level: 7, admin: true, __proto__: 'x' } }),
    })
    await api.send('/prod/pets', bearing('a'))
    expect(api.event().requestContext.authorizer).toEqual({
      principalId: 'user|1',
      integrationLatency: 0,
      org: 'a"b',
      level: '7',
      admin: 'true',
    })
    expect(api.event().headers.Authorization).toBe('a')
  })

  test('has the time that the authorizer took, and none where its answer was kept', async () => {
    const api = guardedApi({
      decide: () => {
        api.pass(40)
        return letIn()
      },
    })
    await api.send('/prod/pets', bearing('a'))
    expect(api.event().requestContext.authorizer.integrationLatency).toBe(40)
    await api.send('/prod/pets', bearing('a'))
    expect(api.event().requestContext.authorizer.integrationLatency).toBe(0)
  })
})

describe('a role to call the function with', () => {
  const role = 'arn:aws:iam::123456789012:role/gateway'

  test.each([
    [true, [200, 'in']],
    [false, MISCONFIGURED],
  ])('that may: %s', async (may, expected) => {
    const roleMay = vi.fn(async () => may)
    const api = guardedApi({ authorizer: { credentials: role }, parts: { roleMay } })
    expect(await api.outcome('/prod/pets', bearing('a'))).toEqual(expected)
    expect(roleMay).toHaveBeenCalledWith(
      { role, account: { id: '123456789012', region: 'us-east-1' } },
      {
        action: 'lambda:InvokeFunction',
        resource: 'arn:aws:lambda:us-east-1:123456789012:function:guard',
      },
    )
    expect(api.asked.map(({ principal }) => principal)).toEqual(may ? [undefined] : [])
  })
})

describe('an API key that the authorizer brings', () => {
  const admission = (admitted: boolean) => {
    const meters: string[] = []
    return {
      meters,
      admit: (meter: string) => {
        meters.push(meter)
        return admitted
          ? ({ admitted: true, keyId: 'key01' } as const)
          : ({ admitted: false, reason: 'throttled' } as const)
      },
    }
  }
  const keyed = { method: { apiKeyRequired: true }, snapshot: { apiKeySource: 'AUTHORIZER' as const } }

  test('is counted, and shown to the back end', async () => {
    const counted = admission(true)
    const api = guardedApi({
      ...keyed,
      decide: () => letIn({ usageIdentifierKey: 'abcdef' }),
      parts: { admission: countedBy(counted.admit) },
    })
    expect(await api.outcome('/prod/pets', bearing('a'))).toEqual([200, 'in'])
    expect(api.event().requestContext.identity).toMatchObject({ apiKey: 'abcdef', apiKeyId: 'key01' })
    expect(counted.meters.length).toBe(1)
  })

  test.each([
    [
      'over its limit',
      { usageIdentifierKey: 'abcdef' },
      [429, 'Too Many Requests', 'TooManyRequestsException'],
    ],
    ['missing', {}, [403, 'Forbidden', 'ForbiddenException']],
  ])('%s', async (_, more, expected) => {
    const api = guardedApi({
      ...keyed,
      decide: () => letIn(more),
      parts: { admission: countedBy(admission(false).admit) },
    })
    const init = { headers: { authorization: 'a', 'x-api-key': 'abcdef' } }
    expect(await api.outcome('/prod/pets', init)).toEqual(expected)
  })
})
