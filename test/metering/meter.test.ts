import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ExtraQuota, Quota } from '../../src/metering/key-record.ts'
import { ALL, LEASE } from '../../src/metering/lease-protocol.ts'
import { TICK_MS } from '../../src/metering/meter.ts'
import { Adversary, actions } from './adversary.ts'
import { NOON, Rig, rig } from './meter-rig.ts'
import { recordOf } from './simulated-key.ts'

const leased = fc.record({
  rateLimit: fc.constantFrom(1, 20, 100),
  burstLimit: fc.integer({ min: 20, max: 60 }),
})
const single = fc.record({
  rateLimit: fc.constantFrom(0, 0.5, 5),
  burstLimit: fc.integer({ min: 0, max: 12 }),
})

describe('isolates that do their worst within the protocol', () => {
  test('never exceed a quota', () => {
    const quotas = fc.record({
      limit: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 500, max: 5_000 })),
      offset: fc.constantFrom(0, 10),
      period: fc.constant('MONTH' as const),
    })
    const throttles = fc.option(fc.constant({ rateLimit: 1_000, burstLimit: 500 }), { nil: undefined })
    fc.assert(
      fc.property(
        quotas,
        throttles,
        fc.array(actions, { minLength: 10, maxLength: 120 }),
        (quota, throttle, script) => {
          const adversary = new Adversary({ throttle, quota })
          for (const action of script) adversary.act(action)
          expect(adversary.used).toBeLessThanOrEqual(quota.limit)
          const used = adversary.settled().reduce((sum, row) => sum + row.used, 0)
          expect(used).toBeGreaterThanOrEqual(adversary.used)
          expect(used).toBeLessThanOrEqual(quota.limit)
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 2_000) },
    )
  })

  test.for([
    ['leases', leased],
    ['single decisions', single],
  ] as const)('never exceed burst + rate x t: %s', ([, throttles]) => {
    fc.assert(
      fc.property(throttles, fc.array(actions, { minLength: 10, maxLength: 120 }), (throttle, script) => {
        const adversary = new Adversary({ throttle })
        for (const action of script) adversary.act(action)
        expect(adversary.admissions.overAdmission(throttle)).toBeLessThanOrEqual(0)
        // What was given back was not used; nothing else is taken off the usage.
        const used = adversary.settled().reduce((sum, row) => sum + row.used, 0)
        expect(used).toBeGreaterThanOrEqual(adversary.used)
      }),
      { numRuns: Number(process.env.RUNS ?? 3_000) },
    )
  })
})

const lasting = fc.record({
  rateLimit: fc.constantFrom(100, 400, 1_000),
  burstLimit: fc.integer({ min: 20, max: 300 }),
})

describe('what nobody revokes, with leases that live long and rows that last', () => {
  test.for([
    ['account', lasting],
    ['method', leased],
    ['method', single],
  ] as const)('never exceeds burst + rate x t: %s', ([kind, throttles]) => {
    fc.assert(
      fc.property(throttles, fc.array(actions, { minLength: 10, maxLength: 120 }), (throttle, script) => {
        const adversary = new Adversary({ throttle, kind })
        for (const action of script) adversary.act(action)
        expect(adversary.admissions.overAdmission(throttle)).toBeLessThanOrEqual(0)
      }),
      { numRuns: Number(process.env.RUNS ?? 1_500) },
    )
  })
})

test("a plan's own buckets of methods hold, each by itself, and so does the plan's beside them", () => {
  const own = fc.oneof(leased, single)
  fc.assert(
    fc.property(
      leased,
      own,
      fc.array(actions, { minLength: 10, maxLength: 120 }),
      (throttle, ofMethod, script) => {
        const adversary = new Adversary({ throttle, own: ofMethod })
        for (const action of script) adversary.act(action)
        expect(adversary.admissions.overAdmission(throttle)).toBeLessThanOrEqual(0)
        for (const admissions of adversary.byMethod.slice(0, 2))
          expect(admissions.overAdmission(ofMethod)).toBeLessThanOrEqual(0)
        const used = adversary.settled().reduce((sum, row) => sum + row.used, 0)
        expect(used).toBeGreaterThanOrEqual(adversary.used)
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 1_500) },
  )
})

