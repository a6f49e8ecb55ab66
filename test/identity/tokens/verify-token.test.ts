import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { base64url, CompactEncrypt, exportSPKI, FlattenedSign, generateKeyPair, importJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { JwkSet, poolKeySet } from '../../../src/identity/tokens/key-set.ts'
import {
  CLOCK_SKEW_SECONDS,
  LONGEST_TOKEN,
  readToken,
  verifyToken,
} from '../../../src/identity/tokens/verify-token.ts'
import { claimsOf, NOW, poolOf, type SigningKey, sign, signingKey, written } from './issuer.ts'

const POOL = 'us-east-1_AbCdEfGhI'
const ISSUER = `http://localhost:8787/${POOL}`
const SECONDS = NOW / 1000
const expected = { issuer: ISSUER, now: NOW }

let key: SigningKey
let pool: ReturnType<typeof poolOf>

beforeAll(async () => {
  key = await signingKey()
  pool = poolOf(POOL, [key])
})

const verdict = async (token: string, more: Partial<Parameters<typeof verifyToken>[2]> = {}) => {
  const verified = await verifyToken(token, poolKeySet(pool), { ...expected, ...more })
  return verified.ok ? verified.claims : verified.reason
}

const good = (claims = {}, header = {}) => sign(key, claimsOf(ISSUER, claims), header)

describe('a token that the issuer signed', () => {
  test('counts, and is told in full', async () => {
    const token = await good({ token_use: 'id', 'cognito:groups': ['a', 'b'] })
    expect(await verifyToken(token, poolKeySet(pool), expected)).toEqual({
      ok: true,
      header: { alg: 'RS256', kid: 'k1' },
      claims: { ...claimsOf(ISSUER), token_use: 'id', 'cognito:groups': ['a', 'b'] },
    })
  })

  test.each(['RS384', 'PS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'counts by %s where the issuer has such a key',
    async alg => {
      const other = await signingKey('k2', alg)
      const token = await sign(other, claimsOf(ISSUER))
      const named = new JwkSet([other.publicJwk])
      const { alg: _, use: __, ...bare } = other.publicJwk
      expect((await verifyToken(token, named, expected)).ok).toBe(true)
      // Not all issuers say what a key is for.
      expect((await verifyToken(token, new JwkSet([bare]), expected)).ok).toBe(true)
    },
  )

  test('counts with any of the keys of a pool, retired ones included', async () => {
    const next = await signingKey('k2')
    const rotated = poolKeySet(poolOf(POOL, [next, key]))
    for (const signer of [key, next]) {
      expect((await verifyToken(await sign(signer, claimsOf(ISSUER)), rotated, expected)).ok).toBe(true)
    }
  })

  test('counts for one of several audiences', async () => {
    const token = await good({ aud: ['other', 'mine'] })
    expect(await verdict(token, { audiences: ['mine'] })).toMatchObject({ aud: ['other', 'mine'] })
    expect(await verdict(token, { audiences: ['nobody', 'other'] })).toMatchObject({ iss: ISSUER })
  })

  test('is meant for its client_id only where that is said to be an audience, and no aud is there', async () => {
    const token = await good({ client_id: 'mine' })
    expect(await verdict(token, { audiences: ['mine'] })).toBe('audience')
    expect(await verdict(token, { audiences: ['mine'], clientIsAudience: true })).toMatchObject({
      client_id: 'mine',
    })
    const other = await good({ client_id: 'mine', aud: 'other' })
    expect(await verdict(other, { audiences: ['mine'], clientIsAudience: true })).toBe('audience')
  })

  test('may be from a clock that is a little ahead', async () => {
    const ahead = SECONDS + CLOCK_SKEW_SECONDS
    expect(await verdict(await good({ iat: ahead, nbf: ahead }))).toMatchObject({ iat: ahead })
  })
})

describe('attacks', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('alg %j', async alg => {
    const header = { alg, kid: 'k1' }
    expect(await verdict(written(header, claimsOf(ISSUER)))).toBe('algorithm')
    // As libraries wrote it: with nothing for a signature.
    expect(await verdict(written(header, claimsOf(ISSUER), ''))).toBe('malformed')
  })

  test.each(['HS256', 'HS384', 'HS512'])('%s with the public key for a secret', async alg => {
    const publicKey = (await importJWK(key.publicJwk, 'RS256', { extractable: true })) as CryptoKey
    const spki = await exportSPKI(publicKey)
    const [modulus, text] = [base64url.decode(key.publicJwk.n!), JSON.stringify(key.publicJwk)]
    for (const secret of [spki, spki.trim(), text, modulus]) {
      const signed = written({ alg, kid: 'k1', typ: 'JWT' }, claimsOf(ISSUER), '').slice(0, -1)
      const mac = createHmac(`sha${alg.slice(2)}`, secret)
        .update(signed)
        .digest('base64url')
      expect(await verdict(`${signed}.${mac}`)).toBe('algorithm')
    }
  })

  test('HS256, where even a key set says that it takes secrets', async () => {
    const hash = { name: 'HMAC', hash: 'SHA-256' }
    const secret = await crypto.subtle.importKey('raw', randomBytes(32), hash, true, ['sign', 'verify'])
    const lenient = { algorithms: new Set(['HS256', 'none']), key: () => secret as CryptoKey }
    const signed = written({ alg: 'HS256', kid: 'k1' }, claimsOf(ISSUER), '').slice(0, -1)
    const mac = await crypto.subtle.sign('HMAC', secret, new TextEncoder().encode(signed))
    for (const token of [
      `${signed}.${base64url.encode(new Uint8Array(mac))}`,
      written({ alg: 'none', kid: 'k1' }, claimsOf(ISSUER)),
    ]) {
      expect(await verifyToken(token, lenient, expected)).toEqual({ ok: false, reason: 'algorithm' })
    }
  })

  test('another algorithm of the same key pair, where the pool has one', async () => {
    const other = await signingKey('k1', 'RS512')
    expect(await verdict(await sign(other, claimsOf(ISSUER)))).toBe('algorithm')
  })

  test('an algorithm that is not the key’s own', async () => {
    const rsa = await signingKey('k1', 'RS512')
    const keys = new JwkSet([key.publicJwk])
    expect(await verifyToken(await sign(rsa, claimsOf(ISSUER)), keys, expected)).toEqual({
      ok: false,
      reason: 'unknown-key',
    })
  })

  test('wrong issuer', async () => {
    for (const iss of ['http://localhost:8787/us-east-1_Other', `${ISSUER}/`, '', undefined, [ISSUER]]) {
      expect(await verdict(await good({ iss }))).toBe('issuer')
    }
  })

  test('wrong audience', async () => {
    for (const aud of ['other', ['other'], [], '', undefined, { mine: 1 }, 'mine,other']) {
      expect(await verdict(await good({ aud }), { audiences: ['mine'] })).toBe('audience')
    }
  })

  test('expired', async () => {
    for (const exp of [SECONDS, SECONDS - 1, SECONDS - 86_400, 0, -1]) {
      expect(await verdict(await good({ exp }))).toBe('expired')
    }
  })

  test('without an end, or with one that is no time', async () => {
    for (const exp of [undefined, null, '9999999999', 'never', true, [], {}]) {
      expect(await verdict(await good({ exp }))).toBe('malformed')
    }
  })

  test('not yet valid', async () => {
    const later = SECONDS + CLOCK_SKEW_SECONDS + 1
    expect(await verdict(await good({ nbf: later }))).toBe('not-yet-valid')
    expect(await verdict(await good({ iat: later, nbf: SECONDS }))).toBe('not-yet-valid')
    expect(await verdict(await good({ nbf: '0' }))).toBe('malformed')
  })

  test('unknown kid', async () => {
    for (const kid of [
      'other',
      'K1',
      'k1 ',
      '../k1',
      '__proto__',
      'constructor',
      '',
      undefined,
      1,
      ['k1'],
      null,
    ]) {
      expect(await verdict(await good({}, { kid }))).toBe('unknown-key')
    }
  })

  test('oversized', async () => {
    const padded = await good({ padding: 'x'.repeat(LONGEST_TOKEN) })
    expect(padded.length).toBeGreaterThan(LONGEST_TOKEN)
    expect(await verdict(padded)).toBe('too-large')
    expect(await verdict('a.'.repeat(10_000_000))).toBe('too-large')
  })

  test('embedded jwk, jku, x5u and x5c are not even looked at', async () => {
    const attacker = await signingKey('k1')
    const asked: string[] = []
    const keys = poolKeySet(pool)
    const counting = {
      algorithms: keys.algorithms,
      key: (kid: string, alg: string) => {
        asked.push(kid)
        return keys.key(kid, alg)
      },
    }
    for (const header of [
      { jwk: attacker.publicJwk },
      { jku: 'https://attacker.example/keys' },
      { x5u: 'https://attacker.example/cert' },
      { x5c: ['MIIB'] },
    ]) {
      const token = await sign(attacker, claimsOf(ISSUER), header)
      expect(await verifyToken(token, counting, expected)).toEqual({ ok: false, reason: 'signature' })
      // Nor do they hurt where the issuer itself writes them.
      expect((await verifyToken(await good({}, header), counting, expected)).ok).toBe(true)
    }
    expect(new Set(asked)).toEqual(new Set(['k1']))
  })

  test('of another pool whose key has the same kid', async () => {
    const other = await signingKey('k1')
    expect(await verdict(await sign(other, claimsOf(ISSUER)))).toBe('signature')
    expect(await verdict(await sign(other, claimsOf('http://localhost:8787/us-east-1_Other')))).toBe('issuer')
  })

  test('signature stripped, cut short, drawn out, or of another token', async () => {
    const token = await good()
    const [header, claims, signature] = token.split('.') as [string, string, string]
    const other = (await good({ sub: 'somebody-else' })).split('.')[2]
    expect(await verdict(`${header}.${claims}`)).toBe('malformed')
    expect(await verdict(`${header}.${claims}.`)).toBe('malformed')
    expect(await verdict(`${header}.${claims}.${signature.slice(0, -4)}`)).toBe('signature')
    expect(await verdict(`${header}.${claims}.${signature}AAAA`)).toBe('signature')
    expect(await verdict(`${header}.${claims}.${other}`)).toBe('signature')
    expect(await verdict(`${header}.${claims}.AA`)).toBe('signature')
  })

  test('claims that were changed after they were signed', async () => {
    const [header, , signature] = (await good()).split('.')
    const changed = base64url.encode(JSON.stringify(claimsOf(ISSUER, { 'cognito:groups': ['admin'] })))
    expect(await verdict(`${header}.${changed}.${signature}`)).toBe('signature')
  })

  test.each([
    ['nothing', ''],
    ['dots', '..'],
    ['one part', 'abc'],
    ['four parts', 'a.b.c.d'],
    ['blanks', 'a.b. c'],
    ['padding', 'YWJj.YWJj.YWI='],
    ['the other alphabet', 'YW+j.YWJj.YW/j'],
    ['no JSON', written('{', '{')],
    ['lists', written([], [])],
    ['null', written('null', 'null')],
    ['claims that are a text', written({ alg: 'RS256', kid: 'k1' }, '"text"')],
    ['no UTF-8', `${base64url.encode(new Uint8Array([0x7b, 0xff, 0x7d]))}.e30.AAAA`],
    ['a JSON serialization', '{"payload":"e30","signature":"AAAA"}'],
  ])('garbage: %s', async (_, token) => {
    expect(await verdict(token)).toBe('malformed')
  })

  test('cut short anywhere, a token counts nowhere', async () => {
    const token = await good()
    for (let length = 0; length < token.length; length += 7) {
      expect(typeof (await verdict(token.slice(0, length)))).toBe('string')
    }
  })

  test('claims that are there twice: the last one counts, whoever reads them', async () => {
    const claims = JSON.stringify(claimsOf(ISSUER))
    const twice = `${claims.slice(0, -1)},"iss":"http://attacker.example"}`
    const jws = await new FlattenedSign(new TextEncoder().encode(twice))
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(key.privateKey)
    expect(await verdict(`${jws.protected}.${jws.payload}.${jws.signature}`)).toBe('issuer')
    const headers = '{"alg":"RS256","kid":"k1","alg":"none"}'
    expect(await verdict(written(headers, claimsOf(ISSUER)))).toBe('algorithm')
  })

  test('nested and encrypted tokens', async () => {
    const { publicKey } = await generateKeyPair('RSA-OAEP-256')
    const inner = await good()
    const jwe = await new CompactEncrypt(new TextEncoder().encode(inner))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: 'k1' })
      .encrypt(publicKey)
    expect(await verdict(jwe)).toBe('malformed')
    // A signature round a token is not one of its claims.
    const jws = await new FlattenedSign(new TextEncoder().encode(inner))
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', cty: 'JWT' })
      .sign(key.privateKey)
    expect(await verdict(`${jws.protected}.${jws.payload}.${jws.signature}`)).toBe('malformed')
  })

  test.each([[['exp']], [['b64']], [[]], ['exp'], [null]])('crit %j', async crit => {
    const [, claims] = (await good()).split('.')
    const header = base64url.encode(JSON.stringify({ alg: 'RS256', kid: 'k1', crit, exp: 1, b64: true }))
    const signature = await crypto.subtle.sign(
      'RSASSA-PKCS1-v1_5',
      key.privateKey,
      new TextEncoder().encode(`${header}.${claims}`),
    )
    expect(await verdict(`${header}.${claims}.${base64url.encode(new Uint8Array(signature))}`)).toBe(
      'malformed',
    )
  })

  test('keys that nobody should sign with', async () => {
    const short = (await crypto.subtle.generateKey(
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      true,
      ['sign', 'verify'],
    )) as CryptoKeyPair
    const publicJwk = (await crypto.subtle.exportKey('jwk', short.publicKey)) as object
    const token = await good()
    for (const jwk of [
      { ...publicJwk, key_ops: undefined, alg: 'RS256', kid: 'k1' },
      { kty: 'oct', k: base64url.encode(randomBytes(32)), kid: 'k1' },
      { ...key.publicJwk, use: 'enc' },
      { ...key.publicJwk, key_ops: ['sign'] },
      { ...key.publicJwk, n: 'AA' },
      { ...key.publicJwk, n: 1 },
      { kid: 'k1' },
      null,
      'k1',
    ]) {
      expect(await verifyToken(token, new JwkSet([jwk]), expected)).toEqual({
        ok: false,
        reason: 'unknown-key',
      })
    }
  })
})

