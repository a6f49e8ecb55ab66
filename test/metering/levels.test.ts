import { beforeEach, describe, expect, test } from 'vitest'
import type { Admittance } from '../../src/metering/decision.ts'
import type { LeaseReply } from '../../src/metering/lease-protocol.ts'
import { LEVELS, Rig } from './isolate-rig.ts'
import { NAME } from './simulated-key.ts'

const METHOD = 'throttles/method'
const ACCOUNT = 'accounts/account'
const throttled = (retryAfterMs = 200): Partial<LeaseReply> => ({
  admitted: 0,
  refusal: { reason: 'throttled', retryAfterMs },
})

let rig: Rig
beforeEach(() => {
  rig = new Rig()
})

const now = () => rig.levels.admit(LEVELS, NAME)
const tokensOf = ({ key, method, account }: Admittance) =>
  [key, method, account].map(decision => (decision?.admitted ? decision.grant?.tokens : undefined))

describe('a request of a keyed method with a bucket of its own', () => {
  test('asks key, method and account at the same time, and waits for one round trip', async () => {
    rig.pass(0)
    await rig.world.run(30)
    // The key was looked up before: that it exists is known from now on.
    expect(rig.lookups).toEqual([NAME])
    expect(rig.called).toEqual([NAME, METHOD, ACCOUNT])
    expect(rig.admittances).toMatchObject([
      {
        key: { admitted: true, level: 'key', by: 'object', waitedMs: 20 },
        method: { admitted: true, level: 'method', by: 'object', waitedMs: 20 },
        account: { admitted: true, level: 'account', by: 'object', waitedMs: 20 },
      },
    ])
    expect(rig.admittances[0]).not.toHaveProperty('refusal')
  })

  test('is admitted from memory where all levels have a lease, without a promise or anything new', async () => {
    await rig.warmLevels()
    const first = now() as Admittance
    expect(first).not.toBeInstanceOf(Promise)
    expect(tokensOf(first)).toEqual([49, 49, 49])
    expect(now()).toBe(first)
    expect(tokensOf(first)).toEqual([48, 48, 48])
    expect(rig.calls).toEqual([])
  })

  test('asks only the levels that memory cannot decide', async () => {
    await rig.warmLevels()
    rig.answer = (_, name) => (name === METHOD ? {} : throttled())
    // The method's lease is given up: its limits have changed.
    const changed = { rate: 50, burst: 100, version: 2 }
    const levels = { ...LEVELS, method: { ...LEVELS.method!, target: { ...LEVELS.key, throttle: changed } } }
    rig.pass(130, levels)
    await rig.world.run(160)
    expect(rig.called).toEqual([METHOD])
    expect(rig.admittances).toMatchObject([{ method: { by: 'object' }, key: { by: 'lease' } }])
  })
})

