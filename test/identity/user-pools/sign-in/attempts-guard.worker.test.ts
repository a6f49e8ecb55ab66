import { afterEach, describe, expect, test, vi } from 'vitest'
import { type AttemptAt, attempting } from '../../../../src/identity/user-pools/sign-in/attempts-guard.ts'
import { env } from '../../../whole-weir.ts'

const someone = (): AttemptAt => ({ pool: `p_${crypto.randomUUID()}`, what: 'password', user: 'sarah' })

/** An attempt that takes a while, and what came of it. */
const attempt = (at: AttemptAt, isRight: boolean, ms = 0): Promise<string> =>
  attempting(env, at, async ({ ended }) => {
    if (ms > 0) await new Promise(resolve => setTimeout(resolve, ms))
    await ended(isRight ? 'right' : 'wrong')
    return isRight ? 'right' : 'wrong'
  }).catch(({ message }: Error) => message)

describe('the guard of a user', () => {
  test('lets no more than five wrong attempts be made, however many come at once', async () => {
    const at = someone()
    const answers = await Promise.all(Array.from({ length: 20 }, () => attempt(at, false, 10)))
    expect(answers.filter(answer => answer === 'wrong')).toHaveLength(5)
    expect(answers.filter(answer => answer === 'Password attempts exceeded')).toHaveLength(15)
  })

  test('lets everybody in who is right, however many come at once', async () => {
    const at = someone()
    const answers = await Promise.all(Array.from({ length: 20 }, () => attempt(at, true, 10)))
    expect(new Set(answers)).toEqual(new Set(['right']))
  })

  test('counts nothing for attempts that failed by themselves', async () => {
    const at = someone()
    const broken = () => attempting(env, at, () => Promise.reject(new Error('the database is down')))
    for (let n = 0; n < 10; n++) await expect(broken()).rejects.toThrow('the database is down')
    expect(await attempt(at, true)).toBe('right')
  })

  test('counts each user, pool and kind of secret for itself', async () => {
    const at = someone()
    for (let n = 0; n < 5; n++) await attempt(at, false)
    expect(await attempt(at, true)).toBe('Password attempts exceeded')
    for (const other of [{ user: 'tom' }, { pool: 'p_other' }, { what: 'code' as const }]) {
      expect(await attempt({ ...at, ...other }, true)).toBe('right')
    }
  })

  test('knows what was used up', async () => {
    const at = someone()
    const use = () => attempting(env, at, ({ ended }) => ended('right', { challenge: Date.now() + 60_000 }))
    expect(await Promise.all([use(), use(), use()]).then(all => all.filter(Boolean))).toHaveLength(1)
    expect(await use()).toBe(false)
  })
})

describe('the guard of an address', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('stops one password from being tried with every name, and nobody elsewhere', async () => {
    const { pool } = someone()
    const spray = (n: number, isRight: boolean, address = '203.0.113.7') =>
      attempt({ pool, what: 'password', user: `user ${n}`, address }, isRight)
    // No time passes: the object and this test are in one isolate.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    // Right ones count for nothing.
    for (let n = 0; n < 20; n++) await spray(n, true)
    let wrong = 0
    while (wrong < 400 && (await spray(wrong, false)) === 'wrong') wrong += 1
    expect(wrong).toBe(300)
    expect(await spray(999, true)).toBe('Too many requests')
    expect(await spray(999, true, '203.0.113.8')).toBe('right')
    vi.setSystemTime(Date.now() + 1_000)
    expect(await spray(1000, false)).toBe('wrong')
    expect(await spray(1001, false)).toBe('Too many requests')
  })
})
