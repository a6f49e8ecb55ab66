import { describe, expect, test } from 'vitest'
import { authorizeCalls } from '../src/authorize-call.ts'
import type { Call, Need, Service } from '../src/aws/wire/service.ts'
import type { Authority } from '../src/identity/authority.ts'
import type { Permissions, RolePermissions } from '../src/identity/permissions.ts'
import { compilePolicy } from '../src/identity/policies/compile-policy.ts'
import type { StatementDocument } from '../src/identity/policies/policy-document.ts'
import { functionSession } from '../src/identity/role-session.ts'
import type { Platform } from '../src/platform.ts'

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/team/worker`
const NOW = Date.UTC(2026, 10, 22, 12)

const session = functionSession({ account: ACCOUNT, region: 'eu-west-1', role: ROLE, function: 'f' })
const root = { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accessKeyId: 'x' }

const policy = (kind: 'identity' | 'resource', ...Statement: StatementDocument[]) =>
  compilePolicy('p', { Version: '2012-10-17', Statement }, kind)

const permissions = (...statements: StatementDocument[]): RolePermissions => ({
  uid: 'AROAWORKER',
  tags: { Team: 'blue' },
  identity: [policy('identity', ...statements)],
  boundary: undefined,
  trust: trusting('lambda.amazonaws.com'),
  maxSessionDuration: 3600,
})

function trusting(Service: string, more: Partial<StatementDocument> = {}) {
  return policy('resource', { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole', ...more })
}

const everything: StatementDocument = { Effect: 'Allow', Action: '*', Resource: '*' }

interface Asked extends Partial<Authority> {
  readonly identity?: Call<Platform>['identity']
  readonly role?: RolePermissions
  readonly user?: Permissions
  readonly needs?: readonly Need[]
  readonly input?: unknown
  readonly service?: Partial<Service<Platform>>
}

/** What is said: nothing, or the refusal. */
async function said({
  identity = session,
  role,
  user,
  needs,
  input = {},
  service: more,
  ...options
}: Asked): Promise<string | undefined> {
  const authorize = authorizeCalls({
    roleOf: async () => role,
    userOf: async () => user,
    policyOf: async () => undefined,
    resourcePolicy: () => undefined,
    unknownRoles: 'nothing',
    ...options,
  })
  const call = {
    operation: 'GetThing',
    account: ACCOUNT,
    region: 'eu-west-1',
    identity,
    requestId: 'r',
    platform: { clock: () => NOW } as Platform,
  }
  const service = {
    signingName: 'things',
    codes: { validation: 'V', serialization: 'S' },
    needs: needs && (() => needs),
    ...more,
  } as unknown as Service<Platform>
  const sent = { method: 'POST', rawPath: '/', headers: new Headers({ 'user-agent': 'aws-sdk-js/3' }) }
  const refusal = await authorize(input, call, service, sent)
  return refusal && `${refusal.code}: ${refusal.message}`
}

const no = (
  action: string,
  resource: string,
  reason = `because no identity-based policy allows the ${action} action`,
) =>
  `AccessDeniedException: User: arn:aws:sts::${ACCOUNT}:assumed-role/worker/f is not authorized to perform: ${action} on resource: ${resource} ${reason}`

describe('a call', () => {
  test("of the account's root is allowed, and its policies are not looked for", async () => {
    const asked = () => Promise.reject(new Error('asked'))
    expect(await said({ identity: root, roleOf: asked, userOf: asked })).toBeUndefined()
  })

  test('of a role that nobody created is allowed in development alone', async () => {
    expect(await said({ unknownRoles: 'everything' })).toBeUndefined()
    expect(await said({ unknownRoles: 'nothing' })).toBe(no('things:GetThing', '*'))
  })

  test('of a role that was created is allowed where a policy says so, in development too', async () => {
    for (const unknownRoles of ['everything', 'nothing'] as const) {
      expect(await said({ role: permissions(), unknownRoles })).toBe(no('things:GetThing', '*'))
      expect(await said({ role: permissions(everything), unknownRoles })).toBeUndefined()
    }
  })

  test('that needs no permission is allowed, even to who is forbidden everything', async () => {
    expect(await said({ role: permissions({ ...everything, Effect: 'Deny' }), needs: [] })).toBeUndefined()
    expect(await said({ needs: [] })).toBeUndefined()
  })

  test('that needs several permissions is allowed with all of them', async () => {
    const needs = [
      { action: 'lambda:CreateFunction', resource: 'arn:aws:lambda:eu-west-1:111122223333:function:g' },
      { action: 'iam:PassRole', resource: ROLE, context: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    ]
    const create: StatementDocument = { ...everything, Action: 'lambda:*' }
    const pass = (to: string): StatementDocument => ({
      ...everything,
      Action: 'iam:PassRole',
      Condition: { StringEquals: { 'iam:PassedToService': to } },
    })
    expect(await said({ needs, role: permissions(create) })).toBe(no('iam:PassRole', ROLE))
    expect(await said({ needs, role: permissions(create, pass('ec2.amazonaws.com')) })).toBe(
      no('iam:PassRole', ROLE),
    )
    expect(await said({ needs, role: permissions(create, pass('lambda.amazonaws.com')) })).toBeUndefined()
  })

  test("is allowed by the resource's own policy, in the same account", async () => {
    const resourcePolicy = () =>
      policy('resource', { Effect: 'Allow', Principal: { AWS: ROLE }, Action: '*' })
    const at = (account: string) => [{ action: 'a:b', resource: `arn:aws:a:eu-west-1:${account}:thing` }]
    expect(await said({ role: permissions(), needs: at(ACCOUNT), resourcePolicy })).toBeUndefined()
    expect(await said({ role: permissions(), needs: at('444455556666'), resourcePolicy })).toBe(
      no('a:b', 'arn:aws:a:eu-west-1:444455556666:thing'),
    )
    expect(await said({ role: permissions(everything), needs: at('444455556666') })).toBe(
      no(
        'a:b',
        'arn:aws:a:eu-west-1:444455556666:thing',
        'because no resource-based policy allows the a:b action',
      ),
    )
  })

  test('of a function whose role does not trust Lambda is refused', async () => {
    const role = permissions(everything)
    const f = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:f`
    const from = (arn: string) => ({ Condition: { ArnLike: { 'aws:SourceArn': arn } } })
    expect(await said({ role: { ...role, trust: trusting('ec2.amazonaws.com') } })).toMatch(
      /^AccessDeniedException: The role defined for the function cannot be assumed by Lambda/,
    )
    expect(
      await said({ role: { ...role, trust: trusting('lambda.amazonaws.com', from(`${f}-other`)) } }),
    ).toContain('cannot be assumed')
    expect(
      await said({ role: { ...role, trust: trusting('lambda.amazonaws.com', from(f)) } }),
    ).toBeUndefined()
  })

  test('is no more than the boundary of its role', async () => {
    const boundary = policy('identity', { ...everything, Action: 's3:*' })
    expect(await said({ role: { ...permissions(everything), boundary } })).toBe(
      no('things:GetThing', '*', 'because no permissions boundary allows the things:GetThing action'),
    )
  })
})

