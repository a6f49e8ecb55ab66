import { STS } from '@aws-sdk/client-sts'
import { describe, expect, test } from 'vitest'
import { identityPointerName } from '../../../../src/identity/published.ts'
import { writePointer } from '../../../../src/pointers/pointer-store.ts'
import { allow, as, keysOf, newFunction, newRoot, outcome, policy } from '../../../identity/accounts.ts'
import { poolOf, sign, signingKey } from '../../../identity/tokens/issuer.ts'
import { clientOptions, env, ORIGIN, send } from '../../../whole-weir.ts'

const root = await newRoot()
const { account, iam } = root
const F = await newFunction(root, 'f')

const own = await signingKey()
const stranger = await signingKey()

/** Publishes a user pool of the account's, whose tokens this test signs. */
async function newPool(issuer: string, of = account): Promise<string> {
  const id = issuer.slice(issuer.lastIndexOf('/') + 1)
  const pool = poolOf(id, [own], { account: of, issuer })
  const store = { objects: env.IDENTITY_ROUTER, documents: env.STORE }
  await writePointer(store, identityPointerName('', 'pool', id), 1, pool)
  return issuer
}

const seconds = () => Math.floor(Date.now() / 1000)

const tokenOf = (iss: string, claims: object = {}, key = own) =>
  sign(key, { sub: 'u-1', aud: 'app', exp: seconds() + 300, ...claims, iss })

/** Of somebody who has no credentials, only a token. */
const { credentials: _, ...anonymous } = clientOptions()
const sts = new STS(anonymous)

