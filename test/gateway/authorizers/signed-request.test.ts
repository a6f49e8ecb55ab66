import { describe, expect, test } from 'vitest'
import { authenticator } from '../../../src/aws/wire/authenticate.ts'
import { apiAddress } from '../../../src/gateway/address.ts'
import { serveApi } from '../../../src/gateway/pipeline.ts'
import type { Authority } from '../../../src/identity/authority.ts'
import type { Caller } from '../../../src/identity/caller.ts'
import type { RolePermissions } from '../../../src/identity/permissions.ts'
import { compilePolicy } from '../../../src/identity/policies/compile-policy.ts'
import type { StatementDocument } from '../../../src/identity/policies/policy-document.ts'
import { functionSession } from '../../../src/identity/role-session.ts'
import { callerPolicies } from '../../../src/identity/signed-caller.ts'
import { rootArn } from '../../../src/lib/arn.ts'
import { type HowToSign, signedCall, signedHeaders } from '../../sign-call.ts'
import { fakeApi, HOST, method, NOW, resource, snapshot } from '../fake-gateway.ts'
import { ARN, policy, statement } from './guarded-api.ts'

const ACCOUNT = '123456789012'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/team/worker`
const ROOT = { accessKeyId: 'test', secretAccessKey: 'test' }

interface Options {
  /** What the role's own policies say; absent: no record describes the role. */
  readonly role?: StatementDocument[]
  readonly boundary?: StatementDocument[]
  /** The API's policy. */
  readonly policy?: StatementDocument[]
  readonly unknownRoles?: Authority['unknownRoles']
  readonly trusts?: string
}

function signedApi(options: Options = {}) {
  const compiled = (statements: StatementDocument[]) => compilePolicy('p', policy(...statements), 'identity')
  const permissions: RolePermissions | undefined = options.role && {
    uid: 'AROAWORKER',
    tags: { team: 'blue' },
    identity: [compiled(options.role)],
    boundary: options.boundary && compiled(options.boundary),
    trust: compilePolicy(
      'trust',
      policy({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: options.trusts ?? 'lambda.amazonaws.com' },
      }),
      'resource',
    ),
    maxSessionDuration: 3600,
  }
  const authority: Authority = {
    userOf: async () => undefined,
    policyOf: async () => undefined,
    roleOf: async () => permissions,
    resourcePolicy: () => undefined,
    unknownRoles: options.unknownRoles ?? 'nothing',
  }
  const api = fakeApi({
    snapshot: snapshot(
      ['/pets', '/pets/{id}'].map(path => resource(path, { ANY: method({ authorizationType: 'AWS_IAM' }) })),
      { policy: options.policy && JSON.stringify(policy(...options.policy)) },
    ),
    parts: {
      authenticate: authenticator({
        service: 'execute-api',
        clock: () => NOW,
        lookUp: async (id, token) => {
          if (token === 'old') return 'expired'
          return id === 'test' ? { ...ROOT, account: ACCOUNT, arn: rootArn(ACCOUNT) } : undefined
        },
      }),
      policiesOf: callerPolicies(authority),
    },
  })
  return {
    ...api,
    async outcome(request: Request, caller?: Caller) {
      const response = await serveApi(request, apiAddress(request)!, api.gateway, caller)
      const text = await response.text()
      if (response.status === 200) return [200]
      const body = JSON.parse(text) as { message?: string; Message?: string }
      return [response.status, body.message ?? body.Message, response.headers.get('x-amzn-ErrorType')]
    },
  }
}

const url = (path: string) => `http://${HOST}/prod${path}`

const sign = (path: string, init: Parameters<typeof signedCall>[1] = {}, how: HowToSign = {}) =>
  signedCall(url(path), init, { signingDate: new Date(NOW), ...how })