describe('what belongs to another account', () => {
  const needs = [{ action: 'a:b', resource: 'arn:aws:a:eu-west-1:444455556666:thing' }]
  const letsIn = () =>
    policy('resource', { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: '*', Resource: '*' })

  test('is the root’s only where its own policy says so, of services that reach it', async () => {
    const service = { reachesOthers: true }
    const denied = `AccessDeniedException: User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: a:b on resource: ${needs[0]!.resource} because no resource-based policy allows the a:b action`
    expect(await said({ identity: root, needs, service })).toBe(denied)
    expect(await said({ identity: root, needs, service, resourcePolicy: letsIn })).toBeUndefined()
    const own = [{ ...needs[0]!, resource: needs[0]!.resource.replace('444455556666', ACCOUNT) }]
    expect(await said({ identity: root, needs: own, service })).toBeUndefined()
  })

  test('is no more a role’s that nobody created, in development', async () => {
    const asked = { needs, unknownRoles: 'everything' } as const
    expect(await said({ ...asked, service: { reachesOthers: true } })).toContain('resource-based')
    expect(await said({ ...asked, service: { reachesOthers: true }, resourcePolicy: letsIn })).toBeUndefined()
  })
})

describe('the tags of a resource', () => {
  const tagged = (tags: Need['tags']) => [
    { action: 'a:b', resource: `arn:aws:a:eu-west-1:${ACCOUNT}:t`, tags },
  ]
  const asking = (effect: 'Allow' | 'Deny'): StatementDocument => ({
    ...everything,
    Effect: effect,
    Condition: { StringEquals: { 'aws:ResourceTag/Stage': 'live' } },
  })

  test('are not read for policies that do not ask for them', async () => {
    const needs = tagged(() => Promise.reject(new Error('read')))
    expect(await said({ role: permissions(everything), needs })).toBeUndefined()
    expect(await said({ role: permissions(), needs })).toContain('is not authorized')
  })

  test('decide where policies ask for them', async () => {
    const live = tagged(async () => ({ stage: 'live' }))
    const test = tagged(async () => ({ stage: 'test' }))
    expect(await said({ role: permissions(asking('Allow')), needs: live })).toBeUndefined()
    expect(await said({ role: permissions(asking('Allow')), needs: test })).toContain('is not authorized')
    const denying = permissions(everything, asking('Deny'))
    expect(await said({ role: denying, needs: live })).toContain('with an explicit deny')
    expect(await said({ role: denying, needs: test })).toBeUndefined()
    expect(await said({ role: denying, needs: tagged(undefined) })).toBeUndefined()
  })
})

