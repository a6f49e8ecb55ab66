import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Quota, Throttle } from '../../src/metering/key-record.ts'
import { randomSource } from '../random-source.ts'
import { NO_FAULTS, type Outcome, type Scenario, simulate } from './simulation.ts'

/** `perSecond` requests a second for `seconds`, each on an isolate chosen by chance. */
function steady(perSecond: number, seconds: number, isolates: number, seed = 1): Scenario['requests'] {
  const random = randomSource(seed)
  return Array.from({ length: perSecond * seconds }, (_, index) => ({
    at: ((index + random()) * 1000) / perSecond,
    isolate: Math.floor(random() * isolates),
  }))
}

const run = (
  requests: Scenario['requests'],
  latencies: readonly number[],
  limits: { throttle?: Throttle; quota?: Quota },
  more: Partial<Scenario> = {},
) => simulate({ seed: 1, faults: NO_FAULTS, requests, latencies, ...limits, ...more })

const admittedOf = ({ decisions }: Outcome) => decisions.filter(({ admitted }) => admitted).length
const usedOf = ({ usage }: Outcome) => usage.reduce((sum, { used }) => sum + used, 0)

describe('without faults', () => {
  test.each([[[0.4]], [[0.4, 5, 40]], [[150, 1]]])(
    'a key of rate 5 and burst 10, hammered for 4 s from %j ms away, admits exactly 10 and what the rate adds',
    async latencies => {
      const throttle = { rateLimit: 5, burstLimit: 10 }
      const outcome = await run(steady(500, 4, latencies.length), latencies, { throttle })
      // Between the first decision and the last while it was hammered; the rest comes seconds later.
      const admissions = outcome.admissions.entries()
      const times = admissions.flatMap(({ clock, requests }) =>
        Array(requests).fill(clock - admissions[0]!.clock),
      )
      const hammered = times.filter(at => at <= 4_000)
      expect(hammered).toHaveLength(10 + Math.floor((5 * hammered.at(-1)) / 1000))
      expect(hammered.length).toBeGreaterThanOrEqual(29)
      expect(outcome.admissions.overAdmission(throttle)).toBeLessThanOrEqual(0)
    },
  )

  test('a quota of 50 admits exactly 50, and the usage says 50', async () => {
    const outcome = await run(steady(100, 12, 3), [1, 10, 60], {
      throttle: { rateLimit: 5, burstLimit: 10 },
      quota: { limit: 50, offset: 0, period: 'DAY' },
    })
    expect(admittedOf(outcome)).toBe(50)
    expect(outcome.usage).toMatchObject([{ used: 50, remaining: 0 }])
    expect(outcome.decisions.at(-1)).toMatchObject({ reason: 'quota-exceeded' })
  })

  test('a quota that leases eat into is used up to the last request', async () => {
    const outcome = await run(steady(2_000, 2, 4), [1, 5, 20, 60], {
      quota: { limit: 3_000, offset: 0, period: 'DAY' },
    })
    expect(admittedOf(outcome)).toBe(3_000)
    expect(usedOf(outcome)).toBe(3_000)
  })

  test('everything is admitted, and counted, where there is no limit', async () => {
    const outcome = await run(steady(1_000, 2, 3), [1, 20, 140], {})
    expect(admittedOf(outcome)).toBe(2_003)
    expect(usedOf(outcome)).toBe(2_003)
  })

  test('usage is split at midnight by the time of the debit', async () => {
    const epoch = Date.UTC(2026, 10, 23) - 1_000
    const outcome = await run(steady(200, 2, 2), [1, 30], {}, { epoch })
    const byDay = Object.fromEntries(outcome.usage.map(({ day, used }) => [day, used]))
    expect(byDay).toEqual(Object.fromEntries(outcome.admittedByDay))
    expect(Object.keys(byDay)).toEqual(['2026-11-22', '2026-11-23'])
  })
})

test('lost, late and doubled calls do not falsify the usage: it is what was admitted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer(),
        perSecond: fc.constantFrom(30, 300),
        lateBy: fc.constantFrom(150, 1_000, 3_000),
        lostReplies: fc.constantFrom(0, 0.1),
        lostRequests: fc.constantFrom(0, 0.1),
        limited: fc.boolean(),
      }),
      async ({ seed, perSecond, lateBy, lostReplies, lostRequests, limited }) => {
        const latencies = [1, 20, 90]
        const faults = { lostReplies, lostRequests, doubledRequests: 0.2, lateReplies: 0.1, lateBy }
        const limits = limited ? { throttle: { rateLimit: 100, burstLimit: 60 } } : {}
        const outcome = await run(steady(perSecond, 3, 3, seed), latencies, limits, { seed, faults })
        expect(usedOf(outcome)).toBe(admittedOf(outcome))
      },
    ),
    { numRuns: 25 },
  )
})

describe('what it costs', () => {
  test('a hot key takes few calls: fewer than 20 for 1,000 requests', async () => {
    const outcome = await run(steady(2_000, 5, 2), [2, 10], {
      throttle: { rateLimit: 10_000, burstLimit: 10_000 },
    })
    expect(admittedOf(outcome)).toBe(10_002)
    expect(outcome.calls / 10).toBeLessThan(20)
    expect(outcome.diskWrites).toBeLessThan(50)
  })

  test('a key called once a second takes one call a request, and one row for ten of them', async () => {
    const outcome = await run(steady(1, 60, 1), [5], { throttle: { rateLimit: 5, burstLimit: 10 } })
    expect(outcome.calls).toBe(61)
    expect(outcome.diskWrites).toBeLessThanOrEqual(12)
  })

  test('an exhausted quota under attack costs a call a second from an isolate', async () => {
    const outcome = await run(steady(1_000, 4, 1), [1], { quota: { limit: 1, offset: 0, period: 'DAY' } })
    expect(admittedOf(outcome)).toBe(1)
    expect(outcome.calls).toBeLessThanOrEqual(9)
  })

  test.each([
    [10, 100, 100, 0.98],
    [50, 100, 100, 0.98],
    [50, 1_000, 500, 0.98],
    [200, 300, 300, 0.95],
  ])(
    '%i isolates that want twice a rate of %i get at least its share',
    async (isolates, rateLimit, burstLimit, share) => {
      const random = randomSource(7)
      const latencies = Array.from({ length: isolates }, () => 1 + random() * 60)
      const seconds = rateLimit >= 1_000 ? 2 : 6
      const outcome = await run(steady(2 * rateLimit, seconds, isolates), latencies, {
        throttle: { rateLimit, burstLimit },
      })
      const admissions = outcome.admissions.entries()
      const within = admissions.filter(({ clock }) => clock - admissions[0]!.clock <= seconds * 1000)
      const admitted = within.reduce((sum, { requests }) => sum + requests, 0)
      expect(admitted / (burstLimit + rateLimit * seconds)).toBeGreaterThan(share)
      expect(outcome.admissions.overAdmission({ rateLimit, burstLimit })).toBeLessThanOrEqual(0)
    },
  )
})
