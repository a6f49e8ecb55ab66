import { describe, expect, test } from 'vitest'
import { ACCOUNT_THROTTLE, accountRecord } from '../../src/metering/account-limits.ts'
import type { Ceiling } from '../../src/metering/ceiling.ts'
import type { KeyPlan, Throttle } from '../../src/metering/key-record.ts'
import { LEASE, type LeaseReply } from '../../src/metering/lease-protocol.ts'
import { Rig, rig } from './meter-rig.ts'
import { recordOf } from './simulated-key.ts'

const accountOf = (throttle: Throttle) =>
  new Rig(accountRecord({ account: '000000000000', region: 'us-east-1' }, { version: 1, throttle }))

const planned = (change: Partial<KeyPlan>, throttle?: Throttle) => {
  const record = recordOf(throttle)
  return new Rig({ ...record, plans: [{ ...record.plans[0]!, ...change }] })
}

describe("an account's bucket", () => {
  const throttle = { rateLimit: 100, burstLimit: 160 }

  test('writes a row that lasts while it is nearly full, and says no more after a crash than what is sure', () => {
    const account = accountOf(throttle)
    account.ask(1)
    expect(account.row).toMatchObject({ level: 140, lasting: true, used: 0 })
    account.now += 10_000
    expect(account.ask(20).admitted).toBe(20)
    expect(account.writes).toBe(1)
    account.restart()
    expect(account.ask(1_000).admitted).toBe(140)
  })

  test('writes another row before more is out on leases than the last one says', () => {
    const account = accountOf(throttle)
    expect(account.ask(0, 10, { lifeWanted: 10_000 }).lease?.tokens).toBe(10)
    expect(account.row).toMatchObject({ held: 10, lasting: true })
    expect(account.ask(0, 10, { lifeWanted: 10_000 }).lease?.tokens).toBe(10)
    expect(account.row.held).toBeGreaterThanOrEqual(20)
    account.restart()
    account.now += 60_000
    expect(account.ask(1_000).admitted).toBeLessThanOrEqual(140)
  })

  test('has the first request of a life wait for its token rather than write a row', () => {
    const account = accountOf(throttle)
    account.ask(1)
    account.restart()
    expect(account.meter.waitForToken(account.now)).toBe(10)
    account.now += 10
    expect(account.meter.waitForToken(account.now)).toBe(0)
    expect(account.ask(1).admitted).toBe(1)
    expect(account.writes).toBe(1)
  })

  test('is asked for little by a hundred slow callers: a call in half a minute, no timer, few rows', () => {
    const account = accountOf(ACCOUNT_THROTTLE)
    for (let caller = 0; caller < 20; caller += 1) {
      account.now += 1_000
      const { lease } = account.ask(1, 30, { lifeWanted: 30_000, caller: `isolate-${caller}` })
      expect(lease).toEqual({ tokens: 30, lifeMs: 30_000 })
    }
    expect(account.meter.needsTicks).toBe(false)
    expect(account.writes).toBeLessThanOrEqual(20)
  })

  test('gives a caller no more than half of what may be out, and each further one half of the rest', () => {
    const account = accountOf({ rateLimit: 1_000, burstLimit: 800 })
    const leases = ['a', 'b', 'c', 'd'].map(
      caller => account.ask(0, 3_000, { lifeWanted: 30_000, caller }).lease,
    )
    expect(leases).toEqual([
      { tokens: 200, lifeMs: 2_000 },
      { tokens: 100, lifeMs: 1_000 },
      { tokens: 50, lifeMs: 500 },
      // There is little left: as briefly as a key's.
      { tokens: 13, lifeMs: LEASE.usualLife },
    ])
    expect(account.meter.needsTicks).toBe(true)
  })

  test('lets go of long leases after ticks of as long a time, which it needs when much has not come back', () => {
    const account = accountOf({ rateLimit: 1_000, burstLimit: 80 })
    for (const caller of ['a', 'b']) account.ask(0, 60, { lifeWanted: 30_000, caller })
    expect(account.row.held).toBe(30)
    // They live for ten seconds and five.
    account.now += 30_000
    account.ask(1)
    expect(account.meter.needsTicks).toBe(false)
    account.now += 2_000
    account.ask(1)
    expect(account.meter.needsTicks).toBe(true)
    let ticks = 1
    while (account.tick()) ticks += 1
    expect(ticks).toBe(Math.ceil((10_000 + LEASE.margin) / 300) + 1)
    account.now += 60_000
    expect(account.ask(1_000).admitted).toBe(80)
  })

  const returned = ({ id, grantedAt }: LeaseReply, leased = 0) => ({
    returns: [{ id, grantedAt, leased, decided: 0, done: true }],
  })

  test('knows a long lease of a life before by its name, so that eviction between calls costs no room', () => {
    const account = accountOf(ACCOUNT_THROTTLE)
    let lease: LeaseReply | undefined
    for (let life = 0; life < 200; life += 1) {
      account.now += 29_000
      account.restart()
      lease = account.ask(1, 30, { lifeWanted: 30_000, ...(lease && returned(lease)) })
      expect(lease.lease).toEqual({ tokens: 30, lifeMs: 30_000 })
      expect(account.meter.needsTicks).toBe(false)
    }
    expect(account.row.held).toBe(30)
    expect(account.writes).toBe(200)
  })

  test('takes back a lease of a life before once, and puts nothing of it into the bucket', () => {
    const account = accountOf({ rateLimit: 100, burstLimit: 160 })
    const lease = account.ask(0, 30, { lifeWanted: 10_000 })
    expect(account.row.held).toBe(30)
    account.restart()
    expect(account.ask(0, 0, returned(lease, 20)).admitted).toBe(0)
    account.restart()
    // The row of before the return still names it.
    account.now += 10_000
    expect(account.ask(1_000, 0, returned(lease, 20)).admitted).toBe(130)
    expect(account.ask(0, 0, returned(lease, 20)).admitted).toBe(0)
    expect(account.ask(1_000).admitted).toBe(0)
    account.now += 10_000
    expect(account.ask(1_000).admitted).toBe(160)
  })

  test('counts a lease of a life before as out while only another grant of its name comes back', () => {
    const account = accountOf({ rateLimit: 100, burstLimit: 160 })
    const lease = account.ask(0, 30, { lifeWanted: 10_000 })
    account.restart()
    account.ask(0, 0, returned({ ...lease, grantedAt: lease.grantedAt + 0.5 }))
    account.now += 10_000
    expect(account.ask(1_000).admitted).toBe(130)
  })

  test('names no more than sixteen leases, and counts the others', () => {
    const account = accountOf(ACCOUNT_THROTTLE)
    for (let caller = 0; caller < 20; caller += 1) {
      account.now += 1_000
      account.ask(0, 10, { lifeWanted: 20_000, caller: `isolate-${caller}` })
    }
    expect(JSON.parse(account.row.leases!)).toHaveLength(16)
    expect(account.row.held).toBeGreaterThanOrEqual(200)
  })

  test('writes a row when it falls silent that counts much more as out than is', () => {
    const account = accountOf(ACCOUNT_THROTTLE)
    account.ask(1)
    const lease = account.ask(1, 30_000, { lifeWanted: 30_000 })
    expect(account.row.held).toBe(1_250)
    account.now += 10_000
    account.ask(1, 0, returned(lease, 1_250))
    expect(account.meter.settleIn(account.now)).toBe(9_000)
    account.now += 9_000
    account.meter.settle(account.now)
    account.save()
    expect(account.row).toMatchObject({ held: 0, leases: null, lasting: true })
    expect(account.meter.settleIn(account.now)).toBeUndefined()
  })
})

