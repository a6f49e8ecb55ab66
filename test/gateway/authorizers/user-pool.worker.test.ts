import { APIGateway } from '@aws-sdk/client-api-gateway'
import { IAM } from '@aws-sdk/client-iam'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { identityPointerName, type PublishedPool } from '../../../src/identity/published.ts'
import { writePointer } from '../../../src/pointers/pointer-store.ts'
import { provideDomParser } from '../../dom-parser.ts'
import { poolOf, type SigningKey, sign, signingKey } from '../../identity/tokens/issuer.ts'
import { clientOptions, env, send } from '../../whole-weir.ts'

const REGION = 'us-east-1'
const ACCOUNT = '000000000000'
const api = new APIGateway(clientOptions(REGION))
const iam = new IAM(clientOptions(REGION))

/** A pool that nobody else has, published as the control plane does it. */
async function newPool(key: SigningKey, account = ACCOUNT) {
  const id = `us-east-1_${crypto.randomUUID().replaceAll('-', '').slice(0, 9)}`
  const pool = poolOf(id, [key], { account })
  let generation = 0
  const publish = (doc: PublishedPool | null) => {
    generation += 1
    const store = { objects: env.IDENTITY_ROUTER, documents: env.STORE }
    return writePointer(store, identityPointerName(account, 'pool', id), generation, doc)
  }
  await publish(pool)
  const token = (claims: object = {}) => {
    const now = Math.floor(Date.now() / 1000)
    return sign(key, {
      iss: pool.issuer,
      sub: 'jane',
      iat: now,
      exp: now + 600,
      token_use: 'id',
      aud: 'app',
      ...claims,
    })
  }
  return { id, pool, publish, token, arn: `arn:aws:cognito-idp:${REGION}:${account}:userpool/${id}` }
}

/** An API whose answer is who called it. */
async function newApi(providerARNs: string[], scopes?: string[]) {
  const { id, rootResourceId } = await api.createRestApi({ name: 'guarded' })
  const restApiId = id!
  const { id: authorizerId } = await api.createAuthorizer({
    restApiId,
    name: 'pools',
    type: 'COGNITO_USER_POOLS',
    providerARNs,
    identitySource: 'method.request.header.Authorization',
  })
  const place = { restApiId, resourceId: rootResourceId!, httpMethod: 'GET' }
  await api.putMethod({
    ...place,
    authorizationType: 'COGNITO_USER_POOLS',
    authorizerId,
    authorizationScopes: scopes,
  })
  await api.putIntegration({
    ...place,
    type: 'MOCK',
    requestTemplates: { 'application/json': '{"statusCode":200}' },
  })
  await api.putMethodResponse({ ...place, statusCode: '200' })
  await api.putIntegrationResponse({
    ...place,
    statusCode: '200',
    responseTemplates: { 'application/json': '{"sub":"$context.authorizer.claims.sub"}' },
  })
  await api.createDeployment({ restApiId, stageName: 'prod' })
  const call = async (token?: string): Promise<[number, unknown]> => {
    const request = new Request(`http://${restApiId}.execute-api.localhost:8787/prod/`, {
      headers: token === undefined ? {} : { authorization: token },
    })
    const response = await send(request)
    return [response.status, await response.json()]
  }
  return { restApiId, authorizerId: authorizerId!, call }
}

let key: SigningKey
let otherKey: SigningKey

beforeAll(async () => {
  provideDomParser()
  key = await signingKey()
  otherKey = await signingKey()
})

const UNAUTHORIZED = [401, { message: 'Unauthorized' }]

describe('a user pool guards an API', () => {
  test('whose tokens let in, and no others', async () => {
    const [mine, other] = await Promise.all([newPool(key), newPool(otherKey)])
    const { call } = await newApi([mine.arn])
    const token = await mine.token()
    for (const _ of ['verified', 'from memory']) {
      expect(await call(`Bearer ${token}`)).toEqual([200, { sub: 'jane' }])
    }
    expect(await call()).toEqual(UNAUTHORIZED)
    expect(await call(await other.token())).toEqual(UNAUTHORIZED)
    expect(await call(await other.token({ iss: mine.pool.issuer }))).toEqual(UNAUTHORIZED)
    expect(await call(await mine.token({ token_use: 'access' }))).toEqual(UNAUTHORIZED)
    const over = await mine.token({ exp: Math.floor(Date.now() / 1000) - 5 })
    expect(await call(over)).toEqual([401, { message: 'The incoming token has expired' }])
  })

  test('with scopes', async () => {
    const pool = await newPool(key)
    const { call } = await newApi([pool.arn], ['pets/read'])
    const access = (scope: string) =>
      pool.token({ token_use: 'access', aud: undefined, client_id: 'app', scope })
    expect(await call(await access('pets/read'))).toEqual([200, { sub: 'jane' }])
    expect(await call(await access('pets/write'))).toEqual([
      403,
      { Message: 'User is not authorized to access this resource' },
    ])
  })

  test('of another account, too', async () => {
    const pool = await newPool(key, '111122223333')
    const { call } = await newApi([pool.arn])
    expect(await call(await pool.token())).toEqual([200, { sub: 'jane' }])
  })

  test('until it is deleted: within two seconds its tokens are worth nothing', async () => {
    const pool = await newPool(key)
    const { call } = await newApi([pool.arn])
    const token = await pool.token()
    expect((await call(token))[0]).toBe(200)
    await pool.publish(null)
    await scheduler.wait(2_050)
    expect(await call(token)).toEqual(UNAUTHORIZED)
  })

  test('by a key that was made after the isolate had looked', async () => {
    const pool = await newPool(key)
    const { call } = await newApi([pool.arn])
    expect((await call(await pool.token()))[0]).toBe(200)
    const next = await signingKey('k2')
    await pool.publish({ ...pool.pool, keys: poolOf(pool.id, [next, key]).keys })
    await scheduler.wait(2_050)
    const now = Math.floor(Date.now() / 1000)
    const token = await sign(next, {
      iss: pool.pool.issuer,
      sub: 'joe',
      iat: now,
      exp: now + 60,
      token_use: 'id',
    })
    expect(await call(token)).toEqual([200, { sub: 'joe' }])
    expect((await call(await pool.token()))[0]).toBe(200)
  })
})

