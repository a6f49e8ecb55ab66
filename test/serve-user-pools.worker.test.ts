import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { poolAnywhere } from '../src/identity/user-pools/find-pool.ts'
import { signToken } from '../src/identity/user-pools/tokens/issue-tokens.ts'
import { cognito, env, newPool, ORIGIN, platform, send } from './aws/services/cognito-idp/cognito-harness.ts'
import { addUser } from './aws/services/cognito-idp/sign-in-harness.ts'
import { byPassword, PASSWORD_CLIENT } from './aws/services/cognito-idp/signed-in.ts'
import { functionOf } from './aws/services/cognito-idp/trigger-functions.ts'

const sdk = cognito()
const SCOPES = ['api/read', 'api/write']

/** A pool with a domain, and a client of machines. */
async function machines() {
  const made = await newPool()
  const { UserPoolId } = made
  await sdk.createResourceServer({
    UserPoolId,
    Identifier: 'api',
    Name: 'api',
    Scopes: ['read', 'write', 'admin'].map(ScopeName => ({ ScopeName, ScopeDescription: ScopeName })),
  })
  const { UserPoolClient } = await sdk.createUserPoolClient({
    UserPoolId,
    ClientName: 'machine',
    GenerateSecret: true,
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ['client_credentials'],
    AllowedOAuthScopes: SCOPES,
    AccessTokenValidity: 10,
    TokenValidityUnits: { AccessToken: 'minutes' },
  })
  const domain = `tokens-${UserPoolId.slice(-9)}`
  await sdk.createUserPoolDomain({ UserPoolId, Domain: domain })
  return {
    ...made,
    domain,
    id: UserPoolClient!.ClientId!,
    secret: UserPoolClient!.ClientSecret!,
    byHost: `http://${domain}.auth.localhost:8787`,
    byPath: `${ORIGIN}/_aws/user-pool-domain/${domain}`,
  }
}

let pool: Awaited<ReturnType<typeof machines>>
beforeAll(async () => {
  pool = await machines()
})