describe('a level that refuses', () => {
  test.each([
    ['key', NAME, [undefined, 50, 50]],
    ['method', METHOD, [50, undefined, 50]],
    ['account', ACCOUNT, [50, 50, undefined]],
  ] as const)(
    'from memory, the %s, is the answer: no other is asked and none loses a token',
    async (level, meter, left) => {
      await rig.warmLevels()
      // Of this level alone the lease is over, and the object has nothing.
      rig.answer = (_, name) => (name === meter ? throttled(5_000) : { lease: { tokens: 50, lifeMs: 125 } })
      await rig.world.run(226)
      rig.pass(226)
      await rig.world.run(250)
      expect(rig.admittances).toMatchObject([{ refusal: { level, by: 'object', reason: 'throttled' } }])
      rig.forget()
      const refused = now() as Admittance
      expect(refused).not.toBeInstanceOf(Promise)
      expect(refused).toMatchObject({ refusal: { level, by: 'memory', reason: 'throttled', meter } })
      expect(rig.calls).toEqual([])
      // What the others have is untouched: the first request gave back what it had taken.
      rig.answer = () => ({})
      await rig.world.run(260)
      const rest = { ...LEVELS, ...(level === 'method' && { method: undefined as never }) }
      const others = rig.levels.admit(rest, level === 'key' ? undefined : NAME)
      if (level === 'account') expect(others).toMatchObject({ refusal: { level } })
      else expect(tokensOf(others as Admittance)).toEqual(left.map(tokens => tokens && tokens - 1))
    },
  )

  test('after others have granted has them give back: tokens of leases to the lease, decisions to the object', async () => {
    await rig.warmLevels()
    const before = tokensOf(now() as Admittance)
    // The account's lease is used up before the others'.
    const account = { ...LEVELS.account, meter: 'accounts/other' }
    rig.answer = (_, name) => (name === account.meter ? throttled(50) : {})
    rig.pass(130, { ...LEVELS, account })
    await rig.world.run(151)
    expect(rig.called).toEqual([account.meter])
    expect(rig.admittances).toMatchObject([{ refusal: { level: 'account' } }])
    expect(tokensOf(now() as Admittance)).toEqual(before.map(tokens => tokens! - 1))

    rig.forget()
    await rig.world.run(1_000)
    rig.answer = (_, name) => (name === METHOD ? throttled(50) : {})
    rig.pass(1_000)
    await rig.world.run(1_021)
    const ids = Object.fromEntries(rig.calls.map(({ id }, index) => [rig.called[index], id]))
    rig.forget()
    rig.answer = () => ({})
    rig.pass(1_100)
    await rig.world.run(1_200)
    const returns = Object.fromEntries(rig.calls.map((call, index) => [rig.called[index], call.returns]))
    expect(returns[NAME]).toContainEqual({ id: ids[NAME], grantedAt: 1, leased: 0, decided: 1, done: false })
    expect(returns[ACCOUNT]).toContainEqual(expect.objectContaining({ id: ids[ACCOUNT], decided: 1 }))
    expect(returns[METHOD]).not.toContainEqual(expect.objectContaining({ id: ids[METHOD] }))
  })

  test('leaves no trace in the usage of a key, though no other request with it follows', async () => {
    rig.answer = (_, name) => (name === ACCOUNT ? throttled(50) : {})
    rig.pass(0)
    await rig.world.run(1_000)
    expect(rig.called).toEqual([NAME, METHOD, ACCOUNT, NAME])
    expect(rig.calls[3]).toMatchObject({ waiting: 0, returns: [{ id: rig.calls[0]!.id, decided: 1 }] })
    await rig.world.run(60_000)
    expect(rig.calls).toHaveLength(4)
  })

  test('is told of in API Gateway’s order, whoever answers first', async () => {
    rig.answer = async (_, name) => {
      if (name === NAME) await rig.sleep(100)
      return throttled()
    }
    rig.pass(0)
    await rig.world.run(60)
    expect(rig.admittances).toEqual([])
    await rig.world.run(130)
    expect(rig.admittances).toMatchObject([{ refusal: { level: 'key' } }])
  })

  test('does not wait for those behind it: what they grant later goes back', async () => {
    rig.answer = async (_, name) => {
      if (name !== ACCOUNT) return throttled(10)
      await rig.sleep(100)
      return {}
    }
    rig.pass(0)
    await rig.world.run(21)
    expect(rig.admittances).toMatchObject([{ refusal: { level: 'key' } }])
    await rig.world.run(200)
    rig.answer = () => ({})
    rig.forget()
    rig.pass(200)
    await rig.world.run(250)
    const account = rig.calls[rig.called.indexOf(ACCOUNT)]
    expect(account?.returns).toMatchObject([{ decided: 1 }])
  })

  test('after its own lease has ended gives the token back to the object, also when the lease was returned', async () => {
    await rig.warmLevels(5)
    const account = { ...LEVELS.account, meter: 'accounts/slow' }
    rig.answer = async (_, name) => {
      if (name !== account.meter) return {}
      await rig.sleep(600)
      return throttled(50)
    }
    rig.pass(130, { ...LEVELS, account })
    await rig.world.run(600)
    // The key's lease of 5 is over, and its unspent 4 went back by a call of their own.
    const swept = rig.calls.findLast((_, index) => rig.called[index] === NAME)
    expect(swept?.returns).toMatchObject([{ leased: 4, done: true }])
    await rig.world.run(1_000)
    rig.answer = () => ({})
    rig.pass(1_000)
    await rig.world.run(1_050)
    const next = rig.calls.findLast((_, index) => rig.called[index] === NAME)
    expect(next?.returns).toMatchObject([{ leased: 5, done: true }])
  })
})

