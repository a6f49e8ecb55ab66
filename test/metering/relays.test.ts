import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  LEASE_PROTOCOL,
  type LeaseReply,
  type LeaseRequest,
  type LeaseReturn,
} from '../../src/metering/lease-protocol.ts'
import { callMeter } from '../../src/metering/relays/call-meter.ts'
import { Relay } from '../../src/metering/relays/relay.ts'
import { PLACES, parseRelayName, relayName, relayOf } from '../../src/metering/relays/relay-address.ts'
import { RelayCount } from '../../src/metering/relays/relay-count.ts'
import { leaseRequest } from './lease-request.ts'
import { recordOf } from './simulated-key.ts'
import { keyMeterOf, type Run, type Setting, simulate } from './simulator/simulate.ts'

const EPOCH = Date.UTC(2026, 10, 22, 12)

const throttles = fc.oneof(
  // Decided one by one, leased, and on the border between the two.
  fc.record({ rateLimit: fc.constantFrom(1, 5, 50), burstLimit: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ rateLimit: fc.constantFrom(100, 300), burstLimit: fc.integer({ min: 40, max: 600 }) }),
)
const share = fc.constantFrom(0, 0, 0.03, 0.3)
const span = fc
  .tuple(fc.integer({ min: 0, max: 2_000 }), fc.constantFrom(100, 600, 3_000))
  .map(([from, length]) => ({ from, until: from + length }))

const settings: fc.Arbitrary<Setting> = fc.record({
  seed: fc.integer(),
  isolates: fc.integer({ min: 1, max: 8 }),
  seconds: fc.constant(2.5),
  demand: fc.constantFrom(20, 200, 700),
  relays: fc.constantFrom('always' as const, 'always' as const, undefined),
  key: fc.record({
    throttle: throttles,
    quota: fc.option(
      fc.record({
        limit: fc.integer({ min: 1, max: 500 }),
        offset: fc.constant(0),
        period: fc.constant('DAY' as const),
      }),
      { nil: undefined },
    ),
  }),
  lost: share,
  doubled: share,
  partitions: fc.array(
    fc
      .tuple(
        span,
        fc.constantFrom(
          'relays and roots' as const,
          'isolates and relays' as const,
          'isolates and roots' as const,
        ),
      )
      .map(([cut, between]) => ({ ...cut, between })),
    { maxLength: 2 },
  ),
  isolateCrashMs: fc.constantFrom(undefined, 1_500),
  objectCrashMs: fc.constantFrom(undefined, 400, 1_500),
  clockSteps: fc.constantFrom(undefined, {
    roots: [-3_600_000, -500, -30, 30, 500, 3_600_000],
    callers: [-3_600_000, -20, 40, 3_600_000],
  }),
})

test('whatever happens between isolates, relays and the meter, nothing is admitted that is not allowed', async () => {
  await fc.assert(
    fc.asyncProperty(settings, async setting => {
      const run = await simulate(setting)
      const meter = keyMeterOf(run)
      if (!meter) return
      expect(meter.log.overAdmission(setting.key!.throttle!)).toBeLessThanOrEqual(0)
      expect(run.admitted).toBeLessThanOrEqual(meter.used)
      if (setting.key!.quota) expect(meter.used).toBeLessThanOrEqual(setting.key!.quota.limit)
    }),
    { numRuns: Number(process.env.RUNS ?? 60) },
  )
})

test('the usage behind relays is what was admitted, whatever is doubled', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer(),
        demand: fc.constantFrom(60, 600),
        doubled: fc.constantFrom(0, 0.2),
        limited: fc.boolean(),
      }),
      async ({ limited, ...more }) => {
        const throttle = limited ? { rateLimit: 100, burstLimit: 60 } : undefined
        const run = await simulate({ isolates: 5, seconds: 2, relays: 'always', key: { throttle }, ...more })
        expect(keyMeterOf(run).used).toBe(run.admitted)
      },
    ),
    { numRuns: 12 },
  )
})

/** What was seen after a time, milliseconds: first each isolate calls the meter, and then there are relays. */
function steadily(run: Run, { seconds, key }: Setting, from: number) {
  const until = seconds * 1_000
  const meter = keyMeterOf(run)
  const admitted = meter.log.between(EPOCH + from, EPOCH + until)
  const relays = [...run.relays.values()].map(({ calls }) => calls.peak(from, until))
  return {
    share: admitted / ((key!.throttle!.rateLimit * (until - from)) / 1_000),
    meterCalls: meter.calls.peak(from, until),
    relayCalls: Math.max(0, ...relays),
    relays: run.relays.size,
    overAdmission: meter.log.overAdmission(key!.throttle!),
    unaccounted: meter.used - run.admitted,
  }
}