describe('a session that somebody began', () => {
  const assumed = (userid: string) => ({
    account: ACCOUNT,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/worker/s`,
    accessKeyId: 'ASIA',
    role: ROLE,
    session: { 'aws:userid': userid, 'aws:TokenIssueTime': '2026-11-22T11:00:00.000Z' },
  })
  const identity = assumed('AROAWORKER:s')

  test('does not ask whether its role trusts a service', async () => {
    const role = { ...permissions(everything), trust: trusting('ec2.amazonaws.com') }
    expect(await said({ identity, role })).toBeUndefined()
  })

  test('may do nothing in a role that is not there any more, or is another one, not even in development', async () => {
    for (const unknownRoles of ['everything', 'nothing'] as const) {
      expect(await said({ identity, unknownRoles })).toContain('is not authorized')
      const another = { identity: assumed('AROAEARLIER:s'), role: permissions(everything), unknownRoles }
      expect(await said(another)).toContain('is not authorized')
    }
  })

  test('is as old as it is', async () => {
    const since = (time: string) => ({
      ...everything,
      Condition: { DateGreaterThan: { 'aws:TokenIssueTime': time } },
    })
    expect(await said({ identity, role: permissions(since('2026-11-22T10:59:59Z')) })).toBeUndefined()
    expect(await said({ identity, role: permissions(since('2026-11-22T11:00:01Z')) })).toContain(
      'not authorized',
    )
  })

  test('of a user reaches everything but IAM', async () => {
    const user = `arn:aws:iam::${ACCOUNT}:user/ann`
    const ofUser = { ...identity, arn: user, role: undefined, user }
    const service = { signingName: 'iam' }
    expect(await said({ identity: ofUser, user: permissions(everything) })).toBeUndefined()
    expect(await said({ identity: ofUser, user: permissions(everything), service })).toBe(
      'InvalidClientTokenId: The security token included in the request is invalid',
    )
    const { session: _, ...withKey } = ofUser
    expect(await said({ identity: withKey, user: permissions(everything), service })).toBeUndefined()
  })
})

test.each<[string, string]>([
  ['aws:PrincipalArn', ROLE],
  ['aws:PrincipalAccount', ACCOUNT],
  ['aws:PrincipalType', 'AssumedRole'],
  ['aws:PrincipalTag/team', 'blue'],
  ['aws:userid', 'AROAWORKER:f'],
  ['aws:RequestedRegion', 'eu-west-1'],
  ['aws:CurrentTime', '2026-11-22T12:00:00.000Z'],
  ['aws:EpochTime', String(NOW / 1000)],
  ['aws:UserAgent', 'aws-sdk-js/3'],
  ['aws:SecureTransport', 'true'],
  ['lambda:SourceFunctionArn', `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:f`],
  ['aws:RequestTag/cost', 'center'],
])('policies may ask for %s', async (key, value) => {
  const asking = (wanted: string) =>
    said({
      role: permissions({ ...everything, Condition: { StringEquals: { [key]: wanted } } }),
      input: { Tags: { cost: 'center' } },
    })
  expect(await asking(value)).toBeUndefined()
  expect(await asking(`${value}x`)).toContain('AccessDenied')
})

test('policies may ask which tags a request is about, in each of the forms that services have', async () => {
  const only = (...keys: string[]): StatementDocument => ({
    ...everything,
    Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': keys }, Null: { 'aws:TagKeys': false } },
  })
  for (const input of [
    { Tags: { a: '1' } },
    { Tags: [{ Key: 'a', Value: '1' }] },
    { Tags: [{ TagKey: 'a', TagValue: '1' }] },
    { tags: { a: '1' } },
    { UserPoolTags: { a: '1' } },
    { TagKeys: ['a'] },
  ]) {
    expect(await said({ role: permissions(only('a')), input })).toBeUndefined()
    expect(await said({ role: permissions(only('b')), input })).toContain('AccessDenied')
  }
})
