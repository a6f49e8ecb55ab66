import { describe, expect, test } from 'vitest'
import { poolAnywhere } from '../../../src/identity/user-pools/find-pool.ts'
import { ANNOUNCED_MS, RETIRED_MS, SIGNING_MS } from '../../../src/identity/user-pools/pool-keys.ts'
import { rotateKeysOf, rotatePoolKeys } from '../../../src/identity/user-pools/rotate-pool-keys.ts'
import { signToken, verifyOwnToken } from '../../../src/identity/user-pools/tokens/issue-tokens.ts'
import { env, newPool, ORIGIN, platform, send } from '../../aws/services/cognito-idp/cognito-harness.ts'

const HOUR = 3_600_000

async function watched() {
  const { UserPoolId } = await newPool()
  const pool = async () => (await poolAnywhere(env.DB, UserPoolId))!
  const published = async () => {
    const response = await send(`${ORIGIN}/${UserPoolId}/.well-known/jwks.json`)
    const { keys } = (await response.json()) as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }
  /** What a token made now is signed with. */
  const token = async (now: number) => {
    const { account, pool: stored } = await pool()
    const iat = Math.floor(now / 1000)
    const claims = { sub: 's', token_use: 'access', iat, exp: iat + 86_400, jti: 'j' } as const
    return signToken(platform().secrets, account, stored, claims)
  }
  const signer = async (now: number) => JSON.parse(atob((await token(now)).split('.')[0]!)).kid as string
  const { created } = (await pool()).pool.doc
  const { account } = await pool()
  const due = { account: account.id, region: account.region, id: UserPoolId }
  const rotate = (now: number) => rotateKeysOf(platform(), due, now)
  return { pool, published, token, signer, created, rotate }
}

describe('keys of a pool', () => {
  test('are announced before they sign, and known until the last token of theirs has expired', async () => {
    const { pool, published, token, signer, created, rotate } = await watched()
    const [first] = await published()
    await rotate(created + SIGNING_MS - 1)
    expect(await published()).toEqual([first])

    const announced = created + SIGNING_MS
    await rotate(announced)
    const [, second] = await published()
    expect(await published()).toEqual([first, second])
    // At least an hour: verifiers are told to keep keys for that long.
    expect(ANNOUNCED_MS).toBeGreaterThanOrEqual(HOUR)
    await rotate(announced + ANNOUNCED_MS - 1)
    expect(await signer(announced + ANNOUNCED_MS - 1)).toBe(first)

    const changed = announced + ANNOUNCED_MS
    const last = await token(changed)
    await rotate(changed)
    expect(await signer(changed)).toBe(second)
    expect(await published()).toEqual([second, first])
    expect(
      await verifyOwnToken((await pool()).pool.doc, last, 'access', changed + 24 * HOUR - 1000),
    ).toBeTruthy()

    await rotate(changed + RETIRED_MS - 1)
    expect(await published()).toEqual([second, first])
    await rotate(changed + RETIRED_MS)
    expect(await published()).toEqual([second])
  })

  test('change one at a time, however late a run comes', async () => {
    const { published, signer, created, rotate } = await watched()
    const [first] = await published()
    const late = created + 10 * SIGNING_MS
    await rotate(late)
    await rotate(late)
    expect((await published()).length).toBe(2)
    expect(await signer(late)).toBe(first)
  })
})

describe('pools whose keys have to change', () => {
  // Long before any other test's pool was made.
  const ONCE = 1_000

  test('are found, and no others', async () => {
    const { pool } = await watched()
    const { id, doc } = (await pool()).pool
    expect(doc.keysDue).toBe(doc.created + SIGNING_MS)
    expect(await rotatePoolKeys(platform(), ONCE)).toBe(0)
    await env.DB.prepare(
      "UPDATE resources SET doc = json_set(doc, '$.keysDue', 999) WHERE kind = 'cognito.pool' AND id = ?",
    )
      .bind(id)
      .run()
    expect(await rotatePoolKeys(platform(), ONCE)).toBe(1)
    expect((await pool()).pool.doc.keysDue).toBe(doc.keysDue)
    expect(await rotatePoolKeys(platform(), ONCE)).toBe(0)
  })

  test('are found by an index', async () => {
    const { results } = await env.DB.prepare(
      `EXPLAIN QUERY PLAN SELECT account, region, id FROM resources
     WHERE kind = 'cognito.pool' AND json_extract(doc, '$.keysDue') <= ? ORDER BY random() LIMIT ?`,
    )
      .bind(0, 1)
      .all<{ detail: string }>()
    expect(results[0]!.detail).toContain('user_pools_by_keys_due')
  })
})