describe('at twice the rate', () => {
  test.each([
    [50, 100, 100, 0.98],
    [50, 300, 100, 0.98],
    [50, 1_000, 2_000, 0.98],
    [500, 100, 100, 0.95],
    [500, 300, 300, 0.95],
    [500, 1_000, 500, 0.95],
  ])(
    '%i isolates get of a rate of %i, burst %i, at least %f',
    async (isolates, rateLimit, burstLimit, share) => {
      const throttle = { rateLimit, burstLimit }
      const setting = { isolates, seconds: 6, rampMs: 1_000, demand: 2 * rateLimit, key: { throttle } }
      const { overAdmission, unaccounted, ...seen } = steadily(await simulate(setting), setting, 3_000)
      expect(seen.share).toBeGreaterThanOrEqual(share)
      expect(Math.max(seen.meterCalls, seen.relayCalls)).toBeLessThanOrEqual(500)
      expect(overAdmission).toBeLessThanOrEqual(0)
      expect(unaccounted).toBe(0)
    },
  )

  test('5,000 isolates on one key are at most 500 calls a second on any one object', async () => {
    const throttle = { rateLimit: 2_500, burstLimit: 2_500 }
    const setting = { isolates: 5_000, seconds: 8.5, rampMs: 2_500, demand: 5_000, key: { throttle } }
    const seen = steadily(await simulate(setting), setting, 6_500)
    expect(seen.meterCalls).toBeLessThanOrEqual(500)
    expect(seen.relayCalls).toBeLessThanOrEqual(500)
    expect(seen.relays).toBeGreaterThan(8)
    expect(seen.share).toBeGreaterThan(0.95)
    expect(seen.overAdmission).toBeLessThanOrEqual(0)
  })
})

test('a key that is revoked is refused everywhere within a second, behind relays, too', async () => {
  const record = { ...recordOf({ rateLimit: 1_000, burstLimit: 2_000 }), version: 2, enabled: false }
  const revokedAt = 2_000
  const run = await simulate({
    isolates: 60,
    seconds: 4,
    demand: 600,
    relays: 'always',
    key: { throttle: { rateLimit: 1_000, burstLimit: 2_000 } },
    changes: [{ at: revokedAt, record }],
  })
  const admitted = run.outcomes.filter(outcome => outcome.admitted).map(({ at, waitedMs }) => at + waitedMs)
  expect(Math.max(...admitted)).toBeGreaterThan(revokedAt - 100)
  expect(Math.max(...admitted)).toBeLessThan(revokedAt + 1_000)
  const later = run.outcomes.filter(({ at }) => at > revokedAt + 1_000)
  expect(later.length).toBeGreaterThan(500)
  expect(new Set(later.map(({ reason }) => reason))).toEqual(new Set(['disabled-key']))
})

describe('a relay out of reach', () => {
  const limits = { throttle: { rateLimit: 400, burstLimit: 800 } }
  const common = { isolates: 20, seconds: 6, demand: 200, key: limits, relays: 'always' as const }

  test('of its meter refuses, once its leases have ended, and goes on when it is back', async () => {
    const cut = { from: 2_000, until: 4_000, between: 'relays and roots' as const }
    const run = await simulate({ ...common, partitions: [cut] })
    const during = run.outcomes.filter(({ at }) => at > cut.from + 300 && at < cut.until - 300)
    expect(during.length).toBeGreaterThan(100)
    expect(
      during.every(outcome => outcome.reason === 'unreachable' || outcome.at + outcome.waitedMs > cut.until),
    ).toBe(true)
    const after = run.outcomes.filter(({ at }) => at > cut.until + 1_000)
    expect(after.every(outcome => outcome.admitted)).toBe(true)
    expect(keyMeterOf(run).log.overAdmission(limits.throttle)).toBeLessThanOrEqual(0)
  })
})

