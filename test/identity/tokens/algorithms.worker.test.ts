import { describe, expect, test } from 'vitest'
import { JwkSet } from '../../../src/identity/tokens/key-set.ts'
import { ALGORITHMS, verifyToken } from '../../../src/identity/tokens/verify-token.ts'
import { claimsOf, NOW, sign, signingKey } from './issuer.ts'

const ISSUER = 'https://idp.example.com'

describe('inside workerd', () => {
  test.each([...ALGORITHMS])('tokens signed by %s are verified, and forged ones refused', async alg => {
    const [key, other] = await Promise.all([signingKey('k1', alg), signingKey('k1', alg)])
    const keys = new JwkSet([key.publicJwk])
    const expected = { issuer: ISSUER, now: NOW }
    expect(await verifyToken(await sign(key, claimsOf(ISSUER)), keys, expected)).toMatchObject({ ok: true })
    expect(await verifyToken(await sign(other, claimsOf(ISSUER)), keys, expected)).toEqual({
      ok: false,
      reason: 'signature',
    })
  })
})
