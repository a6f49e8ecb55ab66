import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { base64url, CompactEncrypt, generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Tokens } from '../../../src/gateway/authorizers/token-providers.ts'
import { VerifiedTokens } from '../../../src/gateway/authorizers/verified-tokens.ts'
import type { LogLine } from '../../../src/gateway/logs/log-sink.ts'
import type { SnapshotAuthorizer } from '../../../src/gateway/snapshot.ts'
import type { Published, PublishedKind } from '../../../src/identity/published.ts'
import { identityPointerName } from '../../../src/identity/published.ts'
import { IssuerKeys } from '../../../src/identity/tokens/issuer-keys.ts'
import { issuedTokenVerifier } from '../../../src/identity/tokens/verify-issued-token.ts'
import { LONGEST_TOKEN } from '../../../src/identity/tokens/verify-token.ts'
import { claimsOf, poolOf, type SigningKey, sign, signingKey, written } from '../../identity/tokens/issuer.ts'
import { answered, fakeApi, method as methodOf, NOW, resource, snapshot } from '../fake-gateway.ts'
import { ARN, bearing, type GuardedOptions, guardedApi, policy, statement } from './guarded-api.ts'

const POOL = 'us-east-1_AbCdEfGhI'
const OTHER_POOL = 'us-east-1_Zz9Zz9Zz9'
const ISSUER = `http://localhost:8787/${POOL}`
const IDP = 'https://idp.example.com/tenant'
const CLIENT = '3n4b5urk1ft4fl3mg5e62d9ado'
const SECONDS = Math.floor(NOW / 1000)

const poolArn = (id: string, account = '123456789012') =>
  `arn:aws:cognito-idp:us-east-1:${account}:userpool/${id}`
const IDP_ARN = 'arn:aws:iam::123456789012:oidc-provider/idp.example.com/tenant'

const IN = [200, 'in']
const UNAUTHORIZED = [401, 'Unauthorized', 'UnauthorizedException']
const EXPIRED = [401, 'The incoming token has expired', 'UnauthorizedException']
const OUT_OF_SCOPE = [403, 'User is not authorized to access this resource', 'AccessDeniedException']
const MISCONFIGURED = [500, null, 'AuthorizerConfigurationException']
const FAILED = [500, null, 'AuthorizerFailureException']

let key: SigningKey
let otherKey: SigningKey

beforeAll(async () => {
  key = await signingKey()
  otherKey = await signingKey()
})

/** Who issues tokens, as an isolate knows it, and what the network is asked. */
function providers() {
  const published = new Map<string, Published[PublishedKind]>()
  const publish = <K extends PublishedKind>(
    kind: K,
    name: string,
    doc: Published[K],
    account = '123456789012',
  ) => published.set(identityPointerName(account, kind, name), doc)
  publish('pool', POOL, poolOf(POOL, [key]))
  publish('pool', OTHER_POOL, poolOf(OTHER_POOL, [otherKey]))
  publish('provider', 'idp.example.com/tenant', { schema: 1, url: IDP, clientIds: [CLIENT, 'app'] })
  const state = {
    isSlow: false,
    isDown: false,
    asked: 0,
    issuerIsDown: false,
    idpKeys: [otherKey],
    time: NOW,
  }
  const fetched: string[] = []
  const issuerKeys = new IssuerKeys({
    isLocal: false,
    clock: () => state.time,
    defer: () => {},
    fetch: async url => {
      fetched.push(url)
      if (state.issuerIsDown) throw new TypeError('refused')
      return Response.json(
        url.endsWith('openid-configuration')
          ? { issuer: IDP, jwks_uri: 'https://idp.example.com/keys' }
          : { keys: state.idpKeys.map(({ publicJwk }) => publicJwk) },
      )
    },
  })
  const directory: Tokens['directory'] = {
    get: (account, kind, name) => {
      state.asked += 1
      const doc = published.get(identityPointerName(account, kind, name)) as never
      if (state.isDown) return Promise.reject(new Error('out of reach'))
      return state.isSlow ? Promise.resolve(doc) : doc
    },
  }
  const tokens: Tokens = {
    directory,
    verifyIssued: issuedTokenVerifier({ directory, issuerKeys }),
    verified: new VerifiedTokens(),
  }
  return { published, publish, tokens, state, fetched }
}

let who: ReturnType<typeof providers>

beforeEach(() => {
  who = providers()
})