describe("a plan's own bucket of a method", () => {
  const own = {
    '/pets/{id}/GET': { rateLimit: 1, burstLimit: 3 },
    '//POST': { rateLimit: 5, burstLimit: 40 },
  }
  const stages = [{ apiId: 'api', stage: 'prod', throttle: own }]
  const plan = { rateLimit: 1, burstLimit: 100 }

  test('is passed beside the plan’s, and named to the caller', () => {
    const key = planned({ stages }, plan)
    expect(key.ask(10, 0, { method: 'GET /pets/{id}' })).toMatchObject({
      admitted: 3,
      refusal: { reason: 'throttled', retryAfterMs: 1_000 },
      ownMethods: ['GET /pets/{id}', 'POST /'],
    })
    expect(key.ask(200, 0, { method: 'GET /pets' })).toMatchObject({ admitted: 97 })
    // Nothing is taken from it while the plan's is empty.
    expect(key.ask(1, 0, { method: 'POST /' })).toMatchObject({ admitted: 0 })
    key.now += 1_000
    expect(key.ask(9, 0, { method: 'POST /' }).admitted).toBe(1)
  })

  test('of ANY is shared by all methods that have none', () => {
    const any = { '/pets/ANY': { rateLimit: 1, burstLimit: 4 }, '/pets/GET': { rateLimit: 1, burstLimit: 2 } }
    const key = planned({ stages: [{ apiId: 'api', stage: 'prod', throttle: any }] }, plan)
    expect(key.ask(9, 0, { method: 'GET /pets' }).admitted).toBe(2)
    expect(key.ask(3, 0, { method: 'PUT /pets' })).toMatchObject({
      admitted: 3,
      ownMethods: expect.arrayContaining(['DELETE /pets', 'GET /pets', 'PUT /pets']),
    })
    key.restart()
    expect(key.ask(9, 0, { method: 'POST /pets' }).admitted).toBe(1)
    expect(key.ask(9, 0, { method: 'GET /cats' }).admitted).toBe(9)
  })

  test('leases from both, and takes back into both', () => {
    const key = planned({ stages }, plan)
    const { id, grantedAt, lease } = key.ask(0, 100, { method: 'POST /' })
    expect(lease?.tokens).toBe(20)
    expect(key.ask(100, 0, { method: 'POST /' }).admitted).toBe(20)
    const returns = [{ id, grantedAt, leased: 20, decided: 0, done: true }]
    expect(key.ask(100, 0, { method: 'POST /', returns }).admitted).toBe(20)
    expect(key.ask(100).admitted).toBe(60)
  })

  test('is where it was after a crash', () => {
    const key = planned({ stages }, plan)
    key.ask(2, 0, { method: 'GET /pets/{id}' })
    key.restart()
    expect(key.ask(9, 0, { method: 'GET /pets/{id}' }).admitted).toBe(1)
    expect(key.ask(9, 0, { method: 'POST /' }).admitted).toBe(9)
  })

  test('goes with the record', () => {
    const key = planned({ stages }, plan)
    expect(key.ask(9, 0, { method: 'GET /pets/{id}' }).admitted).toBe(3)
    key.configure({ throttle: plan })
    expect(key.ask(9, 0, { method: 'GET /pets/{id}' })).toMatchObject({ admitted: 9 })
    expect(key.ask(1).ownMethods).toBeUndefined()
  })
})

