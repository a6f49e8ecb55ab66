import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { poolAnywhere } from '../../../../src/identity/user-pools/find-pool.ts'
import {
  claimedPool,
  isOver,
  signToken,
  verifyOwnToken,
} from '../../../../src/identity/user-pools/tokens/issue-tokens.ts'
import { env, newPool, ORIGIN, platform } from '../../../aws/services/cognito-idp/cognito-harness.ts'

const NOW = Date.UTC(2026, 10, 23)

async function signed(claims: object = {}) {
  const { UserPoolId } = await newPool()
  const { account, pool } = (await poolAnywhere(env.DB, UserPoolId))!
  const iat = NOW / 1000
  const all = { sub: 'someone', token_use: 'access', iat, exp: iat + 3600, jti: 'one', ...claims } as const
  return { pool, token: await signToken(platform().secrets, account, pool, all) }
}

test('tokens are verified by the published keys of the pool', async () => {
  const { pool, token } = await signed()
  const keys = createLocalJWKSet({ keys: pool.doc.keys.map(key => key.public) })
  const { payload, protectedHeader } = await jwtVerify(token, keys, { currentDate: new Date(NOW) })
  expect(payload).toMatchObject({ sub: 'someone', iss: `${ORIGIN}/${pool.id}` })
  expect(protectedHeader).toEqual({ alg: 'RS256', kid: pool.doc.keys[0]!.public.kid })
  expect(claimedPool(token)).toBe(pool.id)
})

test('a pool knows its own tokens, of the use asked for, while they hold', async () => {
  const { pool, token } = await signed()
  expect(await verifyOwnToken(pool.doc, token, 'access', NOW)).toMatchObject({ sub: 'someone' })
  expect(await verifyOwnToken(pool.doc, token, 'id', NOW)).toBeUndefined()
  expect(await verifyOwnToken(pool.doc, token, 'access', NOW + 3_601_000)).toBeUndefined()
  expect(await verifyOwnToken(pool.doc, `${token}x`, 'access', NOW)).toBeUndefined()
  const { pool: other } = await signed()
  expect(await verifyOwnToken(other.doc, token, 'access', NOW)).toBeUndefined()
})

test('a token whose time is over is told apart from one that is none', async () => {
  const { pool, token } = await signed()
  expect(await isOver(pool.doc, token, NOW)).toBe(false)
  expect(await isOver(pool.doc, token, NOW + 3_600_000)).toBe(true)
  expect(await isOver(pool.doc, `${token.slice(0, -4)}AAAA`, NOW + 3_600_000)).toBe(false)
})

test('what is no token is of no pool', () => {
  for (const text of ['', 'x', 'a.b.c', '..', `a.${btoa('{"iss":1}')}.c`]) {
    expect(claimedPool(text)).toBeUndefined()
  }
})