describe('a lease', () => {
  test('takes at most half a bucket and counts against the other half until it is returned', () => {
    const { lease } = rig({ rateLimit: 1, burstLimit: 40 }).ask(0, 1_000)
    expect(lease).toEqual({ tokens: 20, lifeMs: LEASE.maxLife })

    const returning = rig({ rateLimit: 1, burstLimit: 40 })
    const { id, grantedAt } = returning.ask(0, 1_000)
    // All of the level that was left is taken, then ten minutes pass without a word: only half may flow in.
    expect(returning.ask(100).admitted).toBe(20)
    returning.now += 600_000
    expect(returning.ask(100).admitted).toBe(20)
    expect(
      returning.ask(100, 0, { returns: [{ id, grantedAt, leased: 20, decided: 0, done: true }] }).admitted,
    ).toBe(20)
  })

  test('is let go of when a whole interval between two ticks has passed since the grant', () => {
    const meter = rig({ rateLimit: 1000, burstLimit: 1000 })
    expect(meter.ask(500, 10_000).lease?.tokens).toBe(500)
    meter.now += 10_000
    // The first tick may come right after the grant, however far the clock has jumped in between.
    expect(meter.tick()).toBe(true)
    expect(meter.ask(10_000).admitted).toBe(500)
    meter.now += TICK_MS
    meter.tick()
    meter.now += 1_000
    expect(meter.ask(10_000).admitted).toBe(1_000)
  })

  test('that was let go of gives nothing back to the bucket, but is taken off the usage', () => {
    const meter = rig({ rateLimit: 0, burstLimit: 40 })
    const { id, grantedAt, lease } = meter.ask(0, 20)
    meter.tick()
    meter.tick()
    const returns = [{ id, grantedAt, leased: 20, decided: 0, done: true }]
    expect(lease?.tokens).toBe(20)
    expect(meter.ask(100, 0, { returns }).admitted).toBe(20)
    expect(meter.usage()).toEqual({ '2026-11-22': [20, null] })
  })

  test('returned twice counts once', () => {
    const meter = rig({ rateLimit: 0, burstLimit: 40 })
    const { id, grantedAt } = meter.ask(0, 20)
    const some = [{ id, grantedAt, leased: 5, decided: 0, done: false }]
    const all = [{ id, grantedAt, leased: 8, decided: 0, done: true }]
    for (const returns of [some, some, all, some, all]) meter.ask(0, 0, { returns })
    expect(meter.usage()).toEqual({ '2026-11-22': [12, null] })
    expect(meter.ask(100).admitted).toBe(28)
  })

  test('outlives its object: after a restart half a bucket stays away until it must have ended', () => {
    const meter = rig({ rateLimit: 100, burstLimit: 40 })
    for (let call = 0; call < 40; call += 1) {
      // Steady use, so that debits are reserved in blocks and leases are granted without a write each.
      meter.now += 100
      const { id, grantedAt, lease } = meter.ask(2, 4)
      const back = { id, grantedAt, leased: lease?.tokens ?? 0, decided: 0, done: true }
      meter.ask(0, 0, { returns: [back] })
    }
    meter.now += 400
    const { writes } = meter
    expect(meter.ask(0, 1_000).lease?.tokens).toBe(20)
    expect(meter.writes).toBe(writes)
    meter.restart()
    meter.now += 60_000
    expect(meter.ask(100).admitted).toBe(20)
    meter.tick()
    meter.tick()
    meter.now += 60_000
    expect(meter.ask(100).admitted).toBe(40)
  })

  test('is not granted to callers too far away to use it, nor out of small or fast buckets', () => {
    expect(rig({ rateLimit: 100, burstLimit: 100 }).ask(0, 50, { rtt: 170 }).lease).toBeUndefined()
    expect(rig({ rateLimit: 100, burstLimit: 100 }).ask(0, 50, { rtt: 160 }).lease?.lifeMs).toBe(
      LEASE.maxLife,
    )
    expect(rig({ rateLimit: 100, burstLimit: 19 }).ask(0, 50).lease).toBeUndefined()
    // Half a bucket's refill is 20 ms.
    expect(rig({ rateLimit: 1000, burstLimit: 40 }).ask(0, 50).lease).toBeUndefined()
    expect(rig({ rateLimit: 1000, burstLimit: 100 }).ask(0, 50).lease?.lifeMs).toBe(50)
  })

  test('lives longer the more callers there are, up to the bound', () => {
    const meter = rig({ rateLimit: 10_000, burstLimit: 5_000 })
    const lives = []
    for (let caller = 0; caller < 120; caller += 1)
      lives.push(meter.ask(0, 10, { caller: `isolate-${caller}` }).lease?.lifeMs)
    expect(lives[0]).toBe(125)
    expect(lives[79]).toBe(200)
    expect(lives[119]).toBe(250)
  })
})