describe('ceilings besides the quota', () => {
  test('refuse in their own words, the quota first', () => {
    const limit = { reason: 'budget-exceeded', status: 402, limit: 5, period: 'MONTH' } as const
    const key = planned({ ceilings: [limit], quota: { limit: 7, offset: 0, period: 'DAY' } })
    expect(key.ask(9)).toMatchObject({ admitted: 5, refusal: { reason: 'budget-exceeded', status: 402 } })
    const both = planned({ ceilings: [limit], quota: { limit: 5, offset: 0, period: 'DAY' } })
    expect(both.ask(9)).toMatchObject({ admitted: 5, refusal: { reason: 'quota-exceeded' } })
  })

  test('of somebody else’s making are told of every debit and return', () => {
    let left = 10
    const ceiling: Ceiling = {
      reason: 'budget-exceeded',
      remaining: () => left,
      endsAt: wall => wall + 60_000,
      charge: (_, requests) => {
        left -= requests
      },
    }
    const key = rig()
    key.meter.attach(() => [ceiling])
    const { id, admitted, refusal, grantedAt } = key.ask(12)
    expect([admitted, refusal]).toEqual([10, { reason: 'budget-exceeded', retryAfterMs: 60_000 }])
    key.ask(0, 0, { returns: [{ id, grantedAt, leased: 0, decided: 4, done: true }] })
    expect(left).toBe(4)
    expect([...key.meter.usageOf('plan')]).toMatchObject([{ day: '2026-11-22', used: 6 }])
    key.configure({ throttle: { rateLimit: 100, burstLimit: 100 } })
    expect(key.ask(12).admitted).toBe(4)
  })
})

