import fc from 'fast-check'
import { randomSource } from '../../random-source.ts'
import type { Scenario, SimulatedCall } from './simulation.ts'

const DURATION = 30_000

/** Calls at uneven times, short and long, on all isolates; some are cut off with their request. */
function traffic(seed: number, isolates: number, perSecond: number, vanishing: number): SimulatedCall[] {
  const random = randomSource(seed)
  const calls: SimulatedCall[] = []
  let at = 0
  let pace = perSecond
  let paceUntil = 0
  while (calls.length < 1_500) {
    if (at >= paceUntil) {
      pace = perSecond * [0.02, 1, 4][Math.floor(random() * 3)]!
      paceUntil = at + random() * 4_000
    }
    at = Math.min(at + (-Math.log(1 - random()) * 1000) / pace, paceUntil + 1)
    if (at > DURATION) break
    const ms = [5, 50, 400, 3_000, 20_000][Math.floor(random() * 5)]! * (0.5 + random())
    const vanishesAfter = random() < vanishing ? random() * ms : undefined
    calls.push({ at, isolate: Math.floor(random() * isolates), ms, vanishesAfter })
  }
  return calls
}

const share = fc.constantFrom(0, 0, 0.05, 0.3)
const time = fc.integer({ min: 0, max: DURATION })

export const scenarios = fc.record({
  seed: fc.integer(),
  limit: fc.constantFrom(1, 2, 3, 10, 40),
  changes: fc.array(fc.record({ at: time, limit: fc.constantFrom(0, 1, 4, 12, 60) }), { maxLength: 2 }),
  latencies: fc.array(fc.constantFrom(1, 5, 20, 80, 300), { minLength: 1, maxLength: 6 }),
  faults: fc.record({
    lostRequests: share,
    lostReplies: share,
    doubledRequests: share,
    lateReplies: share,
    lateBy: fc.constantFrom(100, 2_000, 6_000, 11_000),
  }),
  objectCrashes: fc.array(time, { maxLength: 3 }),
  objectDownMs: fc.constantFrom(0, 10, 1_500, 9_000),
  objectSteps: fc.array(fc.record({ at: time, by: fc.constantFrom(-3_600_000, -500, 500, 3_600_000) }), {
    maxLength: 3,
  }),
  isolateSteps: fc.array(
    fc.record({
      at: time,
      isolate: fc.nat(5),
      by: fc.constantFrom(-3_600_000, -1_000, -40, 40, 1_000, 3_600_000),
    }),
    { maxLength: 3 },
  ),
  isolateCrashes: fc.array(fc.record({ at: time, isolate: fc.nat(5) }), { maxLength: 2 }),
  partitions: fc.array(
    fc.record({ at: time, isolate: fc.nat(5), ms: fc.constantFrom(500, 4_000, 11_000, 20_000) }),
    { maxLength: 3 },
  ),
  lateness: fc.constantFrom(0, 10, 400),
  perSecond: fc.constantFrom(3, 30, 100),
  vanishing: fc.constantFrom(0, 0.02, 0.3),
})

/** The calls are made here, so that a counterexample is short. */
export const scenarioOf = ({ perSecond, vanishing, limit, changes, ...rest }: Drawn): Scenario => ({
  ...rest,
  limits: [{ at: 0, limit }, ...changes.toSorted((one, other) => one.at - other.at)],
  calls: traffic(rest.seed, rest.latencies.length, perSecond, vanishing),
  until: DURATION + 60_000,
})

export type Drawn = typeof scenarios extends fc.Arbitrary<infer Value> ? Value : never

export interface ClosedLoop {
  readonly limit: number
  /** One way, milliseconds, for each isolate. */
  readonly latencies: readonly number[]
  /** Of each isolate: each makes its next call when the last one has ended. */
  readonly callers: number
  /** How long a call runs, half as long to half as long again. */
  readonly ms: number
  /** Between the end of a call and the next, and before a refused one is made again. */
  readonly pause?: number
  readonly retry?: number
  readonly until: number
}

/** Callers that always want to run a call. */
export function closedLoop({ callers, ms, limit, pause = 0, retry = 50, ...rest }: ClosedLoop): Scenario {
  const random = randomSource(5)
  const about = (time: number) => time * (0.5 + random())
  return {
    seed: 1,
    limits: [{ at: 0, limit }],
    latencies: rest.latencies,
    until: rest.until,
    calls: rest.latencies.flatMap((_, isolate) =>
      Array.from({ length: callers }, () => ({ at: random() * 500, isolate, ms: about(ms) })),
    ),
    next: (call, outcome, now) => ({
      ...call,
      ms: about(ms),
      at: now + (outcome === 'done' ? about(pause) : about(retry)),
    }),
  }
}