describe('a doubled or lost call', () => {
  test('gets the reply of the first and no second grant', () => {
    const meter = rig({ rateLimit: 0, burstLimit: 40 })
    const first = meter.ask(3, 10, { id: 'same' })
    expect(meter.ask(3, 10, { id: 'same' })).toEqual(first)
    expect(meter.usage()).toEqual({ '2026-11-22': [13, null] })
  })

  test('is taken back whole by a caller that never saw the reply', () => {
    const meter = rig({ rateLimit: 0, burstLimit: 40 }, { limit: 100, offset: 0, period: 'DAY' })
    const { id, admitted, lease } = meter.ask(3, 10)
    expect([admitted, lease?.tokens]).toEqual([3, 6])
    meter.ask(0, 0, { returns: [{ id, leased: ALL, decided: ALL, done: true }] })
    expect(meter.usage()).toEqual({ '2026-11-22': [0, 100] })
    // The bucket keeps what was decided: that moment has passed.
    expect(meter.ask(100).admitted).toBe(37)
  })

  test('that arrives after it was taken back is granted nothing', () => {
    const meter = rig({ rateLimit: 0, burstLimit: 40 })
    meter.ask(0, 0, { returns: [{ id: 'slow', leased: ALL, decided: ALL, done: true }] })
    expect(meter.ask(3, 10, { id: 'slow' })).toMatchObject({ admitted: 0 })
    expect(meter.usage()).toEqual({})
  })

  test('a return of an earlier grant under the same id does not touch the later one', () => {
    const meter = rig({ rateLimit: 0, burstLimit: 40 })
    const { grantedAt } = meter.ask(0, 10, { id: 'same' })
    meter.restart()
    meter.tick()
    meter.tick()
    meter.ask(0, 10, { id: 'same' })
    meter.ask(0, 0, { returns: [{ id: 'same', grantedAt, leased: 10, decided: 0, done: true }] })
    expect(meter.usage()).toEqual({ '2026-11-22': [20, null] })
  })
})

describe('refusals', () => {
  test.each([
    ['unknown-key', { deleted: true }],
    ['disabled-key', { enabled: false }],
    ['no-plan-for-stage', { plans: [] }],
  ])('%s', (reason, change) => {
    const meter = new Rig({ ...recordOf(), ...change })
    expect(meter.ask(1)).toMatchObject({ admitted: 0, refusal: { reason } })
    expect(meter.writes).toBe(0)
  })

  test('say when the bucket can grant again, and it does then and not before', () => {
    const meter = rig({ rateLimit: 3, burstLimit: 2 })
    expect(meter.ask(3)).toMatchObject({ admitted: 2, refusal: { reason: 'throttled', retryAfterMs: 334 } })
    meter.now += 333
    expect(meter.ask(1)).toMatchObject({ admitted: 0, refusal: { reason: 'throttled', retryAfterMs: 1 } })
    meter.now += 1
    expect(meter.ask(1).admitted).toBe(1)
  })

  test('are not to be remembered for long while a lease may come back', () => {
    const meter = rig({ rateLimit: 1, burstLimit: 40 })
    meter.ask(0, 20)
    expect(meter.ask(20)).toMatchObject({ admitted: 20, refusal: { reason: 'throttled', retryAfterMs: 10 } })
  })

  test('of a quota last until its period ends', () => {
    const meter = rig(undefined, { limit: 1, offset: 0, period: 'DAY' })
    expect(meter.ask(2)).toMatchObject({
      admitted: 1,
      refusal: { reason: 'quota-exceeded', retryAfterMs: 12 * 3_600_000 },
    })
    meter.now = Date.UTC(2026, 10, 23)
    expect(meter.ask(2).admitted).toBe(1)
  })

  test('ask callers to stay away for a moment when there are too many calls, but never until the bucket is full', () => {
    const meter = rig({ rateLimit: 100, burstLimit: 10 })
    for (let call = 0; call < 500; call += 1) {
      meter.now += 1
      const { callAfterMs } = meter.ask(1, 0, { caller: `isolate-${call % 50}` })
      if (call < 400) expect(callAfterMs).toBe(0)
      else expect(callAfterMs).toBe(25)
    }
  })
})

