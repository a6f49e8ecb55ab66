import { describe, expect, it } from 'vitest'
import { type CodePurpose, issueCode, tryCode } from '../../../../src/identity/user-pools/users/codes.ts'
import type { PoolUser } from '../../../../src/identity/user-pools/users/pool-user.ts'
import { randomBelow } from '../../../../src/lib/random.ts'

const POOL = 'eu-central-1_abcdefghi'
const HOUR = 3_600_000

const user = (sub: string): PoolUser => ({
  username: 'ann',
  attributes: { sub },
  status: 'UNCONFIRMED',
  enabled: true,
  created: 0,
  modified: 0,
})

const issue = (of: PoolUser, purpose: CodePurpose, now = 0) =>
  issueCode(POOL, of, purpose, { below: randomBelow, now, about: 'a@example.com' })

describe('a code', () => {
  it('has six digits, zeros in front included', async () => {
    const { code } = await issueCode(POOL, user('1'), 'reset', { below: () => 42, now: 0 })
    expect(code).toBe('000042')
    expect((await issue(user('1'), 'reset')).code).toMatch(/^\d{6}$/)
  })

  it('serves once, for its purpose, its user and its pool', async () => {
    const { code, user: ann } = await issue(user('1'), 'reset')
    const right = await tryCode(POOL, ann, 'reset', code, 1)
    expect(right).toMatchObject({ outcome: 'right', about: 'a@example.com' })
    if (right.outcome !== 'right') throw new Error('not right')
    expect(await tryCode(POOL, right.user, 'reset', code, 1)).toEqual({ outcome: 'used' })
    expect(await tryCode(POOL, ann, 'sign-up', code, 1)).toEqual({ outcome: 'none' })
    const moved = { ...ann, codes: { 'sign-up': ann.codes!.reset! } }
    expect(await tryCode(POOL, moved, 'sign-up', code, 1)).toEqual({ outcome: 'wrong' })
    expect(await tryCode(`${POOL}x`, ann, 'reset', code, 1)).toEqual({ outcome: 'wrong' })
    const other = { ...ann, attributes: { sub: '2' } }
    expect(await tryCode(POOL, other, 'reset', code, 1)).toEqual({ outcome: 'wrong' })
  })

  it('holds for an hour to reset a password, and for a day otherwise', async () => {
    for (const [purpose, hours] of [
      ['reset', 1],
      ['sign-up', 24],
      ['attribute email', 24],
    ] as const) {
      const { code, user: ann } = await issue(user('1'), purpose, 1_000)
      expect(await tryCode(POOL, ann, purpose, code, 1_000 + hours * HOUR)).toMatchObject({
        outcome: 'right',
      })
      expect(await tryCode(POOL, ann, purpose, code, 1_001 + hours * HOUR)).toEqual({ outcome: 'expired' })
      const wrong = code === '000000' ? '000001' : '000000'
      expect(await tryCode(POOL, ann, purpose, wrong, 1_001 + hours * HOUR)).toEqual({ outcome: 'wrong' })
    }
  })

  it('is not kept as it is', async () => {
    const { code, user: ann } = await issueCode(POOL, user('1'), 'reset', { below: () => 987_654, now: 0 })
    expect(code).toBe('987654')
    expect(JSON.stringify(ann)).not.toContain(code)
  })
})

describe('numbers that nobody can foretell', () => {
  it('are below what is asked for', () => {
    for (let i = 0; i < 1_000; i++) expect(randomBelow(7)).toBeLessThan(7)
    expect(new Set(Array.from({ length: 1_000 }, () => randomBelow(7))).size).toBe(7)
  })
})