const nameOf = (issuer: string) => issuer.replace(/^https?:\/\//, '')

let roles = 0
/** A role for those whom an issuer vouches for, under conditions. */
async function newRole(
  issuer: string,
  condition: object = {},
  statement = allow('lambda:*'),
  actions?: string[],
) {
  const RoleName = `web-${account}-${++roles}`
  const { Role } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: policy({
      Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${nameOf(issuer)}` },
      Action: actions ?? 'sts:AssumeRoleWithWebIdentity',
      Condition: condition,
    }),
  })
  await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: statement })
  return Role!.Arn!
}

const assume = (RoleArn: string, WebIdentityToken: string, more: object = {}) =>
  sts.assumeRoleWithWebIdentity({ RoleArn, RoleSessionName: 'web', WebIdentityToken, ...more })

const refusal = async (RoleArn: string, token: string | Promise<string>, more?: object) =>
  outcome(assume(RoleArn, await token, more))

const DENIED = 'AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity'

const POOL = await newPool(`${ORIGIN}/us-east-1_pool${account}`)

describe('the token of a user pool', () => {
  test('begins a session of a role that trusts the pool', async () => {
    const role = await newRole(POOL)
    const answer = await assume(role, await tokenOf(POOL))
    const name = role.slice(role.lastIndexOf('/') + 1)
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: 'u-1',
      Provider: POOL,
      Audience: 'app',
      AssumedRoleUser: { Arn: `arn:aws:sts::${account}:assumed-role/${name}/web` },
    })
    const session = as(keysOf(answer.Credentials))
    expect((await session.sts.getCallerIdentity({})).Arn).toBe(answer.AssumedRoleUser!.Arn)
    expect(await outcome(session.lambda.invoke({ FunctionName: F }))).toBe('ok')
  })

  test('is held to what the role asks of its audience, its subject and its methods', async () => {
    const name = nameOf(POOL)
    const role = await newRole(POOL, {
      StringEquals: { [`${name}:aud`]: 'app' },
      StringLike: { [`${name}:sub`]: 'u-*' },
      'ForAnyValue:StringLike': { [`${name}:amr`]: 'authenticated' },
    })
    const amr = ['authenticated', 'pwd']
    expect(await refusal(role, tokenOf(POOL, { amr }))).toBe('ok')
    for (const claims of [{}, { amr, aud: 'other' }, { amr, sub: 'x' }, { amr: ['guest'] }]) {
      expect([claims, await refusal(role, tokenOf(POOL, claims))]).toEqual([claims, DENIED])
    }
    // Access tokens name their client elsewhere.
    expect(await refusal(role, tokenOf(POOL, { amr, aud: undefined, client_id: 'app' }))).toBe('ok')
  })

  test('is what policies of the session can ask for, later on', async () => {
    const condition = { StringEquals: { [`${nameOf(POOL)}:sub`]: 'u-1' } }
    const role = await newRole(POOL, {}, allow('lambda:*', '*', { Condition: condition }))
    const invoke = async (sub: string) => {
      const { lambda } = as(keysOf((await assume(role, await tokenOf(POOL, { sub }))).Credentials))
      return outcome(lambda.invoke({ FunctionName: F }))
    }
    expect(await invoke('u-1')).toBe('ok')
    expect(await invoke('u-2')).toContain('is not authorized')
  })

  test('brings tags and a source identity along, where the role lets it', async () => {
    const condition = {
      StringEquals: { 'aws:PrincipalTag/team': 'blue', 'aws:SourceIdentity': 'ann' },
    }
    const actions = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']
    const statement = allow('lambda:*', '*', { Condition: condition })
    const claims = {
      'https://aws.amazon.com/tags': { principal_tags: { team: ['blue'] }, transitive_tag_keys: ['team'] },
      'https://aws.amazon.com/source_identity': 'ann',
    }
    const role = await newRole(POOL, {}, statement, actions)
    const answer = await assume(role, await tokenOf(POOL, claims))
    expect(answer).toMatchObject({ SourceIdentity: 'ann', PackedPolicySize: 1 })
    const { lambda } = as(keysOf(answer.Credentials))
    expect(await outcome(lambda.invoke({ FunctionName: F }))).toBe('ok')
    expect(await refusal(await newRole(POOL), tokenOf(POOL, claims))).toBe(
      'AccessDenied: Not authorized to perform sts:TagSession',
    )
  })

  test('is refused when it is none, or counts no more', async () => {
    const role = await newRole(POOL)
    expect(await refusal(role, 'not.a.token')).toContain('InvalidIdentityToken')
    expect(await refusal(role, 'nothing')).toContain('InvalidIdentityToken')
    expect(await refusal(role, tokenOf(POOL, {}, stranger))).toContain('InvalidIdentityToken')
    const exp = seconds() - 10
    expect(await refusal(role, tokenOf(POOL, { exp }))).toMatch(
      new RegExp(
        `^ExpiredTokenException: Token expired: current date/time \\d+ must be before the expiration date/time ${exp}$`,
      ),
    )
    const [header, , signature] = (await tokenOf(POOL)).split('.')
    const forged = [
      header,
      btoa(JSON.stringify({ iss: POOL, sub: 'x', exp: seconds() + 9 })),
      signature,
    ].join('.')
    expect(await refusal(role, forged.replaceAll('=', ''))).toContain('InvalidIdentityToken')
  })

  test('counts for the pool’s own account alone', async () => {
    const issuer = await newPool(`${ORIGIN}/us-east-1_other${account}`, '999999999999')
    expect(await refusal(await newRole(issuer), tokenOf(issuer))).toBe(
      `InvalidIdentityTokenException: No OpenIDConnect provider found in your account for ${issuer}`,
    )
  })

  test('begins no session of a role that trusts somebody else, or is not there', async () => {
    const other = await newPool(`${ORIGIN}/us-east-1_second${account}`)
    expect(await refusal(await newRole(POOL), tokenOf(other))).toBe(DENIED)
    expect(await refusal(`arn:aws:iam::${account}:role/nobody`, tokenOf(POOL))).toBe(DENIED)
  })

  test('gives a session no more than is asked for it', async () => {
    const role = await newRole(POOL)
    const { Credentials, PackedPolicySize } = await assume(role, await tokenOf(POOL), {
      Policy: allow('lambda:ListFunctions'),
      DurationSeconds: 900,
    })
    expect(PackedPolicySize).toBeGreaterThan(0)
    expect(Math.round((Credentials!.Expiration!.getTime() - Date.now()) / 60_000)).toBe(15)
    const { lambda } = as(keysOf(Credentials))
    expect(await outcome(lambda.invoke({ FunctionName: F }))).toContain('because no session policy allows')
    expect(await refusal(role, tokenOf(POOL), { DurationSeconds: 3601 })).toContain('MaxSessionDuration')
    expect(await refusal(role, tokenOf(POOL), { ProviderId: 'www.amazon.com' })).toContain('ValidationError')
  })
})

describe('the token of an OpenID provider that an account created', () => {
  test('has to be meant for one of its clients', async () => {
    // Whose keys this Weir knows, so that nobody has to be asked for them.
    const issuer = await newPool(`https://id.example.com/us-east-1_oidc${account}`, '999999999999')
    const role = await newRole(issuer)
    expect(await refusal(role, tokenOf(issuer))).toContain('No OpenIDConnect provider found')
    await iam.createOpenIDConnectProvider({ Url: issuer, ClientIDList: ['app', 'second'] })
    expect(await refusal(role, tokenOf(issuer))).toBe('ok')
    expect(await refusal(role, tokenOf(issuer, { aud: ['x', 'second'] }))).toBe('ok')
    expect(await refusal(role, tokenOf(issuer, { aud: 'third' }))).toBe(
      'InvalidIdentityTokenException: Incorrect token audience',
    )
  })
})

test('takes a request that nobody signed, and nothing from one that somebody did', async () => {
  const role = await newRole(POOL)
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'web',
    WebIdentityToken: await tokenOf(POOL),
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const response = await send(`${ORIGIN}/`, { method: 'POST', headers, body: form.toString() })
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('<SubjectFromWebIdentityToken>u-1<')
  const link = await send(`${ORIGIN}/?${form}`)
  expect([link.status, await link.text()]).toEqual([200, expect.stringContaining('<SessionToken>')])
  form.set('Action', 'AssumeRole')
  expect((await send(`${ORIGIN}/?${form}`)).status).toBe(403)
  expect((await send(`${ORIGIN}/`, { method: 'POST', headers, body: form.toString() })).status).toBe(403)
})

test('tells everybody that assertions of SAML are not read', async () => {
  const assertion = { SAMLAssertion: 'PHNhbWw+', PrincipalArn: `arn:aws:iam::${account}:saml-provider/a` }
  expect(
    await outcome(sts.assumeRoleWithSAML({ RoleArn: `arn:aws:iam::${account}:role/a`, ...assertion })),
  ).toBe('NotImplementedException: Weir does not implement AssumeRoleWithSAML yet')
})