describe('other requests', () => {
  test('of a closed method are refused and ask nobody', () => {
    const closed = { ...LEVELS, method: { ...LEVELS.method!, isClosed: true } }
    expect(rig.levels.admit(closed, undefined)).toMatchObject({
      refusal: { level: 'method', reason: 'throttled' },
    })
    expect(rig.calls).toEqual([])
  })

  test('with guessed keys take nothing of the method and the account', async () => {
    rig.exists = async () => false
    rig.pass(0, LEVELS, 'keys/guess')
    await rig.world.run(50)
    expect(rig.admittances).toMatchObject([{ refusal: { level: 'key', reason: 'unknown-key' } }])
    expect(rig.levels.admit(LEVELS, 'keys/guess')).toMatchObject({ refusal: { reason: 'unknown-key' } })
    expect(rig.calls).toEqual([])
  })

  test('without a key share the account’s slot, whatever their API', async () => {
    await rig.warmLevels()
    const other: typeof LEVELS = { key: { apiId: 'other', stage: 'dev' }, account: LEVELS.account }
    const admitted = rig.levels.admit(other, undefined) as Admittance
    expect(tokensOf(admitted)).toEqual([undefined, undefined, 49])
  })

  test('of an account whose object knows no accounts pass', async () => {
    rig.answer = (_, name) =>
      name === ACCOUNT ? { admitted: 0, refusal: { reason: 'unknown-key', retryAfterMs: 250 } } : {}
    rig.pass(0)
    await rig.world.run(30)
    expect(rig.admittances).toMatchObject([{ account: { admitted: true } }])
  })
})

describe('methods that the plan limits apart', () => {
  const of = (method: string) => ({ ...LEVELS.key, method })
  const admitNow = (method: string) => rig.admission.admit(NAME, of(method))

  test('are served by tokens that were leased for them, and others by none of theirs', async () => {
    rig.answer = () => ({ ownMethods: ['GET /own'], lease: { tokens: 10, lifeMs: 250 } })
    rig.request(0, NAME, of('GET /own'))
    await rig.world.run(30)
    expect(admitNow('GET /own')).toMatchObject({ by: 'lease', grant: { tokens: 9 } })
    expect(admitNow('GET /other')).toBeInstanceOf(Promise)
    expect(rig.calls.at(-1)).toMatchObject({ method: 'GET /other', waiting: 1 })
    await rig.world.run(60)
    expect(admitNow('PUT /another')).toMatchObject({ by: 'lease' })
    expect(admitNow('GET /own')).toMatchObject({ by: 'lease', grant: { tokens: 8 } })
  })

  test('are asked for again when they came along with a call for others', async () => {
    rig.answer = ({ method, waiting }) => ({
      ownMethods: ['GET /own'],
      admitted: method === 'GET /own' ? 0 : waiting,
      ...(method === 'GET /own' && { refusal: { reason: 'throttled', retryAfterMs: 100 } }),
    })
    // Four calls are under way: those that come meanwhile wait together, and the first of them says for what.
    for (const method of ['GET /a', 'GET /a', 'GET /a', 'GET /a', 'GET /b', 'GET /own', 'GET /c'])
      rig.request(0, NAME, of(method))
    await rig.world.run(200)
    const refused = rig.decisions.filter(({ admitted }) => !admitted)
    expect(refused).toMatchObject([{ reason: 'throttled' }])
    expect(rig.decisions).toHaveLength(7)
    expect(rig.calls.filter(({ method }) => method === 'GET /own')).toMatchObject([{ waiting: 1 }])
  })

  test('stay so when an answer comes that is no plan’s', async () => {
    rig.answer = ({ method }) =>
      method === 'GET /gone'
        ? { planId: undefined, keyId: undefined, admitted: 0 }
        : { ownMethods: ['GET /own'], lease: { tokens: 10, lifeMs: 250 } }
    rig.request(0, NAME, of('GET /a'))
    rig.request(25, NAME, { ...of('GET /gone') })
    await rig.world.run(30)
    expect(admitNow('GET /a')).toMatchObject({ by: 'lease' })
    expect(admitNow('GET /own')).toBeInstanceOf(Promise)
    await rig.world.run(100)
    expect(admitNow('GET /own')).toMatchObject({ by: 'lease' })
  })

  test('have their own refusals', async () => {
    rig.answer = ({ method }) => ({ ownMethods: ['GET /own'], ...(method === 'GET /own' && throttled(500)) })
    rig.request(0, NAME, of('GET /own'))
    await rig.world.run(30)
    expect(admitNow('GET /own')).toMatchObject({ admitted: false, by: 'memory' })
    expect(admitNow('GET /other')).toBeInstanceOf(Promise)
  })
})