describe('how many relays there are', () => {
  const call = (caller: string, more: Partial<LeaseRequest> = {}): LeaseRequest =>
    leaseRequest(caller, { caller, waiting: 1, place: 'weur', ...more })
  const second = (count: RelayCount, from: number, calls: number, more?: Partial<LeaseRequest>) => {
    for (let index = 0; index < calls; index += 1)
      count.note(call(`isolate-${index}`, more), from + Math.floor((index * 1000) / calls))
  }

  test('none below 400 calls a second; then as many as the callers of a place need, there', () => {
    const count = new RelayCount()
    second(count, 0, 390)
    second(count, 1000, 390)
    expect(count.at('weur')).toBe(0)
    second(count, 2000, 1_200)
    second(count, 3000, 20, { place: 'afr' })
    expect(count.at('weur')).toBe(5)
    expect(count.at('afr')).toBe(1)
    expect(count.at('oc')).toBe(0)
    expect(count.at(undefined)).toBe(0)
  })

  test('they stay while there is something behind them, and end some seconds after that', () => {
    const count = new RelayCount()
    second(count, 0, 900)
    let now = 1_000
    for (; now < 20_000; now += 500) count.note(call('relay', { behind: 90, callsBehind: 350 }), now)
    expect(count.at('weur')).toBe(2)
    for (; now < 30_000; now += 500) count.note(call('relay', { behind: 20, callsBehind: 30 }), now)
    expect(count.at('weur')).toBe(0)
  })

  test('a call more or less changes nothing', () => {
    const count = new RelayCount()
    second(count, 0, 900)
    const seen = new Set<number>()
    for (let now = 1_000; now < 60_000; now += 250) {
      count.note(call('relay', { behind: 90, callsBehind: 300 + (now % 1000 === 0 ? 60 : -60) }), now)
      if (now > 8_000) seen.add(count.at('weur'))
    }
    expect(seen.size).toBe(1)
  })
})

describe('the address of a relay', () => {
  test('is the one of the isolate, and moves only as much as must be', () => {
    const isolates = Array.from({ length: 1_000 }, (_, index) => `isolate-${index}`)
    const at = (relays: number) => isolates.map(isolate => relayOf(isolate, 'weur', relays)!.number)
    for (let relays = 1; relays < 12; relays += 1) {
      const [before, after] = [at(relays), at(relays + 1)]
      const moved = after.filter((number, index) => number !== before[index])
      expect(new Set(moved)).toEqual(new Set([relays]))
      expect(moved.length).toBeLessThan(1.4 * (1_000 / (relays + 1)))
    }
    expect(relayOf('isolate', 'weur', 0)).toBeUndefined()
    expect(relayOf('isolate', undefined, 3)).toBeUndefined()
  })

  test('survives in the name of its object, whatever the meter is called', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.constantFrom(...PLACES),
        fc.nat(),
        (meter, place, number) => {
          expect(parseRelayName(relayName(meter, { place, number }))).toEqual({
            meter,
            address: { place, number },
          })
        },
      ),
    )
    expect(parseRelayName('keys/000000000000/us-east-1/abc')).toBeUndefined()
  })

  test('is where its object is asked to be made', async () => {
    const asked: unknown[] = []
    const lease = async () => ({}) as LeaseReply
    const getByName = (...name: unknown[]) => {
      asked.push(name)
      return { lease }
    }
    const namespace = { getByName }
    const callObject = callMeter({ meters: namespace, relays: namespace })
    await callObject('keys/a', {} as LeaseRequest)
    await callObject('keys/a', {} as LeaseRequest, { place: 'apac', number: 3 })
    expect(asked).toEqual([['keys/a'], ['keys/a~apac~3', { locationHint: 'apac' }]])
  })
})

describe('a relay that nobody asks any more', () => {
  /** A relay that was lent 50 tokens for half a minute, once: what it tells the root until it has nothing to do. */
  function afterwards(answersRoot: boolean): LeaseReturn[] {
    const answerTo = (id: string, more: Partial<LeaseReply> = {}): LeaseReply => ({
      ...{ protocol: LEASE_PROTOCOL, id, version: 1, grantedAt: EPOCH, admitted: 0, callAfterMs: 0 },
      ...more,
    })
    const relay = new Relay({ id: 'relay', place: 'weur' })
    const account = { apiId: '', stage: '' }
    relay.ask(leaseRequest('first', { ...account, waiting: 1, lifeWanted: 30_000 }), EPOCH)
    const { id } = relay.take().calls[0]!
    relay.answered(answerTo(id, { admitted: 1, lease: { tokens: 50, lifeMs: 30_000 } }), EPOCH + 10)
    const told: LeaseReturn[] = []
    let now = EPOCH + 10
    for (let wakes = 0; relay.wakeAfterMs < Number.POSITIVE_INFINITY; wakes += 1) {
      expect(wakes).toBeLessThan(200)
      now += relay.wakeAfterMs
      relay.tick(now)
      for (const call of relay.take().calls) {
        told.push(...call.returns)
        if (answersRoot) relay.answered(answerTo(call.id), now)
        else relay.lost(call.id, now)
      }
    }
    return told
  }

  test('gives back what it held of a long lease, and then sleeps', () => {
    expect(afterwards(true)).toMatchObject([{ leased: 50, spent: 0, done: true }])
  })

  test('sleeps in the end though its root is out of reach', () => {
    expect(afterwards(false).length).toBeGreaterThan(1)
  })
})
