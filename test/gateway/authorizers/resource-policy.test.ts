import { describe, expect, test, vi } from 'vitest'
import type { PolicyDocument, StatementDocument } from '../../../src/identity/policies/policy-document.ts'
import { countedBy, fakeApi, method, resource, snapshot } from '../fake-gateway.ts'
import { ARN, bearing, guardedApi, letIn, policy, statement } from './guarded-api.ts'

const forAll = (
  Effect: 'Allow' | 'Deny',
  Resource: string | string[] = '*',
  more: Partial<StatementDocument> = {},
) => statement(Effect, Resource, { Principal: '*', ...more })

const refused = (path: string, why: string) => [
  403,
  `User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********9012:a1b2c3d4e5/prod/GET${path} ${why}`,
]
const IMPLICITLY = 'because no resource-based policy allows the execute-api:Invoke action'
const EXPLICITLY = 'with an explicit deny in a resource-based policy'

describe('an API’s policy alone', () => {
  const open = (document: PolicyDocument, init?: RequestInit) => async (target: string) => {
    const api = fakeApi({
      snapshot: snapshot([resource('/pets'), resource('/{proxy+}')], { policy: JSON.stringify(document) }),
    })
    const response = await api.send(target, init)
    const body = (await response.json().catch(() => ({}))) as { message?: string; Message?: string }
    expect(api.invocations.length).toBe(response.status === 200 ? 1 : 0)
    return response.status === 200 ? [200] : [response.status, body.message ?? body.Message]
  }

  test('lets in whom it allows', async () => {
    expect(await open(policy(forAll('Allow')))('/prod/pets')).toEqual([200])
  })

  test('lets nobody in whom it does not speak of', async () => {
    const send = open(policy(forAll('Allow', ARN('/pets'))))
    expect(await send('/prod/pets')).toEqual([200])
    expect(await send('/prod/cats')).toEqual(refused('/cats', IMPLICITLY))
  })

  test('keeps out whom it denies, whatever it allows', async () => {
    const send = open(policy(forAll('Allow'), forAll('Deny', ARN('/pets'))))
    expect(await send('/prod/pets')).toEqual(refused('/pets', EXPLICITLY))
    expect(await send('/prod/pets/')).toEqual(refused('/pets/', EXPLICITLY))
    expect(await send('/prod/cats')).toEqual([200])
  })

  test.each([
    ['203.0.113.0/24', '203.0.113.9', true],
    ['203.0.113.0/24', '198.51.100.1', false],
    ['2001:db8::/32', '2001:db8::1', true],
  ])('may ask for an address in %s, and %s comes', async (range, address, passes) => {
    const allowed = policy(forAll('Allow', '*', { Condition: { IpAddress: { 'aws:SourceIp': range } } }))
    const send = open(allowed, { headers: { 'cf-connecting-ip': address } })
    expect((await send('/prod/pets'))[0]).toBe(passes ? 200 : 403)
  })

  test('may ask for what a browser says of itself', async () => {
    const allowed = policy(
      forAll('Allow', '*', {
        Condition: {
          StringLike: { 'aws:UserAgent': 'good/*', 'aws:Referer': 'https://tampr.com/*' },
          DateLessThan: { 'aws:CurrentTime': '2026-04-01T00:00:00Z' },
          Bool: { 'aws:SecureTransport': 'false' },
        },
      }),
    )
    const headers = { 'user-agent': 'good/1', referer: 'https://tampr.com/a' }
    expect((await open(allowed, { headers })('/prod/pets'))[0]).toBe(200)
    expect((await open(allowed, { headers: { ...headers, referer: 'x' } })('/prod/pets'))[0]).toBe(403)
  })

  test('that speaks of somebody lets nobody in who signs nothing', async () => {
    const named = policy(statement('Allow', '*', { Principal: { AWS: 'arn:aws:iam::123456789012:root' } }))
    expect(await open(named)('/prod/pets')).toEqual(refused('/pets', IMPLICITLY))
  })

  test('is asked before a key is counted', async () => {
    const admit = vi.fn()
    const api = fakeApi({
      snapshot: snapshot([resource('/pets', { GET: method({ apiKeyRequired: true }) })], {
        policy: JSON.stringify(policy(forAll('Deny'))),
      }),
      parts: { admission: countedBy(admit) },
    })
    expect((await api.send('/prod/pets', { headers: { 'x-api-key': 'k' } })).status).toBe(403)
    expect(admit).not.toHaveBeenCalled()
  })
})

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html#apigateway-resource-policies-iam-policies-interaction */
describe('a function’s policy and the API’s own, of one account', () => {
  const here = ARN('/pets')
  const elsewhere = ARN('/cats')
  const says = {
    Allow: (make: typeof statement) => make('Allow', here),
    nothing: (make: typeof statement) => make('Allow', elsewhere),
    Deny: (make: typeof statement) => make('Deny', here),
  }
  type Says = keyof typeof says
  const byFunction = 'User is not authorized to access this resource'

  test.each<[Says, Says, unknown[], asked: boolean]>([
    ['Allow', 'Allow', [200], true],
    ['Allow', 'nothing', [200], true],
    ['Allow', 'Deny', refused('/pets', EXPLICITLY), false],
    ['nothing', 'Allow', [200], true],
    ['nothing', 'nothing', [403, byFunction], true],
    ['nothing', 'Deny', refused('/pets', EXPLICITLY), false],
    ['Deny', 'Allow', [403, `${byFunction} with an explicit deny`], true],
    ['Deny', 'nothing', [403, `${byFunction} with an explicit deny`], true],
    ['Deny', 'Deny', refused('/pets', EXPLICITLY), false],
  ])('%s and %s', async (fromFunction, fromApi, expected, isAsked) => {
    const api = guardedApi({
      decide: () => letIn({ policyDocument: policy(says[fromFunction](statement)) }),
      snapshot: { policy: JSON.stringify(policy(says[fromApi](forAll))) },
    })
    for (const _ of ['asked', 'kept']) {
      expect((await api.outcome('/prod/pets', bearing('a'))).slice(0, expected.length)).toEqual(
        expected[0] === 200 ? [200] : expected,
      )
    }
    expect(api.asked.length).toBe(isAsked ? 1 : 0)
  })
})

test('a policy does not stand in for a signature, a token or an authorizer that there is not', async () => {
  const text = JSON.stringify(policy(forAll('Allow')))
  for (const [authorizationType, status] of [
    ['AWS_IAM', 403],
    ['CUSTOM', 401],
    ['COGNITO_USER_POOLS', 500],
  ] as const) {
    const authorizer =
      authorizationType === 'COGNITO_USER_POOLS' ? { type: 'COGNITO_USER_POOLS' as const } : undefined
    const api = guardedApi({ method: { authorizationType }, authorizer, snapshot: { policy: text } })
    expect((await api.outcome('/prod/pets'))[0]).toBe(status)
    expect(api.invocations).toEqual([])
  }
})

test('a policy that cannot be read lets nobody in', async () => {
  const api = fakeApi({ snapshot: snapshot([resource('/pets')], { policy: '{' }) })
  expect((await api.send('/prod/pets')).status).toBe(500)
  expect(api.invocations).toEqual([])
})