describe('a method for callers who sign', () => {
  test.each(['GET', 'POST', 'DELETE'])('serves a %s of the account itself', async verb => {
    const api = signedApi()
    const body = verb === 'POST' ? 'hello' : undefined
    expect(await api.outcome(await sign('/pets/1?a=b&c=d%20e', { method: verb, body }))).toEqual([200])
    const event = api.event()
    expect(event.body).toBe(body ?? null)
    expect(event.headers).not.toHaveProperty('Authorization')
    expect(event.requestContext.identity).toMatchObject({
      accountId: ACCOUNT,
      caller: ACCOUNT,
      user: ACCOUNT,
      userArn: `arn:aws:iam::${ACCOUNT}:root`,
      accessKey: 'test',
      principalOrgId: null,
      sourceIp: '127.0.0.1',
    })
    expect(event.requestContext).not.toHaveProperty('authorizer')
  })

  test.each([
    ['with the body’s hash in a header', { applyChecksum: true }],
    ['without it', { applyChecksum: false }],
    ['in the query', { presigned: true }],
  ])('reads a signature %s', async (_, how) => {
    const api = signedApi()
    expect(await api.outcome(await sign('/pets', { method: 'POST', body: '{"a":1}' }, how))).toEqual([200])
    expect(api.event().body).toBe('{"a":1}')
  })

  test('refuses whoever signs nothing', async () => {
    const expected = [403, 'Missing Authentication Token', 'MissingAuthenticationTokenException']
    const api = signedApi()
    expect(await api.outcome(new Request(url('/pets')))).toEqual(expected)
    expect(api.invocations).toEqual([])
  })

  const mismatch = expect.stringMatching(
    /^The request signature we calculated does not match the signature you provided\./,
  )
  test.each<[string, HowToSign, unknown, string]>([
    [
      'a wrong secret',
      { credentials: { ...ROOT, secretAccessKey: 'guess' } },
      mismatch,
      'InvalidSignatureException',
    ],
    [
      'a key that nobody has',
      { credentials: { ...ROOT, accessKeyId: 'AKIASTRANGER' } },
      'The security token included in the request is invalid.',
      'UnrecognizedClientException',
    ],
    [
      'a token that is over',
      { credentials: { ...ROOT, sessionToken: 'old' } },
      'The security token included in the request is expired',
      'ExpiredTokenException',
    ],
    [
      'another service',
      { service: 'lambda' },
      "Credential should be scoped to correct service: 'execute-api'. ",
      'InvalidSignatureException',
    ],
    [
      'another region',
      { region: 'eu-west-1' },
      'Credential should be scoped to a valid region. ',
      'InvalidSignatureException',
    ],
    [
      'a signature of yesterday',
      { signingDate: new Date(NOW - 86_400_000) },
      expect.stringMatching(/^Signature expired: /),
      'InvalidSignatureException',
    ],
  ])('refuses %s', async (_, how, message, type) => {
    const api = signedApi()
    expect(await api.outcome(await sign('/pets', {}, how))).toEqual([403, message, type])
    expect(api.invocations).toEqual([])
  })

  test('refuses a scheme that is no signature', async () => {
    const request = new Request(url('/pets'), { headers: { authorization: 'Bearer secret' } })
    const [status, message, type] = await signedApi().outcome(request)
    expect([status, type]).toEqual([403, 'IncompleteSignatureException'])
    expect(message).not.toContain('secret')
  })

  test.each([
    ['its body', { body: 'other' }, '/pets'],
    ['its path', { body: 'hello' }, '/pets/1'],
    ['its query', { body: 'hello' }, '/pets?a=1'],
    ['its method', { body: 'hello', method: 'PUT' }, '/pets'],
  ])('refuses a request that was signed with something else as %s', async (_, change, path) => {
    for (const applyChecksum of [true, false]) {
      const signed = await sign('/pets', { method: 'POST', body: 'hello' }, { applyChecksum })
      const altered = new Request(url(path), { method: 'POST', headers: signed.headers, ...change })
      const api = signedApi()
      const [status, , type] = await api.outcome(altered)
      expect([status, type]).toEqual([403, 'InvalidSignatureException'])
      expect(api.invocations).toEqual([])
    }
  })

  test('hands on the body of a GET, which clients may send', async () => {
    const body = '{"query":1}'
    const signer = { method: 'GET', body, headers: { 'content-type': 'application/json' } }
    const { headers } = await signedHeaders(url('/pets'), signer, { signingDate: new Date(NOW) })
    const received = new Request(url('/pets'), { method: 'POST', headers, body })
    Object.defineProperty(received, 'method', { value: 'GET' })
    const api = signedApi()
    expect(await api.outcome(received)).toEqual([200])
    expect(api.event()).toMatchObject({ httpMethod: 'GET', body })
  })

  test('takes no body of more than ten megabytes', async () => {
    const api = signedApi()
    const body = 'x'.repeat(10 * 1024 * 1024 + 1)
    const [status] = await api.outcome(await sign('/pets', { method: 'POST', body }))
    expect(status).toBe(413)
    expect(api.invocations).toEqual([])
  })
})