describe('a newer record', () => {
  test('lowers a limit at once; what is out on leases counts against the new one', () => {
    const meter = rig({ rateLimit: 1, burstLimit: 100 })
    expect(meter.ask(0, 1_000).lease?.tokens).toBe(50)
    meter.configure({ throttle: { rateLimit: 1, burstLimit: 60 } })
    expect(meter.ask(1_000).admitted).toBe(10)
  })

  test('raises a limit without filling the bucket', () => {
    const meter = rig({ rateLimit: 1, burstLimit: 10 })
    expect(meter.ask(100).admitted).toBe(10)
    meter.configure({ throttle: { rateLimit: 1000, burstLimit: 100 } })
    expect(meter.ask(100).admitted).toBe(0)
    meter.now += 50
    expect(meter.ask(100).admitted).toBe(50)
  })

  test('is read with its own limits after a restart, too', () => {
    const meter = rig({ rateLimit: 1, burstLimit: 10 })
    expect(meter.ask(10).admitted).toBe(10)
    meter.now += 5_000
    meter.configure({ throttle: { rateLimit: 100, burstLimit: 10 } })
    meter.restart()
    expect(meter.ask(100).admitted).toBe(5)
  })

  test('is ignored when it is not newer, and replaces the key of before when it is of a later one', () => {
    const meter = rig({ rateLimit: 1, burstLimit: 1 })
    const { record } = meter
    expect(meter.meter.configure({ ...record, enabled: false }, meter.now)).toBe(false)
    expect(meter.meter.configure({ ...record, version: 0, created: 1, keyId: 'reborn' }, meter.now)).toBe(
      true,
    )
    expect(meter.meter.configure({ ...record, version: 9, deleted: true }, meter.now)).toBe(false)
    expect(meter.ask(1)).toMatchObject({ admitted: 1, keyId: 'reborn' })
  })
})

describe('the disk', () => {
  test('has every admission of a slow key, and a restart changes nothing', () => {
    const throttle = { rateLimit: 5, burstLimit: 10 }
    const quota: Quota = { limit: 50, offset: 0, period: 'DAY' }
    const meter = rig(throttle, quota)
    let admitted = 0
    for (let second = 0; second < 20; second += 1) {
      admitted += meter.ask(100).admitted
      meter.restart()
      meter.now += 1_000
    }
    // 10 at once, then 5 a second.
    expect(admitted).toBe(50)
    expect(meter.usage()).toEqual({ '2026-11-22': [50, 0] })
  })

  test('takes one row a second from a hot key, and none for being idle', () => {
    const meter = rig({ rateLimit: 10_000, burstLimit: 10_000 })
    for (let call = 0; call < 1_000; call += 1) {
      meter.now += 10
      const { id, grantedAt } = meter.ask(10, 10)
      meter.ask(0, 0, { returns: [{ id, grantedAt, leased: 0, decided: 0, done: true }] })
    }
    expect(meter.writes).toBeLessThan(20)
    const { writes } = meter
    expect(meter.tick()).toBe(false)
    expect(meter.meter.settleIn(meter.now)).toBe(9_000)
    meter.now += 9_000
    expect(meter.meter.settleIn(meter.now)).toBe(0)
    meter.meter.settle(meter.now)
    meter.save()
    expect(meter.writes).toBe(writes + 1)
    expect(meter.meter.settleIn(meter.now)).toBeUndefined()
  })

  test('loses to a crash what was left of a block, at most 1/64 of the quota', () => {
    const meter = rig(undefined, { limit: 10_000, offset: 0, period: 'DAY' })
    let admitted = 0
    for (let call = 0; call < 100; call += 1) {
      meter.now += 10
      admitted += meter.ask(10).admitted
    }
    meter.restart()
    const [used] = meter.usage()['2026-11-22'] ?? []
    expect(used).toBeGreaterThan(admitted)
    expect(used! - admitted).toBeLessThanOrEqual(10_000 / 64)
  })

  test('knows a bucket that a crash left in the middle of a block as emptier than it was', () => {
    const meter = rig({ rateLimit: 100, burstLimit: 1_000 })
    for (let call = 0; call < 200; call += 1) {
      meter.now += 10
      meter.ask(2)
    }
    const before = new Rig(meter.record)
    expect(before.ask(10_000).admitted).toBe(1_000)
    meter.restart()
    // 1000 + 100 x 2 s - 400, less the block of about 200.
    const { admitted } = meter.ask(10_000)
    expect(admitted).toBeLessThan(800)
    expect(admitted).toBeGreaterThan(500)
  })
})