describe('what a reply tells', () => {
  test('is what is left, where the plan tells its clients', () => {
    const quota = { limit: 50, offset: 0, period: 'DAY' } as const
    const key = planned({ quota, tellsLimits: true }, { rateLimit: 5, burstLimit: 10 })
    expect(key.ask(4).left).toEqual({
      rate: 5,
      burst: 10,
      tokens: 6,
      quota: { limit: 50, left: 46, resetMs: 12 * 3_600_000 },
    })
    expect(planned({ quota }).ask(1).left).toBeUndefined()
  })

  test('is that requests may pass in an outage, where nothing but a rate is at stake', () => {
    const throttle = { rateLimit: 5, burstLimit: 10 }
    expect(planned({ whenUnreachable: 'pass' }, throttle).ask(1).whenUnreachable).toBe('pass')
    const quota = { limit: 50, offset: 0, period: 'DAY' } as const
    expect(planned({ whenUnreachable: 'pass', quota }, throttle).ask(1).whenUnreachable).toBeUndefined()
  })

  test('requests that passed meanwhile are counted', () => {
    const key = rig({ rateLimit: 5, burstLimit: 10 })
    key.ask(1, 0, { passed: 30 })
    expect(key.usage()).toEqual({ '2026-11-22': [31, null] })
  })
})

describe('a slow key', () => {
  test('writes a row for about ten requests from three in ten seconds on, and one for each below', () => {
    for (const [everyMs, rows] of [
      [1_000, 12],
      [3_000, 35],
      [20_000, 100],
    ] as const) {
      const key = rig({ rateLimit: 5, burstLimit: 10 }, { limit: 100_000, offset: 0, period: 'MONTH' })
      for (let request = 0; request < 100; request += 1) {
        key.now += everyMs
        expect(key.ask(1).admitted).toBe(1)
      }
      expect(key.writes).toBeLessThanOrEqual(rows)
      expect(key.meter.needsTicks).toBe(false)
    }
  })

  test('loses to a crash what was left of sixteen requests at most', () => {
    const key = rig({ rateLimit: 50, burstLimit: 10 })
    for (let request = 0; request < 40; request += 1) {
      key.now += 500
      key.ask(1)
      const used = key.row.used - (request + 1)
      expect(used).toBeGreaterThanOrEqual(0)
      expect(used).toBeLessThanOrEqual(16)
    }
  })
})

test('rows of before there were any of methods, and any that last, are read as they were meant', () => {
  const throttle = { rateLimit: 1, burstLimit: 40 }
  const key = rig(throttle, { limit: 100, offset: 0, period: 'DAY' })
  key.disk.usage.set('2026-11-22', {
    keyId: 'key',
    planId: 'plan',
    day: '2026-11-22',
    used: 30,
    remaining: 70,
    rev: 7,
    rolled: 0,
    level: 25,
    at: key.now,
    held: 5,
  })
  key.restart()
  expect(key.meter.needsTicks).toBe(true)
  key.tick()
  key.tick()
  key.now += 2_000
  expect(key.ask(100).admitted).toBe(27)
  expect(key.usage()).toEqual({ '2026-11-22': [57, 43] })
  expect(key.row.rev).toBe(8)
})

test('leases of keys live as long as they may where the bucket does not miss them', () => {
  expect(rig({ rateLimit: 1_000, burstLimit: 1_000 }).ask(0, 50).lease?.lifeMs).toBe(LEASE.maxLife)
  expect(rig({ rateLimit: 1_000, burstLimit: 500 }).ask(0, 50).lease?.lifeMs).toBe(LEASE.usualLife)
})