function api({ authorizer = {}, method = {}, ...more }: GuardedOptions = {}) {
  const guarded: Partial<SnapshotAuthorizer> = { type: 'COGNITO_USER_POOLS', providerArns: [poolArn(POOL)] }
  return guardedApi({
    authorizer: { ...guarded, ...authorizer },
    method: { authorizationType: 'COGNITO_USER_POOLS', ...method },
    parts: { tokens: who.tokens },
    ...more,
  })
}

const idToken = (claims = {}, header = {}) =>
  sign(key, claimsOf(ISSUER, { token_use: 'id', aud: CLIENT, ...claims }), header)
const accessToken = (claims = {}) =>
  sign(
    key,
    claimsOf(ISSUER, { token_use: 'access', client_id: CLIENT, scope: 'pets/read openid', ...claims }),
  )
const idpToken = (claims = {}) => sign(otherKey, claimsOf(IDP, { aud: CLIENT, ...claims }))

describe('an identity token of the pool', () => {
  test.each([
    ['as it is', ''],
    ['as a bearer', 'Bearer '],
    ['as a bearer, in small letters', 'bearer  '],
  ])('lets in, sent %s', async (_, prefix) => {
    expect(await api().outcome('/prod/pets', bearing(prefix + (await idToken())))).toEqual(IN)
  })

  test('is taken from the header that the authorizer names', async () => {
    const guarded = api({ authorizer: { identitySource: 'method.request.header.X-Token' } })
    const token = await idToken()
    expect(await guarded.outcome('/prod/pets', { headers: { 'x-token': token } })).toEqual(IN)
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test('tells the back end its claims, all of them as text', async () => {
    const guarded = api()
    const token = await idToken({
      'cognito:groups': ['admins', 'staff'],
      'cognito:username': 'jane',
      email_verified: true,
      auth_time: SECONDS,
      address: { formatted: 'Main Street 1' },
      identities: [{ userId: '1' }, { userId: '2' }],
      'custom:level': '7',
      nothing: null,
      iat: Date.UTC(2026, 2, 4, 5, 0, 0) / 1000,
      exp: Date.UTC(2026, 2, 4, 6, 0, 0) / 1000,
    })
    await guarded.send('/prod/pets', bearing(token))
    expect(guarded.event().requestContext.authorizer).toEqual({
      claims: {
        iss: ISSUER,
        sub: '7c1e0b2a-0000-4000-8000-000000000001',
        aud: CLIENT,
        token_use: 'id',
        'cognito:groups': 'admins,staff',
        'cognito:username': 'jane',
        email_verified: 'true',
        auth_time: String(SECONDS),
        address: '{"formatted":"Main Street 1"}',
        identities: '{"userId":"1"},{"userId":"2"}',
        'custom:level': '7',
        iat: 'Wed Mar 04 05:00:00 UTC 2026',
        exp: 'Wed Mar 04 06:00:00 UTC 2026',
      },
    })
  })

  test('is what templates and mapped parameters read claims from', async () => {
    const template = `{"sub": "$context.authorizer.claims.sub", "groups": "$context.authorizer.claims['cognito:groups']", "none": "$context.authorizer.claims.none"}`
    const guarded = api({
      method: {
        integration: {
          type: 'MOCK',
          requestTemplates: { 'application/json': '{"statusCode": 200}' },
          passthroughBehavior: 'NEVER',
          timeoutMs: 29_000,
          responses: [
            {
              statusCode: '200',
              parameters: { 'method.response.header.X-User': 'context.authorizer.claims.sub' },
              templates: { 'application/json': template },
            },
          ],
        },
        responses: { 200: { parameters: { 'method.response.header.X-User': false } } },
      },
    })
    const response = await guarded.send(
      '/prod/pets',
      bearing(await idToken({ 'cognito:groups': ['a', 'b'] })),
    )
    expect(response.headers.get('x-user')).toBe('7c1e0b2a-0000-4000-8000-000000000001')
    expect(await response.json()).toEqual({
      sub: '7c1e0b2a-0000-4000-8000-000000000001',
      groups: 'a,b',
      none: '',
    })
  })

  test('of any of several pools lets in', async () => {
    const guarded = api({ authorizer: { providerArns: [poolArn(OTHER_POOL), poolArn(POOL)] } })
    const other = await sign(
      otherKey,
      claimsOf(`http://localhost:8787/${OTHER_POOL}`, { token_use: 'id', aud: 'x' }),
    )
    expect(await guarded.outcome('/prod/pets', bearing(await idToken()))).toEqual(IN)
    expect(await guarded.outcome('/prod/pets', bearing(other))).toEqual(IN)
  })

  test('of a pool of another account lets in, where the authorizer names that account', async () => {
    const foreign = '999988887777'
    who.publish('pool', POOL, poolOf(POOL, [key], { account: foreign }))
    const token = await idToken()
    const named = api({ authorizer: { providerArns: [poolArn(POOL, foreign)] } })
    expect(await named.outcome('/prod/pets', bearing(token))).toEqual(IN)
    // Whoever guessed a pool's id does not get at it by the wrong account, nor by the wrong region.
    expect(await api().outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
    const elsewhere = [poolArn(POOL, foreign).replace('us-east-1:', 'eu-west-1:')]
    const misnamed = api({ authorizer: { providerArns: elsewhere } })
    expect(await misnamed.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test.each([
    [`^${CLIENT}$`, CLIENT, IN],
    ['^other$', CLIENT, UNAUTHORIZED],
    ['^(app|web)$', ['mobile', 'web'], IN],
    ['^(app|web)$', undefined, UNAUTHORIZED],
  ])('is asked whether the client is one of %s: %j', async (identityValidationExpression, aud, expected) => {
    const guarded = api({ authorizer: { identityValidationExpression } })
    expect(await guarded.outcome('/prod/pets', bearing(await idToken({ aud })))).toEqual(expected)
  })
})

describe('scopes', () => {
  const scoped = (...authorizationScopes: string[]) => api({ method: { authorizationScopes } })

  test.each<[string, string[], string | undefined, unknown[]]>([
    ['one that the token has', ['pets/read'], 'openid pets/read', IN],
    ['several, of which the token has one', ['pets/write', 'pets/read'], 'pets/read', IN],
    ['one that the token lacks', ['pets/write'], 'pets/read openid', OUT_OF_SCOPE],
    ['one that the token’s begins with', ['pets/read'], 'pets/reader', OUT_OF_SCOPE],
    ['one in other letters', ['pets/read'], 'Pets/Read', OUT_OF_SCOPE],
    ['one, and the token has none', ['pets/read'], undefined, OUT_OF_SCOPE],
    ['one, and the token has an empty list', ['pets/read'], '', OUT_OF_SCOPE],
  ])('%s', async (_, wanted, scope, expected) => {
    const guarded = scoped(...wanted)
    const token = await accessToken({ scope })
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(expected)
    // From memory, too.
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(expected)
  })

  test('of the back end’s claims are a text', async () => {
    const guarded = scoped('pets/read')
    await guarded.send('/prod/pets', bearing(await accessToken({ version: 2 })))
    expect(guarded.event().requestContext.authorizer.claims).toMatchObject({
      scope: 'pets/read openid',
      client_id: CLIENT,
      version: '2',
    })
  })

  test('an identity token does not do where scopes are asked for, nor an access token where none are', async () => {
    const id = await idToken({ scope: 'pets/read' })
    const access = await accessToken()
    const none = await idToken({ token_use: undefined })
    for (const _ of ['verified', 'from memory']) {
      expect(await scoped('pets/read').outcome('/prod/pets', bearing(id))).toEqual(UNAUTHORIZED)
      expect(await scoped('pets/read').outcome('/prod/pets', bearing(access))).toEqual(IN)
      expect(await api().outcome('/prod/pets', bearing(access))).toEqual(UNAUTHORIZED)
      expect(await api().outcome('/prod/pets', bearing(id))).toEqual(IN)
      expect(await api().outcome('/prod/pets', bearing(none))).toEqual(UNAUTHORIZED)
      expect(await scoped('pets/read').outcome('/prod/pets', bearing(none))).toEqual(UNAUTHORIZED)
    }
  })

  test('the client of an access token is looked at as that of an identity token', async () => {
    const guarded = api({
      authorizer: { identityValidationExpression: '^mine$' },
      method: { authorizationScopes: ['pets/read'] },
    })
    expect(await guarded.outcome('/prod/pets', bearing(await accessToken({ client_id: 'mine' })))).toEqual(IN)
    expect(await guarded.outcome('/prod/pets', bearing(await accessToken()))).toEqual(UNAUTHORIZED)
  })
})

describe('attacks', () => {
  const attacked = async (token: string) => {
    const guarded = api()
    const outcome = await guarded.outcome('/prod/pets', bearing(token))
    expect(guarded.invocations).toEqual([])
    expect(guarded.reported).toEqual([])
    expect(who.fetched).toEqual([])
    return outcome
  }

  const claims = () => claimsOf(ISSUER, { token_use: 'id', aud: CLIENT })

  test.each(['none', 'None', 'NONE'])('alg %s', async alg => {
    expect(await attacked(written({ alg, kid: 'k1' }, claims()))).toEqual(UNAUTHORIZED)
    expect(await attacked(written({ alg }, claims(), ''))).toEqual(UNAUTHORIZED)
  })

  test('HS256 with the public key', async () => {
    const signed = written({ alg: 'HS256', kid: 'k1' }, claims(), '').slice(0, -1)
    for (const secret of [JSON.stringify(key.publicJwk), base64url.decode(key.publicJwk.n!)]) {
      const mac = createHmac('sha256', secret).update(signed).digest('base64url')
      expect(await attacked(`${signed}.${mac}`)).toEqual(UNAUTHORIZED)
    }
  })

  test('wrong issuer', async () => {
    expect(await attacked(await idToken({ iss: `https://attacker.example/${POOL}` }))).toEqual(UNAUTHORIZED)
    expect(await attacked(await idToken({ iss: `http://localhost:8787/${OTHER_POOL}` }))).toEqual(
      UNAUTHORIZED,
    )
    expect(await attacked(await idToken({ iss: [ISSUER] }))).toEqual(UNAUTHORIZED)
    expect(await attacked(await idToken({ iss: undefined }))).toEqual(UNAUTHORIZED)
  })

  test('expired', async () => {
    expect(await attacked(await idToken({ exp: SECONDS - 1 }))).toEqual(EXPIRED)
  })

  test('expired, and signed by somebody else', async () => {
    const token = await sign(otherKey, { ...claims(), exp: SECONDS - 1 })
    expect(await attacked(token)).toEqual(UNAUTHORIZED)
  })

  test('not yet valid', async () => {
    expect(await attacked(await idToken({ nbf: SECONDS + 3600 }))).toEqual(UNAUTHORIZED)
  })

  test('unknown kid', async () => {
    expect(await attacked(await idToken({}, { kid: 'other' }))).toEqual(UNAUTHORIZED)
    expect(await attacked(await idToken({}, { kid: undefined }))).toEqual(UNAUTHORIZED)
  })

  test('oversized', async () => {
    const token = await idToken({ padding: 'x'.repeat(LONGEST_TOKEN) })
    const [status] = (await attacked(token)) as [number]
    // Longer than all headers may be, it does not get as far as the authorizer.
    expect([401, 431]).toContain(status)
  })

  test('embedded jwk and jku', async () => {
    const own = { jwk: otherKey.publicJwk, jku: 'https://attacker.example/keys' }
    expect(await attacked(await sign(otherKey, claims(), own))).toEqual(UNAUTHORIZED)
  })

  test('of another pool with the same kid', async () => {
    expect(otherKey.kid).toBe(key.kid)
    expect(await attacked(await sign(otherKey, claims()))).toEqual(UNAUTHORIZED)
    const other = await sign(otherKey, claimsOf(`http://localhost:8787/${OTHER_POOL}`, { token_use: 'id' }))
    expect(await attacked(other)).toEqual(UNAUTHORIZED)
  })

  test('crit', async () => {
    const [, payload] = (await idToken()).split('.')
    const header = base64url.encode(JSON.stringify({ alg: 'RS256', kid: 'k1', crit: ['exp'], exp: 1 }))
    const signature = await crypto.subtle.sign(
      'RSASSA-PKCS1-v1_5',
      key.privateKey,
      new TextEncoder().encode(`${header}.${payload}`),
    )
    const token = `${header}.${payload}.${base64url.encode(new Uint8Array(signature))}`
    expect(await attacked(token)).toEqual(UNAUTHORIZED)
  })

  test('signature stripped', async () => {
    const token = await idToken()
    expect(await attacked(token.replace(/[^.]+$/, ''))).toEqual(UNAUTHORIZED)
    expect(await attacked(token.replace(/\.[^.]+$/, ''))).toEqual(UNAUTHORIZED)
  })

  test('nested and encrypted', async () => {
    const { publicKey } = await generateKeyPair('RSA-OAEP-256')
    const jwe = await new CompactEncrypt(new TextEncoder().encode(await idToken()))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: 'k1' })
      .encrypt(publicKey)
    expect(await attacked(jwe)).toEqual(UNAUTHORIZED)
  })

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer null',
    'undefined',
    'Basic dXNlcjpwYXNz',
    '..',
    'a.b.c',
    'Bearer a.b.c',
  ])('garbage: %j', async token => {
    expect(await attacked(token)).toEqual(UNAUTHORIZED)
  })

  test('two tokens at once', async () => {
    const token = await idToken()
    expect(await attacked(`${token}, ${token}`)).toEqual(UNAUTHORIZED)
    expect(await attacked(`Bearer Bearer ${token}`)).toEqual(UNAUTHORIZED)
  })

  test('a token that was let in, changed in one place, is not let in from memory', async () => {
    const guarded = api()
    const token = await idToken()
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09_-'), async (at, character) => {
        fc.pre(token[at] !== character)
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        const [status] = await guarded.outcome('/prod/pets', bearing(changed))
        // The last character has bits that stand for nothing.
        if (at < token.length - 1) expect(status).toBe(401)
      }),
      { numRuns: 60 },
    )
  })
})