describe('a function that calls in its role', () => {
  const caller = functionSession({ account: ACCOUNT, region: 'us-east-1', role: ROLE, function: 'ship' })
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/ship`
  const denied = (why: string, path = '/pets') => [
    403,
    `User: ${session} is not authorized to perform: execute-api:Invoke on resource: ${ARN(path).replace('12345678', '********')} ${why}`,
    'AccessDeniedException',
  ]
  const call = (options: Options, path = '/pets') =>
    signedApi(options).outcome(new Request(url(path)), caller)

  test('is let in by its policies, and named', async () => {
    const api = signedApi({ role: [statement('Allow', ARN('/pets'))] })
    expect(await api.outcome(new Request(url('/pets')), caller)).toEqual([200])
    expect(api.event().requestContext.identity).toMatchObject({
      accountId: ACCOUNT,
      caller: 'AROAWORKER:ship',
      user: 'AROAWORKER:ship',
      userArn: session,
      accessKey: caller.accessKeyId,
    })
  })

  const NONE = 'because no identity-based policy allows the execute-api:Invoke action'
  const all = statement('Allow')
  const byRole = (Effect: 'Allow' | 'Deny') => statement(Effect, '*', { Principal: { AWS: ROLE } })

  test.each<[string, Options, unknown[]]>([
    ['its policies allow nothing', { role: [statement('Allow', ARN('/cats'))] }, denied(NONE)],
    [
      'its policies deny it',
      { role: [all, statement('Deny')] },
      denied('with an explicit deny in an identity-based policy'),
    ],
    [
      'only the API’s policy allows it',
      { role: [statement('Allow', 'arn:aws:s3:::x')], policy: [byRole('Allow')] },
      [200],
    ],
    [
      'the API’s policy speaks of others',
      {
        role: [all],
        policy: [statement('Allow', '*', { Principal: { AWS: 'arn:aws:iam::111111111111:root' } })],
      },
      [200],
    ],
    [
      'the API’s policy denies it',
      { role: [all], policy: [byRole('Deny')] },
      denied('with an explicit deny in a resource-based policy'),
    ],
    [
      'the API’s policy asks for another principal’s tag',
      {
        role: [all],
        policy: [
          statement('Deny', '*', {
            Principal: '*',
            Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
          }),
        ],
      },
      denied('with an explicit deny in a resource-based policy'),
    ],
    [
      'its boundary lacks it',
      { role: [all], boundary: [statement('Allow', ARN('/cats'))] },
      denied('because no permissions boundary allows the execute-api:Invoke action'),
    ],
    [
      'its role does not trust Lambda',
      { role: [all], trusts: 'ec2.amazonaws.com' },
      denied('with an explicit deny in an identity-based policy'),
    ],
    ['nobody created the role', {}, denied('with an explicit deny in an identity-based policy')],
    ['nobody created the role, in development', { unknownRoles: 'everything' }, [200]],
  ])('%s', async (_, options, expected) => {
    expect(await call(options)).toEqual(expected)
  })

  test('of another account needs both sides', async () => {
    const foreign = functionSession({
      account: '222222222222',
      region: 'us-east-1',
      role: 'arn:aws:iam::222222222222:role/worker',
      function: 'ship',
    })
    const named = statement('Allow', '*', { Principal: { AWS: '222222222222' } })
    const send = async (options: Options) =>
      (await signedApi(options).outcome(new Request(url('/pets')), foreign))[0]
    expect(await send({ role: [all] })).toBe(403)
    expect(await send({ role: [statement('Allow', 'arn:aws:s3:::x')], policy: [named] })).toBe(403)
    expect(await send({ role: [all], policy: [named] })).toBe(200)
  })

  test('is somebody to methods that ask for no signature only by its address', async () => {
    const api = fakeApi({ snapshot: snapshot([resource('/pets')]) })
    const request = new Request(url('/pets'))
    expect((await serveApi(request, apiAddress(request)!, api.gateway, caller)).status).toBe(200)
    expect(api.event().requestContext.identity.userArn).toBeNull()
  })
})