test('whatever is sent is answered with a reason', async () => {
  const token = await good()
  const parts = token.split('.')
  const part = fc.oneof(
    fc.constantFrom(...parts),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.json().map(json => base64url.encode(json)),
    fc.uint8Array({ maxLength: 40 }).map(bytes => base64url.encode(bytes)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async texts => {
      const text = texts.join('.')
      fc.pre(text !== token)
      const verified = await verifyToken(text, poolKeySet(pool), expected)
      expect(verified).toEqual({ ok: false, reason: expect.any(String) })
    }),
    { numRuns: 300 },
  )
})

test('one bit changed anywhere makes a token worth nothing', async () => {
  const token = await good()
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 }),
      fc.nat(),
      fc.integer({ min: 0, max: 7 }),
      async (index, at, bit) => {
        const parts = token.split('.')
        const bytes = base64url.decode(parts[index]!)
        bytes[at % bytes.length]! ^= 1 << bit
        parts[index] = base64url.encode(bytes)
        expect(typeof (await verdict(parts.join('.')))).toBe('string')
      },
    ),
    { numRuns: 100 },
  )
})

test('a token can be read before it is believed', async () => {
  expect(readToken(await good())).toEqual({ header: { alg: 'RS256', kid: 'k1' }, claims: claimsOf(ISSUER) })
  expect(readToken('x')).toBe('malformed')
})