describe('days and quotas', () => {
  const midnight = Date.UTC(2026, 10, 23)
  const publishExtra = (meter: Rig, extraQuota: ExtraQuota) => {
    const { version, plans } = meter.record
    meter.record = { ...meter.record, version: version + 1, plans: [{ ...plans[0]!, extraQuota }] }
    meter.meter.configure(meter.record, meter.now)
    meter.save()
  }

  test('what comes back is taken off the day that it was charged to', () => {
    const meter = rig(undefined, { limit: 1_000, offset: 0, period: 'DAY' })
    meter.now = midnight - 10
    const { id, grantedAt, lease } = meter.ask(0, 20)
    expect(lease?.tokens).toBe(20)
    meter.now = midnight + 10
    meter.ask(3)
    meter.ask(0, 0, { returns: [{ id, grantedAt, leased: 15, decided: 0, done: true }] })
    expect(meter.usage()).toEqual({ '2026-11-22': [5, 995], '2026-11-23': [3, 997] })
  })

  test('a week counts from Sunday and a month from its first, over all their days', () => {
    for (const [period, reset] of [
      ['WEEK', Date.UTC(2026, 10, 29)],
      ['MONTH', Date.UTC(2026, 11, 1)],
    ] as const) {
      const meter = rig(undefined, { limit: 5, offset: 0, period })
      expect(meter.ask(2).admitted).toBe(2)
      meter.now = reset - 1
      meter.restart()
      expect(meter.ask(10).admitted).toBe(3)
      meter.now = reset
      expect(meter.ask(10).admitted).toBe(5)
    }
  })

  test('the offset is taken off the first period on the plan only', () => {
    const record = recordOf(undefined, { limit: 10, offset: 7, period: 'DAY' })
    const meter = new Rig({ ...record, plans: [{ ...record.plans[0]!, since: NOON - 3_600_000 }] })
    expect(meter.ask(100).admitted).toBe(3)
    expect(meter.usage()).toEqual({ '2026-11-22': [3, 0] })
    meter.now = midnight
    expect(meter.ask(100).admitted).toBe(10)
  })

  test('UpdateUsage sets what remains of the current period, up or down, and survives a restart', () => {
    const meter = rig(undefined, { limit: 10, offset: 0, period: 'DAY' })
    expect(meter.ask(100).admitted).toBe(10)
    publishExtra(meter, { serial: 1, periodStart: '2026-11-22', remaining: 25 })
    expect(meter.usage()).toEqual({ '2026-11-22': [10, 25] })
    meter.restart()
    expect(meter.ask(20).admitted).toBe(20)
    publishExtra(meter, { serial: 2, periodStart: '2026-11-22', remaining: 1 })
    expect(meter.ask(20).admitted).toBe(1)
    meter.now = midnight
    expect(meter.ask(100).admitted).toBe(10)
  })

  test('extra quota in a record counts once, however often the record is published', () => {
    const meter = rig(undefined, { limit: 10, offset: 0, period: 'DAY' })
    const extraQuota = { serial: 1, periodStart: '2026-11-22', remaining: 3 }
    expect(meter.ask(100).admitted).toBe(10)
    publishExtra(meter, extraQuota)
    expect(meter.ask(100).admitted).toBe(3)
    publishExtra(meter, extraQuota)
    meter.restart()
    expect(meter.ask(100).admitted).toBe(0)
  })

  test('what remains is told of as soon as a record changes it, whether or not requests follow', () => {
    const meter = rig(undefined, { limit: 10, offset: 0, period: 'MONTH' })
    expect(meter.ask(4).admitted).toBe(4)
    expect(meter.usage()).toEqual({ '2026-11-22': [4, 6] })
    meter.now = midnight
    for (const rev of [1, 2]) {
      publishExtra(meter, { serial: rev, periodStart: '2026-11-01', remaining: 40 + rev })
      expect(meter.usage()).toMatchObject({ '2026-11-23': [0, 40 + rev] })
    }
    meter.restart()
    expect(meter.ask(100).admitted).toBe(42)
  })

  test('a lowered limit counts what was used before', () => {
    const meter = rig(undefined, { limit: 100, offset: 0, period: 'DAY' })
    expect(meter.ask(30).admitted).toBe(30)
    meter.configure({ quota: { limit: 20, offset: 0, period: 'DAY' } })
    expect(meter.ask(1)).toMatchObject({ admitted: 0, refusal: { reason: 'quota-exceeded' } })
    meter.configure({ quota: { limit: 31, offset: 0, period: 'MONTH' } })
    expect(meter.ask(10).admitted).toBe(1)
  })

  test('a clock that is set back into yesterday finds yesterday as it was', () => {
    const meter = rig(undefined, { limit: 10, offset: 0, period: 'DAY' })
    expect(meter.ask(10).admitted).toBe(10)
    meter.now = midnight
    expect(meter.ask(4).admitted).toBe(4)
    meter.now = midnight - 1
    expect(meter.ask(4).admitted).toBe(0)
  })

  test('the last requests of a quota are decided one by one', () => {
    const meter = rig(undefined, { limit: 40, offset: 0, period: 'DAY' })
    expect(meter.ask(1, 1_000).lease?.tokens).toBe(2)
    expect(meter.ask(10, 1_000).lease).toBeUndefined()
  })
})