describe('an OpenID provider of the account guards an API', () => {
  afterEach(() => vi.restoreAllMocks())

  /** What the issuer was asked for. */
  function serveIssuer(issuer: string, keys: () => SigningKey[]): string[] {
    const asked: string[] = []
    vi.spyOn(globalThis, 'fetch').mockImplementation(async input => {
      const url = String(input)
      asked.push(url)
      return Response.json(
        url === `${issuer}/keys`
          ? { keys: keys().map(({ publicJwk }) => publicJwk) }
          : { issuer, jwks_uri: `${issuer}/keys` },
      )
    })
    return asked
  }

  const tokenOf = (signer: SigningKey, issuer: string, claims: object = {}) => {
    const now = Math.floor(Date.now() / 1000)
    return sign(signer, { iss: issuer, sub: 'joe', iat: now, exp: now + 600, aud: 'web', ...claims })
  }

  test('with keys found by discovery, until it is deleted', async () => {
    const issuer = `https://${crypto.randomUUID()}.example.com/tenant`
    const asked = serveIssuer(issuer, () => [otherKey])
    const made = await iam.createOpenIDConnectProvider({
      Url: issuer,
      ClientIDList: ['web'],
      ThumbprintList: ['0'.repeat(40)],
    })
    const OpenIDConnectProviderArn = made.OpenIDConnectProviderArn!
    const { call } = await newApi([OpenIDConnectProviderArn])
    const token = await tokenOf(otherKey, issuer)
    for (const _ of ['verified', 'from memory']) {
      expect(await call(`Bearer ${token}`)).toEqual([200, { sub: 'joe' }])
    }
    expect(await call(await tokenOf(otherKey, issuer, { aud: 'other' }))).toEqual(UNAUTHORIZED)
    expect(await call(await tokenOf(key, issuer))).toEqual(UNAUTHORIZED)
    expect(asked).toEqual([`${issuer}/.well-known/openid-configuration`, `${issuer}/keys`])
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn })
    await scheduler.wait(2_050)
    expect(await call(token)).toEqual(UNAUTHORIZED)
  })

  test('and takes tokens of a user pool, without asking it over the network', async () => {
    const pool = await newPool(key)
    const issuer = pool.pool.issuer
    const asked = serveIssuer(issuer, () => [])
    const { OpenIDConnectProviderArn } = await iam.createOpenIDConnectProvider({
      Url: issuer,
      ClientIDList: ['app'],
      ThumbprintList: ['0'.repeat(40)],
    })
    const { call } = await newApi([OpenIDConnectProviderArn!])
    expect(await call(await pool.token())).toEqual([200, { sub: 'jane' }])
    expect(asked).toEqual([])
  })
})

describe('TestInvokeAuthorizer', () => {
  test('answers the claims of an identity token', async () => {
    const pool = await newPool(key)
    const { restApiId, authorizerId } = await newApi([pool.arn])
    const token = await pool.token({ 'cognito:groups': ['a', 'b'], email_verified: true })
    const tried = await api.testInvokeAuthorizer({
      restApiId,
      authorizerId,
      headers: { Authorization: token },
    })
    expect(tried.clientStatus).toBe(0)
    expect(tried.claims).toMatchObject({
      sub: 'jane',
      iss: pool.pool.issuer,
      'cognito:groups': 'a,b',
      email_verified: 'true',
    })
    expect(tried.log).toContain('Successfully completed authorizer execution')
    expect(tried.log).not.toContain(token)
    expect(tried.latency).toBeGreaterThanOrEqual(0)
  })

  test.each([
    ['no token', () => undefined, 'missing'],
    [
      'an access token',
      (pool: Awaited<ReturnType<typeof newPool>>) => pool.token({ token_use: 'access' }),
      'audience',
    ],
    ['no token at all', () => 'nonsense', 'malformed'],
    ['a token of nobody', () => sign(otherKey, { iss: 'https://a.example', exp: 9e9 }), 'issuer'],
    ['an old token', (pool: Awaited<ReturnType<typeof newPool>>) => pool.token({ exp: 1 }), 'expired'],
  ])('says why %s is refused', async (_, make, reason) => {
    const pool = await newPool(key)
    const { restApiId, authorizerId } = await newApi([pool.arn])
    const token = await make(pool)
    const headers = token === undefined ? undefined : { Authorization: token }
    const tried = await api.testInvokeAuthorizer({ restApiId, authorizerId, headers })
    expect(tried.clientStatus).toBe(401)
    expect(tried.claims).toBeUndefined()
    expect(tried.log).toContain(`token refused: ${reason}`)
  })
})