const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` })

const post = (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  send(url, { method: 'POST', body: new URLSearchParams(form), headers })

const answer = async (sent: Promise<Response>) => {
  const response = await sent
  return [response.status, await response.json()]
}

describe('keys of a pool', () => {
  test('are public, to pages of every origin', async () => {
    const url = `${ORIGIN}/${pool.UserPoolId}/.well-known/jwks.json`
    const response = await send(url, { headers: { origin: 'https://example.com' } })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600')
    const { keys } = (await response.json()) as { keys: Record<string, string>[] }
    expect(keys).toHaveLength(1)
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  })

  test('are found by discovery, from the issuer alone', async () => {
    const issuer = `${ORIGIN}/${pool.UserPoolId}`
    const [status, document] = await answer(send(`${issuer}/.well-known/openid-configuration`))
    expect(status).toBe(200)
    expect(document).toMatchObject({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      token_endpoint: `${pool.byPath}/oauth2/token`,
    })
    expect(document).not.toHaveProperty('authorization_endpoint')
    expect(await answer(send(`${pool.byHost}/.well-known/openid-configuration`))).toEqual([200, document])
  })

  test('are nobody’s where there is no pool', async () => {
    expect((await send(`${ORIGIN}/us-east-1_nonesuch/.well-known/jwks.json`)).status).toBe(404)
    const { UserPoolId } = await newPool()
    await sdk.deleteUserPool({ UserPoolId })
    expect((await send(`${ORIGIN}/${UserPoolId}/.well-known/jwks.json`)).status).toBe(404)
  })
})

describe('the token endpoint', () => {
  test.each(['byHost', 'byPath'] as const)('gives machines tokens, %s', async style => {
    const response = await post(
      `${pool[style]}/oauth2/token`,
      { grant_type: 'client_credentials', scope: 'api/read' },
      basic(pool.id, pool.secret),
    )
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const { access_token, ...rest } = (await response.json()) as { access_token: string }
    expect(rest).toEqual({ expires_in: 600, token_type: 'Bearer' })
    const keys = await (await send(`${ORIGIN}/${pool.UserPoolId}/.well-known/jwks.json`)).json()
    const { payload } = await jwtVerify(access_token, createLocalJWKSet(keys as never), {
      issuer: `${ORIGIN}/${pool.UserPoolId}`,
    })
    expect(payload).toMatchObject({
      sub: pool.id,
      client_id: pool.id,
      token_use: 'access',
      scope: 'api/read',
      version: 2,
      exp: payload.iat! + 600,
    })
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('takes the secret in the form, too, and gives all scopes where none is asked for', async () => {
    const form = { grant_type: 'client_credentials', client_id: pool.id, client_secret: pool.secret }
    const [, tokens] = await answer(post(`${pool.byHost}/oauth2/token`, form))
    const payload = JSON.parse(atob((tokens as { access_token: string }).access_token.split('.')[1]!))
    expect(payload.scope).toBe('api/read api/write')
  })

  test.each([
    ['no client', {}, {}, { error: 'invalid_request' }],
    ['a client that is not there', { client_id: 'absent' }, {}, { error: 'invalid_client' }],
    [
      'a wrong secret',
      {},
      () => basic(pool.id, 'x'.repeat(51)),
      { error: 'invalid_client', error_description: 'invalid_client_secret' },
    ],
    [
      'an empty secret',
      {},
      () => basic(pool.id, ''),
      { error: 'invalid_client', error_description: 'invalid_client_secret' },
    ],
    [
      'no secret of one that has one',
      () => ({ client_id: pool.id }),
      {},
      { error: 'invalid_client', error_description: 'invalid_client_secret' },
    ],
    ['a public client', () => ({ client_id: pool.ClientId }), {}, { error: 'unauthorized_client' }],
    [
      'a scope that is not the client’s',
      { scope: 'api/read api/admin' },
      () => basic(pool.id, pool.secret),
      { error: 'invalid_scope' },
    ],
    [
      'two ways to say who it is',
      () => ({ client_id: pool.id, client_secret: pool.secret }),
      () => basic(pool.id, pool.secret),
      { error: 'invalid_request' },
    ],
    [
      'another grant',
      { grant_type: 'password' },
      () => basic(pool.id, pool.secret),
      { error: 'unsupported_grant_type' },
    ],
    [
      'a code of managed login',
      { grant_type: 'authorization_code', code: 'x' },
      () => basic(pool.id, pool.secret),
      {
        error: 'unsupported_grant_type',
        error_description: 'Weir has no managed login that could have given a code.',
      },
    ],
  ])('refuses %s', async (_, form, headers, body) => {
    const sent = { grant_type: 'client_credentials', ...(typeof form === 'function' ? form() : form) }
    const by = typeof headers === 'function' ? headers() : headers
    expect(await answer(post(`${pool.byHost}/oauth2/token`, sent, by))).toEqual([400, body])
  })

  test('refuses parameters that are there twice', async () => {
    const body = new URLSearchParams('grant_type=client_credentials&scope=api/read&scope=api/write')
    const init = { method: 'POST', body, headers: basic(pool.id, pool.secret) }
    expect(await answer(send(`${pool.byHost}/oauth2/token`, init))).toEqual([
      400,
      { error: 'invalid_request' },
    ])
  })

  test('asks the pool’s function about tokens of machines from the third version of its event on', async () => {
    const made = await machines()
    const LambdaArn = await functionOf(
      `const { triggerSource, version, request } = event
       event.response.claimsAndScopeOverrideDetails = {
         accessTokenGeneration: {
           claimsToAddOrOverride: { said: [triggerSource, version, ...request.scopes, request.clientMetadata?.from], sub: 'x' },
           scopesToAdd: ['api/extra'],
           scopesToSuppress: ['api/write'],
         },
       }`,
    )
    const claimsWith = async (LambdaVersion: 'V2_0' | 'V3_0') => {
      const LambdaConfig = { PreTokenGenerationConfig: { LambdaVersion, LambdaArn } }
      await sdk.updateUserPool({ UserPoolId: made.UserPoolId, LambdaConfig })
      const form = { grant_type: 'client_credentials', aws_client_metadata: '{"from":"cron"}' }
      const [, tokens] = await answer(post(`${made.byPath}/oauth2/token`, form, basic(made.id, made.secret)))
      return decodeJwt((tokens as { access_token: string }).access_token)
    }
    expect(await claimsWith('V3_0')).toMatchObject({
      sub: made.id,
      scope: 'api/read api/extra',
      said: ['TokenGeneration_ClientCredentials', '3', 'api/read', 'api/write', 'cron'],
    })
    expect(await claimsWith('V2_0')).toMatchObject({ scope: 'api/read api/write' })
  })

  test('knows no clients of other pools', async () => {
    const other = await machines()
    const form = { grant_type: 'client_credentials' }
    const sent = post(`${other.byHost}/oauth2/token`, form, basic(pool.id, pool.secret))
    expect(await answer(sent)).toEqual([400, { error: 'invalid_client' }])
  })

  test('reads forms only, of a size that they have', async () => {
    const init = {
      method: 'POST',
      headers: basic(pool.id, pool.secret),
      body: '{"grant_type":"client_credentials"}',
    }
    expect(await answer(send(`${pool.byHost}/oauth2/token`, init))).toEqual([
      400,
      { error: 'invalid_request' },
    ])
    const long = { grant_type: 'client_credentials', scope: 'x'.repeat(70_000) }
    const sent = post(`${pool.byHost}/oauth2/token`, long, basic(pool.id, pool.secret))
    expect(await answer(sent)).toEqual([400, { error: 'invalid_request' }])
  })

  test('is open to pages of every origin', async () => {
    const response = await send(`${pool.byHost}/oauth2/token`, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
  })
})

describe('of users who have signed in', () => {
  /** A user’s tokens, of a public client. */
  async function signedIn(client: object = {}) {
    const made = await newPool({}, { ...PASSWORD_CLIENT, ...client })
    const { UserPoolId, ClientId } = made
    await addUser(made, 'ada', { email: 'ada@example.com' })
    const { AuthenticationResult } = await byPassword(ClientId, 'ada')
    const Domain = `users-${UserPoolId.slice(-9)}`
    await sdk.createUserPoolDomain({ UserPoolId, Domain })
    return { ...made, tokens: AuthenticationResult!, url: `http://${Domain}.auth.localhost:8787` }
  }

  const refreshed = (url: string, client_id: string, refresh_token: string) =>
    answer(post(`${url}/oauth2/token`, { grant_type: 'refresh_token', client_id, refresh_token }))

  test('tokens are refreshed until they are revoked', async () => {
    const { tokens, url, ClientId } = await signedIn()
    const token = tokens.RefreshToken!
    const [status, body] = await refreshed(url, ClientId, token)
    expect(status).toBe(200)
    expect(Object.keys(body as object).sort()).toEqual([
      'access_token',
      'expires_in',
      'id_token',
      'token_type',
    ])
    expect(await refreshed(url, ClientId, 'made-up')).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'Invalid Refresh Token' },
    ])
    const revoke = (form: Record<string, string>) =>
      post(`${url}/oauth2/revoke`, { client_id: ClientId, ...form })
    expect(await answer(revoke({}))).toEqual([400, { error: 'invalid_request' }])
    const [, other] = await answer(revoke({ token: tokens.AccessToken! }))
    expect(other).toMatchObject({ error: 'unsupported_token_type' })
    const revoked = await revoke({ token })
    expect([revoked.status, await revoked.text()]).toEqual([200, ''])
    expect(await refreshed(url, ClientId, token)).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'Refresh Token has been revoked' },
    ])
  })

  test('another client’s refresh tokens are none', async () => {
    const { tokens, url, UserPoolId } = await signedIn()
    const { UserPoolClient } = await sdk.createUserPoolClient({ UserPoolId, ClientName: 'other' })
    const [, body] = await refreshed(url, UserPoolClient!.ClientId!, tokens.RefreshToken!)
    expect(body).toMatchObject({ error: 'invalid_grant' })
  })

  test('attributes are for tokens with the scope openid: of the scopes beside it, or all that the client may read', async () => {
    const { tokens, url, UserPoolId } = await signedIn()
    const { account, pool: stored } = (await poolAnywhere(env.DB, UserPoolId))!
    const claims = decodeJwt(tokens.AccessToken!)
    /** As a function before tokens makes them. */
    const ask = async (further: string) => {
      const scope = `${claims.scope} ${further}`
      const token = await signToken(platform().secrets, account, stored, { ...claims, scope } as never)
      const response = await send(`${url}/oauth2/userInfo`, { headers: { authorization: `Bearer ${token}` } })
      return response.json()
    }
    const known = { sub: claims.sub, username: 'ada' }
    expect(await ask('openid')).toMatchObject({ ...known, email: 'ada@example.com' })
    expect(await ask('openid email')).toMatchObject({ ...known, email: 'ada@example.com' })
    expect(await ask('openid phone')).toEqual(known)
  })

  test('attributes are not for tokens without the scope openid, which signing in by the API gives none', async () => {
    const { tokens, url } = await signedIn()
    const ask = (headers: Record<string, string>) => send(`${url}/oauth2/userInfo`, { headers })
    const response = await ask({ authorization: `Bearer ${tokens.AccessToken}` })
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'invalid_token', error_description: 'Access token does not contain openid scope' },
    ])
    expect(response.headers.get('www-authenticate')).toContain('Bearer error="invalid_token"')
    expect((await ask({ authorization: `Bearer ${tokens.IdToken}` })).status).toBe(401)
    expect((await ask({})).status).toBe(400)
  })
})

test('there is no managed login, and it says so', async () => {
  const [status, body] = await answer(send(`${pool.byHost}/oauth2/authorize?client_id=${pool.id}`))
  expect([status, body]).toEqual([
    400,
    {
      error: 'unsupported_response_type',
      error_description:
        'Weir has no managed login: users sign in with the operations of the user pools API.',
    },
  ])
})

test('a domain of the owner’s own is one by its host', async () => {
  const { UserPoolId } = await newPool()
  const Domain = `auth-${UserPoolId.slice(-9)}.example.com`
  const CustomDomainConfig = { CertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/1' }
  await sdk.createUserPoolDomain({ UserPoolId, Domain, CustomDomainConfig })
  const response = await send(`https://${Domain}/.well-known/jwks.json`)
  expect(response.status).toBe(200)
})

test('paths of domains are other planes’ where there is no such domain', async () => {
  const response = await send('http://weir.example.com:8787/login/object')
  expect(await response.text()).not.toContain('managed login')
  expect((await send(`${ORIGIN}/_aws/user-pool-domain/absent/oauth2/token`)).status).toBe(404)
})