describe('in memory', () => {
  test('a token is verified once, and then without cryptography or waiting', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    try {
      const guarded = api()
      const token = await idToken()
      for (let i = 0; i < 5; i++) expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
      expect(await guarded.outcome('/prod/files/a', bearing(token))).toEqual(IN)
      expect(verify).toHaveBeenCalledTimes(1)
      // Another API of the same pool knows it, too.
      expect(await api().outcome('/prod/pets', bearing(token))).toEqual(IN)
      expect(verify).toHaveBeenCalledTimes(1)
    } finally {
      verify.mockRestore()
    }
  })

  test('a token counts until its end', async () => {
    const guarded = api()
    const token = await idToken({ exp: SECONDS + 60 })
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    guarded.pass(59_000)
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    guarded.pass(1_000)
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(EXPIRED)
  })

  test('a token of a pool that was deleted counts no more', async () => {
    const guarded = api()
    const token = await idToken()
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    who.published.clear()
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test('a token whose key was withdrawn counts no more, others go on', async () => {
    const guarded = api()
    const next = await signingKey('k2')
    const [old, renewed] = [
      await idToken(),
      await sign(next, claimsOf(ISSUER, { token_use: 'id', aud: CLIENT })),
    ]
    expect(await guarded.outcome('/prod/pets', bearing(old))).toEqual(IN)
    expect(await guarded.outcome('/prod/pets', bearing(renewed))).toEqual(UNAUTHORIZED)
    who.publish('pool', POOL, poolOf(POOL, [next, key]))
    expect(await guarded.outcome('/prod/pets', bearing(old))).toEqual(IN)
    expect(await guarded.outcome('/prod/pets', bearing(renewed))).toEqual(IN)
    who.publish('pool', POOL, poolOf(POOL, [next]))
    expect(await guarded.outcome('/prod/pets', bearing(old))).toEqual(UNAUTHORIZED)
    expect(await guarded.outcome('/prod/pets', bearing(renewed))).toEqual(IN)
  })

  test('a token that one authorizer let in is not known to another that takes other pools', async () => {
    const token = await idToken()
    expect(await api().outcome('/prod/pets', bearing(token))).toEqual(IN)
    const other = api({ authorizer: { providerArns: [poolArn(OTHER_POOL)] } })
    expect(await other.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test('what is known of the pool may have to be waited for', async () => {
    const guarded = api()
    const token = await idToken()
    who.state.isSlow = true
    for (const _ of ['verified', 'from memory']) {
      expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    }
    who.published.clear()
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test('whoever knows the pool may be out of reach', async () => {
    const guarded = api()
    const token = await idToken()
    const unavailable = [503, 'Service Unavailable', 'ServiceUnavailableException']
    who.state.isDown = true
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(unavailable)
    who.state.isDown = false
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    who.state.isDown = true
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(unavailable)
    expect(guarded.reported.length).toBe(2)
  })

  test('tokens are kept within bounds', async () => {
    who.tokens = { ...who.tokens, verified: new VerifiedTokens(20_000) }
    const verify = vi.spyOn(crypto.subtle, 'verify')
    try {
      const guarded = api()
      const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => idToken({ jti: String(i) })))
      for (const token of tokens) expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
      expect(verify).toHaveBeenCalledTimes(20)
      await guarded.outcome('/prod/pets', bearing(tokens.at(-1)!))
      expect(verify).toHaveBeenCalledTimes(20)
      await guarded.outcome('/prod/pets', bearing(tokens[0]!))
      expect(verify).toHaveBeenCalledTimes(21)
    } finally {
      verify.mockRestore()
    }
  })
})

describe('a token of any OpenID issuer', () => {
  const open = (method = {}) => api({ authorizer: { providerArns: [IDP_ARN] }, method })

  test('lets in, with the issuer’s keys asked for once', async () => {
    const guarded = open()
    for (const token of [await idpToken(), await idpToken({ sub: 'other', aud: ['x', 'app'] })]) {
      for (const _ of ['verified', 'from memory']) {
        expect(await guarded.outcome('/prod/pets', bearing(`Bearer ${token}`))).toEqual(IN)
      }
    }
    expect(who.fetched).toEqual([`${IDP}/.well-known/openid-configuration`, 'https://idp.example.com/keys'])
    expect(guarded.event().requestContext.authorizer.claims).toMatchObject({ sub: 'other', aud: 'x,app' })
  })

  test('for another audience does not', async () => {
    const guarded = open()
    for (const aud of ['stranger', [], undefined, '']) {
      expect(await guarded.outcome('/prod/pets', bearing(await idpToken({ aud })))).toEqual(UNAUTHORIZED)
    }
    expect(
      await guarded.outcome('/prod/pets', bearing(await idpToken({ aud: undefined, client_id: 'app' }))),
    ).toEqual(IN)
  })

  test('is for the audiences that the provider has now', async () => {
    const guarded = open()
    const token = await idpToken()
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    who.publish('provider', 'idp.example.com/tenant', { schema: 1, url: IDP, clientIds: ['app'] })
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test.each([
    [{ scope: 'a pets/read' }, IN],
    [{ scp: ['a', 'pets/read'] }, IN],
    [{ scp: 'a pets/read' }, IN],
    [{ scp: ['a'] }, OUT_OF_SCOPE],
    [{}, OUT_OF_SCOPE],
  ])('has its scopes where issuers put them: %j', async (claims, expected) => {
    const guarded = open({ authorizationScopes: ['pets/read'] })
    expect(await guarded.outcome('/prod/pets', bearing(await idpToken(claims)))).toEqual(expected)
  })

  test('of a provider that is not the account’s own does not', async () => {
    const foreign = IDP_ARN.replace('123456789012', '999988887777')
    who.publish(
      'provider',
      'idp.example.com/tenant',
      { schema: 1, url: IDP, clientIds: [CLIENT] },
      '999988887777',
    )
    const guarded = api({ authorizer: { providerArns: [foreign] } })
    expect(await guarded.outcome('/prod/pets', bearing(await idpToken()))).toEqual(UNAUTHORIZED)
    expect(who.fetched).toEqual([])
  })

  test('of a provider that was deleted does not', async () => {
    const guarded = open()
    const token = await idpToken()
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    who.published.clear()
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test('whose key the issuer withdrew counts no more, though it was let in before', async () => {
    const guarded = open()
    const token = await idpToken({ exp: SECONDS + 86_400 })
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(IN)
    who.state.idpKeys = []
    guarded.pass(3 * 3_600_000)
    who.state.time += 3 * 3_600_000
    expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
  })

  test('while the issuer is out of reach is nobody’s fault here', async () => {
    who.state.issuerIsDown = true
    expect(await open().outcome('/prod/pets', bearing(await idpToken()))).toEqual(FAILED)
  })

  test('and those of user pools may guard one API', async () => {
    const guarded = api({ authorizer: { providerArns: [poolArn(POOL), IDP_ARN] } })
    expect(await guarded.outcome('/prod/pets', bearing(await idToken()))).toEqual(IN)
    expect(await guarded.outcome('/prod/pets', bearing(await idpToken()))).toEqual(IN)
  })

  test('a flood of unknown kids asks the issuer once', async () => {
    const guarded = open()
    await guarded.outcome('/prod/pets', bearing(await idpToken()))
    for (let i = 0; i < 50; i++) {
      const header = { alg: 'RS256', kid: `kid-${i}` }
      const token = written(header, claimsOf(IDP, { aud: CLIENT }), 'AAAA')
      expect(await guarded.outcome('/prod/pets', bearing(token))).toEqual(UNAUTHORIZED)
    }
    expect(who.fetched.length).toBe(2)
  })
})

describe('the API’s own policy', () => {
  const withPolicy = (...statements: Parameters<typeof policy>) =>
    api({ snapshot: { policy: JSON.stringify(policy(...statements)) } })
  const forAll = (Effect: 'Allow' | 'Deny', resource = '*') => statement(Effect, resource, { Principal: '*' })

  test('is asked once the token counts, and has to allow', async () => {
    const token = await idToken()
    expect(await withPolicy(forAll('Allow')).outcome('/prod/pets', bearing(token))).toEqual(IN)
    const elsewhere = withPolicy(forAll('Allow', ARN('/elsewhere')))
    expect((await elsewhere.outcome('/prod/pets', bearing(token)))[0]).toBe(403)
    const denied = withPolicy(forAll('Allow'), forAll('Deny', ARN('/pets')))
    expect((await denied.outcome('/prod/pets', bearing(token)))[0]).toBe(403)
    expect(await denied.outcome('/prod/pets/1', bearing(token))).toEqual(IN)
  })

  test('is not asked about tokens that do not count', async () => {
    for (const effect of ['Allow', 'Deny'] as const) {
      expect(await withPolicy(forAll(effect)).outcome('/prod/pets', bearing('x'))).toEqual(UNAUTHORIZED)
      expect(await withPolicy(forAll(effect)).outcome('/prod/pets')).toEqual(UNAUTHORIZED)
    }
  })
})

describe('an authorizer that nobody can pass', () => {
  test.each<[string, Partial<SnapshotAuthorizer>]>([
    ['has no pools', { providerArns: [] }],
    [
      'has what is no pool',
      { providerArns: ['arn:aws:cognito-identity:us-east-1:123456789012:identitypool/x'] },
    ],
    ['has a source that is none', { identitySource: 'nonsense' }],
    ['has an expression that is none', { identityValidationExpression: '(' }],
  ])('%s', async (_, authorizer) => {
    expect(await api({ authorizer }).outcome('/prod/pets', bearing(await idToken()))).toEqual(MISCONFIGURED)
  })
})

test('one authorizer guards methods with scopes and without', async () => {
  const guarded = api({ method: { authorizationScopes: ['pets/read'] }, decide: () => answered({}) })
  expect(await guarded.outcome('/prod/pets', bearing(await accessToken()))).toEqual(IN)
  expect(await guarded.outcome('/prod/pets', bearing(await idToken()))).toEqual(UNAUTHORIZED)
})

test('logs have claims where they are asked for, and no token', async () => {
  const lines: LogLine[] = []
  const deferred: Promise<unknown>[] = []
  const definition = methodOf({ authorizationType: 'COGNITO_USER_POOLS', authorizerId: 'auth01' })
  const authorizer = {
    name: 'pool',
    type: 'COGNITO_USER_POOLS' as const,
    providerArns: [poolArn(POOL)],
    identitySource: 'method.request.header.X-Token',
    ttlSeconds: 300,
  }
  const logged = fakeApi({
    snapshot: snapshot([resource('/pets', { GET: definition })], { authorizers: { auth01: authorizer } }),
    pointer: {
      accessLog: {
        destinationArn: 'arn:aws:logs:us-east-1:123456789012:log-group:/apis/prod',
        format: '$context.authorizer.claims.sub $context.authorizer.status $context.requestId',
      },
      settings: { '*/*': { loggingLevel: 'INFO', dataTraceEnabled: true } },
    },
    parts: {
      tokens: who.tokens,
      logs: { write: line => lines.push(line) },
      defer: work => deferred.push(work),
    },
  })
  const token = await idToken()
  await (await logged.send('/prod/pets', { headers: { 'x-token': `Bearer ${token}` } })).text()
  await (await logged.send('/prod/pets', { headers: { 'x-token': 'nonsense' } })).text()
  await Promise.all(deferred)
  const texts = lines.map(({ message }) => message)
  expect(texts.filter(text => /^(7c1e|-)/.test(text)).map(text => text.split(' ').slice(0, 2))).toEqual([
    ['7c1e0b2a-0000-4000-8000-000000000001', '200'],
    ['-', '401'],
  ])
  expect(texts.join()).toContain('x-token=***')
  expect(texts.join()).not.toContain(token)
})
