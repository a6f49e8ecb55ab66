import { describe, expect, test } from 'vitest'
import {
  allow,
  as,
  type Clients,
  denial,
  keysOf,
  newFunction,
  newRoot,
  newUser,
  outcome,
  policy,
  trust,
} from '../../../identity/accounts.ts'

const root = await newRoot()
const other = await newRoot()
const { account, iam } = root
const F = await newFunction(root, 'f')
const G = await newFunction(root, 'g')

const arnOf = (name: string) => `arn:aws:iam::${account}:role/${name}`
const sessionOf = (name: string, session = 'session') =>
  `arn:aws:sts::${account}:assumed-role/${name}/${session}`

const OWN = { AWS: `arn:aws:iam::${account}:root` }
const ASSUME = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']

const alice = await newUser(root, 'alice', allow(['sts:*', 'lambda:ListFunctions']))

let roles = 0
/** A role of the account that its users may act in. */
async function newRole(policyDocument: string, trusted = trust(OWN, { Action: ASSUME }), more: object = {}) {
  const RoleName = `role-${++roles}`
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: trusted, ...more })
  await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: policyDocument })
  return RoleName
}

interface Asked {
  readonly RoleSessionName?: string
  readonly [member: string]: unknown
}

const assume = ({ sts }: Clients, name: string, more: Asked = {}) =>
  sts.assumeRole({ RoleArn: arnOf(name), RoleSessionName: 'session', ...more })

const begin = async (clients: Clients, name: string, more: Asked = {}) =>
  as(keysOf((await assume(clients, name, more)).Credentials))

const invoke = ({ lambda }: Clients, FunctionName = F) => outcome(lambda.invoke({ FunctionName }))

const notTrusted = (arn: string, name: string, action = 'sts:AssumeRole') =>
  denial(arn, action, arnOf(name), `because no role trust policy allows the ${action} action`)

