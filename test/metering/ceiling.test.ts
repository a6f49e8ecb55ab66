import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomSource } from '../random-source.ts'
import { type Scenario, simulate } from './simulation.ts'

const DURATION = 4_000

/** Requests at uneven times: quiet and busy stretches, on all isolates. */
function traffic(seed: number, isolates: number, perSecond: number): Scenario['requests'] {
  const random = randomSource(seed)
  const requests: { at: number; isolate: number }[] = []
  let at = 0
  let pace = perSecond
  let paceUntil = 0
  while (requests.length < 3_000) {
    if (at >= paceUntil) {
      pace = perSecond * [0.05, 1, 4][Math.floor(random() * 3)]!
      paceUntil = at + random() * 500
    }
    at = Math.min(at + (-Math.log(1 - random()) * 1000) / pace, paceUntil + 1)
    if (at > DURATION) break
    requests.push({ at, isolate: Math.floor(random() * isolates) })
  }
  return requests
}

const share = fc.constantFrom(0, 0.05, 0.3)
const time = fc.integer({ min: 0, max: DURATION })

const throttles = fc.oneof(
  // Decided one by one, leased, and on the border between the two.
  fc.record({ rateLimit: fc.constantFrom(1, 5, 0.5), burstLimit: fc.integer({ min: 1, max: 15 }) }),
  fc.record({ rateLimit: fc.constantFrom(20, 100, 333.333), burstLimit: fc.integer({ min: 20, max: 120 }) }),
  fc.record({ rateLimit: fc.constantFrom(100, 1000), burstLimit: fc.integer({ min: 100, max: 600 }) }),
)

const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.integer(),
    throttle: throttles,
    quota: fc.option(
      fc.record({
        limit: fc.integer({ min: 1, max: 800 }),
        offset: fc.constant(0),
        period: fc.constant('DAY' as const),
      }),
      { nil: undefined },
    ),
    latencies: fc.array(fc.constantFrom(1, 5, 20, 80, 150, 300), { minLength: 1, maxLength: 5 }),
    faults: fc.record({
      lostRequests: share,
      lostReplies: share,
      doubledRequests: share,
      lateReplies: share,
      lateBy: fc.constantFrom(100, 300, 2_000, 6_000),
    }),
    objectCrashes: fc.array(time, { maxLength: 3 }),
    objectDownMs: fc.constantFrom(0, 10, 200, 1_500),
    objectSteps: fc.array(
      fc.record({ at: time, by: fc.constantFrom(-3_600_000, -500, -30, 30, 500, 3_600_000) }),
      { maxLength: 3 },
    ),
    isolateSteps: fc.array(
      fc.record({ at: time, isolate: fc.nat(4), by: fc.constantFrom(-3_600_000, -40, 40, 3_600_000) }),
      { maxLength: 2 },
    ),
    isolateCrashes: fc.array(fc.record({ at: time, isolate: fc.nat(4) }), { maxLength: 2 }),
    perSecond: fc.constantFrom(20, 200, 800),
  })
  .map(({ perSecond, ...scenario }) => ({
    ...scenario,
    requests: traffic(scenario.seed, scenario.latencies.length, perSecond),
  }))

describe('under any fault', () => {
  test("admissions never exceed burst + rate x t on the object's clock, nor the quota", async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async scenario => {
        const { admissions, admittedByDay, usage } = await simulate(scenario)
        expect(admissions.overAdmission(scenario.throttle!)).toBeLessThanOrEqual(0)
        for (const { day, used } of usage) {
          expect(admittedByDay.get(day) ?? 0).toBeLessThanOrEqual(used)
          if (scenario.quota) expect(used).toBeLessThanOrEqual(scenario.quota.limit)
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 150) },
    )
  })
})