describe('a session of a role', () => {
  test('is somebody of its own, and may do what the role may', async () => {
    const name = await newRole(allow('lambda:InvokeFunction', F))
    const answer = await assume(alice, name, { RoleSessionName: 'night-shift' })
    expect(answer.AssumedRoleUser).toEqual({
      Arn: sessionOf(name, 'night-shift'),
      AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}:night-shift$/),
    })
    expect(answer.PackedPolicySize).toBeUndefined()
    expect(answer.Credentials!.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    const lasts = answer.Credentials!.Expiration!.getTime() - Date.now()
    expect(lasts).toBeGreaterThan(3_500_000)
    expect(lasts).toBeLessThanOrEqual(3_600_000)
    const session = as(keysOf(answer.Credentials))
    expect(await session.sts.getCallerIdentity({})).toMatchObject({
      Account: account,
      Arn: sessionOf(name, 'night-shift'),
      UserId: answer.AssumedRoleUser!.AssumedRoleId,
    })
    expect(await invoke(session)).toBe('ok')
    expect(await invoke(session, G)).toBe(denial(sessionOf(name, 'night-shift'), 'lambda:InvokeFunction', G))
    // What the user may do, the session may not.
    expect(await outcome(session.lambda.listFunctions({}))).toContain('is not authorized')
  })

  test('may do no more than the policies that it was given when it began', async () => {
    const name = await newRole(allow('lambda:*'))
    const inline = await begin(alice, name, { Policy: allow('lambda:InvokeFunction', F) })
    expect([await invoke(inline), await invoke(inline, G)]).toEqual([
      'ok',
      denial(
        sessionOf(name),
        'lambda:InvokeFunction',
        G,
        'because no session policy allows the lambda:InvokeFunction action',
      ),
    ])
    const managed = await begin(alice, name, {
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole' }],
    })
    expect(await invoke(managed, G)).toBe('ok')
    expect(await outcome(managed.lambda.listFunctions({}))).toContain('because no session policy allows')
    // They give nothing that the role does not have.
    expect(await outcome((await begin(alice, name, { Policy: allow('*') })).iam.listUsers({}))).toContain(
      'because no identity-based policy allows',
    )
  })

  test('ends with the role, also if another one takes its name', async () => {
    const name = await newRole(allow('lambda:*'))
    const session = await begin(alice, name)
    expect(await invoke(session)).toBe('ok')
    const remake = async () => {
      await iam.deleteRolePolicy({ RoleName: name, PolicyName: 'p' })
      await iam.deleteRole({ RoleName: name })
    }
    await remake()
    expect(await invoke(session)).toContain('is not authorized')
    await iam.createRole({ RoleName: name, AssumeRolePolicyDocument: trust(OWN) })
    await iam.putRolePolicy({ RoleName: name, PolicyName: 'p', PolicyDocument: allow('*') })
    expect(await invoke(session)).toContain('is not authorized')
    expect(await invoke(await begin(alice, name))).toBe('ok')
  })

  test('has a token that says who it is of, and that nobody can alter', async () => {
    const name = await newRole(allow('lambda:*'))
    const { credentials } = await begin(alice, name)
    const { credentials: another } = await begin(alice, name)
    const refused = 'UnrecognizedClientException: The security token included in the request is invalid.'
    const token = credentials.sessionToken!
    const middle = token.length >> 1
    const flipped = token[middle] === 'A' ? 'B' : 'A'
    for (const sessionToken of [
      undefined,
      'x',
      '',
      another.sessionToken,
      token.replace(account, other.account),
      token.slice(0, middle) + flipped + token.slice(middle + 1),
      token.slice(0, -4),
      `${token}AAAA`,
    ]) {
      expect([sessionToken, await invoke(as({ ...credentials, sessionToken }))]).toEqual([
        sessionToken,
        refused,
      ])
    }
    expect(await invoke(as({ ...credentials, secretAccessKey: another.secretAccessKey }))).toContain(
      'The request signature we calculated does not match',
    )
    expect(await invoke(as(credentials))).toBe('ok')
  })

  test('lasts as long as it is asked to, within the bounds of the role and of chains', async () => {
    const name = await newRole(allow('sts:*'), undefined, { MaxSessionDuration: 7200 })
    const longer = async (clients: Clients, DurationSeconds: number) => {
      const ends = (await assume(clients, name, { DurationSeconds })).Credentials!.Expiration!.getTime()
      return Math.round((ends - Date.now()) / 10_000) * 10
    }
    expect(await longer(alice, 900)).toBe(900)
    expect(await longer(alice, 7200)).toBe(7200)
    expect(await outcome(assume(alice, name, { DurationSeconds: 7201 }))).toBe(
      'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
    expect(await outcome(assume(alice, name, { DurationSeconds: 899 }))).toContain(
      "Value '899' at 'durationSeconds' failed to satisfy constraint",
    )
    const session = await begin(alice, name)
    expect(await longer(session, 3600)).toBe(3600)
    expect(await outcome(assume(session, name, { DurationSeconds: 3601 }))).toBe(
      'ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  })

  test('is what conditions can ask for', async () => {
    const condition = (Condition: object) => allow('lambda:*', '*', { Condition })
    for (const [right, wrong] of [
      [
        { Bool: { 'aws:MultiFactorAuthPresent': 'false' } },
        { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      ],
      [
        { DateGreaterThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' } },
        { DateLessThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' } },
      ],
      [{ StringLike: { 'aws:userid': 'AROA*:session' } }, { StringLike: { 'aws:userid': 'AIDA*' } }],
      [{ Null: { 'aws:username': 'true' } }, { Null: { 'aws:username': 'false' } }],
      [
        { StringEquals: { 'aws:PrincipalType': 'AssumedRole' } },
        { StringEquals: { 'aws:PrincipalType': 'User' } },
      ],
      [
        { ArnLike: { 'aws:PrincipalArn': arnOf('role-*') } },
        { ArnLike: { 'aws:PrincipalArn': 'arn:aws:sts::*:assumed-role/*' } },
      ],
      [{ IpAddress: { 'aws:SourceIp': '127.0.0.1' } }, { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }],
    ]) {
      expect([right, await invoke(await begin(alice, await newRole(condition(right!))))]).toEqual([
        right,
        'ok',
      ])
      expect(await invoke(await begin(alice, await newRole(condition(wrong!))))).toContain(
        'is not authorized',
      )
    }
  })
})

describe('a role', () => {
  test('is assumed by whom it trusts, where that is the account by whom of it may', async () => {
    const name = await newRole(allow('lambda:*'))
    const bob = await newUser(root, 'bob')
    expect(await outcome(assume(bob, name))).toBe(denial(bob.arn, 'sts:AssumeRole', arnOf(name)))
    const named = await newRole(allow('lambda:*'), trust({ AWS: bob.arn }))
    expect(await outcome(assume(bob, named))).toBe('ok')
    expect(await outcome(assume(alice, named))).toBe(notTrusted(alice.arn, named))
  })

  test('that is not there is refused like one that trusts somebody else', async () => {
    expect(await outcome(assume(alice, 'nobody'))).toBe(notTrusted(alice.arn, 'nobody'))
    const functions = await newRole(allow('*'), trust({ Service: 'lambda.amazonaws.com' }))
    expect(await outcome(assume(alice, functions))).toBe(notTrusted(alice.arn, functions))
  })

  test('can refuse somebody by name', async () => {
    const name = await newRole(
      allow('*'),
      policy(
        { Principal: OWN, Action: 'sts:AssumeRole' },
        { Effect: 'Deny', Principal: { AWS: alice.arn }, Action: 'sts:AssumeRole' },
      ),
    )
    expect(await outcome(assume(alice, name))).toBe(
      denial(alice.arn, 'sts:AssumeRole', arnOf(name), 'with an explicit deny in the role trust policy'),
    )
  })

  test('of another account is assumed where both accounts allow it', async () => {
    const carol = await newUser(other, 'carol')
    const external = { StringEquals: { 'sts:ExternalId': 'e-1' } }
    const name = await newRole(
      allow('lambda:*'),
      trust({ AWS: `arn:aws:iam::${other.account}:root` }, { Condition: external }),
    )
    const ExternalId = 'e-1'
    expect(await outcome(assume(carol, name, { ExternalId }))).toBe(
      denial(carol.arn, 'sts:AssumeRole', arnOf(name)),
    )
    await other.iam.putUserPolicy({
      UserName: 'carol',
      PolicyName: 'p',
      PolicyDocument: allow('sts:AssumeRole', arnOf(name)),
    })
    expect(await outcome(assume(carol, name, { ExternalId: 'e-2' }))).toBe(notTrusted(carol.arn, name))
    expect(await outcome(assume(carol, name))).toBe(notTrusted(carol.arn, name))
    const session = await begin(carol, name, { ExternalId })
    expect(await session.sts.getCallerIdentity({})).toMatchObject({ Account: account, Arn: sessionOf(name) })
    expect(await invoke(session)).toBe('ok')
    // Named in person, it still needs its own account's leave.
    const dave = await newUser(other, 'dave')
    const direct = await newRole(allow('lambda:*'), trust({ AWS: dave.arn }))
    expect(await outcome(assume(dave, direct))).toBe(denial(dave.arn, 'sts:AssumeRole', arnOf(direct)))
  })

  test('is assumed under names that its trust policy lets through', async () => {
    const condition = { StringLike: { 'sts:RoleSessionName': `\${aws:username}-*` } }
    const name = await newRole(allow('*'), trust(OWN, { Condition: condition }))
    expect(await outcome(assume(alice, name, { RoleSessionName: 'alice-1' }))).toBe('ok')
    expect(await outcome(assume(alice, name, { RoleSessionName: 'bob-1' }))).toBe(notTrusted(alice.arn, name))
  })

  test('is named by an ARN', async () => {
    for (const RoleArn of ['arn:aws:iam::1:role/short-account', `arn:aws:iam::${account}:user/alice`]) {
      expect(await outcome(alice.sts.assumeRole({ RoleArn, RoleSessionName: 'session' }))).toBe(
        `ValidationError: ${RoleArn} is invalid`,
      )
    }
  })
})

describe('tags of a session', () => {
  const Tags = [
    { Key: 'Project', Value: 'Automation' },
    { Key: 'cost', Value: '7' },
  ]

  test('are what policies see of it, in place of the role’s own', async () => {
    const tagged = {
      StringEquals: { 'aws:PrincipalTag/project': 'Automation', 'aws:PrincipalTag/team': 'blue' },
    }
    const name = await newRole(allow('lambda:*', '*', { Condition: tagged }), undefined, {
      Tags: [
        { Key: 'project', Value: 'Other' },
        { Key: 'team', Value: 'blue' },
      ],
    })
    expect(await invoke(await begin(alice, name))).toContain('is not authorized')
    const answer = await assume(alice, name, { Tags })
    expect(answer.PackedPolicySize).toBeGreaterThan(0)
    expect(await invoke(as(keysOf(answer.Credentials)))).toBe('ok')
  })

  test('have to be permitted by both sides', async () => {
    const untagged = await newRole(allow('*'), trust(OWN))
    expect(await outcome(assume(alice, untagged, { Tags }))).toBe(
      notTrusted(alice.arn, untagged, 'sts:TagSession'),
    )
    const only = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Project'] } }
    const picky = await newRole(
      allow('*'),
      policy(
        { Principal: OWN, Action: 'sts:AssumeRole' },
        { Principal: OWN, Action: 'sts:TagSession', Condition: only },
      ),
    )
    expect(await outcome(assume(alice, picky, { Tags }))).toBe(notTrusted(alice.arn, picky, 'sts:TagSession'))
    expect(await outcome(assume(alice, picky, { Tags: Tags.slice(0, 1) }))).toBe('ok')
  })

  test('go on into further sessions where they are transitive, and stay as they are', async () => {
    const tagged = {
      StringEquals: { 'aws:PrincipalTag/Project': 'Automation' },
      Null: { 'aws:PrincipalTag/cost': 'true' },
    }
    const first = await newRole(allow('sts:*'))
    const second = await newRole(allow('lambda:*', '*', { Condition: tagged }))
    const session = await begin(alice, first, { Tags, TransitiveTagKeys: ['project'] })
    expect(await invoke(await begin(session, second))).toBe('ok')
    expect(await outcome(assume(session, second, { Tags: [{ Key: 'PROJECT', Value: 'x' }] }))).toContain(
      'conflicts with a transitive tag key from the calling session',
    )
    expect(await invoke(await begin(await begin(alice, first, { Tags }), second))).toContain(
      'is not authorized',
    )
  })

  test('are refused where they are none', async () => {
    const name = await newRole(allow('*'))
    const refused = (Tags: object[], TransitiveTagKeys?: string[]) =>
      outcome(assume(alice, name, { Tags, TransitiveTagKeys }))
    expect(await refused([Tags[0]!, { Key: 'PROJECT', Value: '2' }])).toContain('Duplicate tag keys found')
    expect(await refused([{ Key: 'aws:x', Value: '2' }])).toContain('reserved for AWS')
    expect(await refused(Tags, ['other'])).toContain('must be included in the requested tags')
    const many = Array.from({ length: 50 }, (_, i) => ({ Key: `key-${i}`, Value: 'v'.repeat(200) }))
    expect(await refused(many)).toMatch(
      /^PackedPolicyTooLargeException: Packed size of session tags consumes 2\d\d%/,
    )
  })
})

describe('the source identity', () => {
  test('is set once, and goes on through all sessions that follow', async () => {
    const identified = { StringEquals: { 'aws:SourceIdentity': 'alice@example.com' } }
    const first = await newRole(allow('sts:*'))
    const second = await newRole(allow('lambda:*', '*', { Condition: identified }))
    const SourceIdentity = 'alice@example.com'
    const answer = await assume(alice, first, { SourceIdentity })
    expect(answer.SourceIdentity).toBe(SourceIdentity)
    const session = as(keysOf(answer.Credentials))
    expect(await invoke(await begin(session, second))).toBe('ok')
    expect(await outcome(assume(session, second, { SourceIdentity: 'bob' }))).toContain('cannot be changed')
    expect(await invoke(await begin(alice, second))).toContain('is not authorized')
  })

  test('has to be permitted by the role', async () => {
    const name = await newRole(allow('*'), trust(OWN))
    expect(await outcome(assume(alice, name, { SourceIdentity: 'alice' }))).toBe(
      notTrusted(alice.arn, name, 'sts:SetSourceIdentity'),
    )
  })
})

test('what cannot be a session’s policy is refused', async () => {
  const name = await newRole(allow('*'))
  const refused = (more: Asked) => outcome(assume(alice, name, more))
  expect(await refused({ Policy: '{' })).toBe('MalformedPolicyDocumentException: Syntax errors in policy.')
  expect(await refused({ Policy: allow('x') })).toContain('MalformedPolicyDocumentException: Actions')
  expect(await refused({ Policy: allow(`s3:${'x'.repeat(2100)}`) })).toMatch(
    /^PackedPolicyTooLargeException: Packed policy consumes 10\d% of allotted space, please use smaller policy\.$/,
  )
  const gone = `arn:aws:iam::${account}:policy/gone`
  expect(await refused({ PolicyArns: [{ arn: gone }] })).toContain(`Policy ${gone} does not exist`)
  expect(await refused({ SerialNumber: `arn:aws:iam::${account}:mfa/alice`, TokenCode: '123456' })).toContain(
    'MultiFactorAuthentication failed',
  )
})
