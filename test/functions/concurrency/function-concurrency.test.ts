import { describe, expect, test } from 'vitest'
import { FunctionConcurrency } from '../../../src/functions/concurrency/function-concurrency.ts'
import { PERMITS } from '../../../src/functions/concurrency/permit-protocol.ts'
import { closedLoop } from './scenarios.ts'
import { overshoots, type Scenario, type SimulatedCall, simulate } from './simulation.ts'

const HOUR = 3_600_000

const scenario = (more: Partial<Scenario> & Pick<Scenario, 'calls'>): Scenario => ({
  seed: 1,
  limits: [{ at: 0, limit: 1 }],
  latencies: [5, 5],
  until: 60_000,
  ...more,
})

/** Callers that try every 20 ms. */
const every20ms = (isolate: number, from: number, to: number, ms = 5): SimulatedCall[] =>
  Array.from({ length: Math.floor((to - from) / 20) }, (_, index) => ({ at: from + index * 20, isolate, ms }))

describe('a function with reserved concurrency', () => {
  test('of 0 is refused, and nobody is asked', () => {
    const gate = new FunctionConcurrency({
      clock: () => 0,
      timer: () => () => {},
      callObject: () => {
        throw new Error('nobody is asked')
      },
      defer: () => {},
      newId: () => 'isolate',
    })
    expect(gate.enter('function', { limit: 0, generation: 1, uid: 'uid' })).toBe('throttled')
  })

  test('does not run while nobody can count its calls', async () => {
    const outcome = await simulate(
      scenario({ objectCrashes: [0], objectDownMs: 3_000, calls: every20ms(0, 10, 2_000) }),
    )
    expect(outcome.answers).toMatchObject({ done: 0, throttled: 0 })
    expect(outcome.answers.unreachable).toBe(99)
  })

  test('uses a permit again as soon as a call of the same isolate has left', async () => {
    const calls = [
      { at: 100, isolate: 0, ms: 500 },
      { at: 300, isolate: 0, ms: 5 },
      ...every20ms(0, 613, 1_000),
    ]
    const { starts, answers } = await simulate(scenario({ calls }))
    // Refused at 300 after a short wait, and served from memory from the first one after the end on.
    expect(answers.throttled).toBe(1)
    expect(starts.slice(1).map(({ at, asked }) => at - asked)).toEqual(Array(19).fill(0))
  })

  test('hands a permit to a call that waits in another isolate', async () => {
    const calls = [
      { at: 100, isolate: 0, ms: 50 },
      { at: 151 + 11, isolate: 1, ms: 50 },
      { at: 300, isolate: 0, ms: 50 },
      { at: 352, isolate: 1, ms: 50 },
    ]
    const { answers, starts } = await simulate(scenario({ calls }))
    expect(answers).toMatchObject({ done: 4, throttled: 0 })
    for (const { at, asked } of starts) expect(at - asked).toBeLessThan(80)
  })

  test('serves one caller after the other at a ceiling of 1, whichever isolate they reach', async () => {
    const outcome = await simulate(
      scenario({
        calls: [{ at: 0, isolate: 0, ms: 20 }],
        until: 5_000,
        next: (call, outcome, now) => {
          expect(outcome).toBe('done')
          return { ...call, isolate: 1 - call.isolate, at: now + 1 }
        },
      }),
    )
    expect(outcome.answers.throttled).toBe(0)
    expect(outcome.answers.done).toBeGreaterThan(50)
  })
})

describe('a call that runs long', () => {
  test('keeps its permit', async () => {
    const { answers } = await simulate(scenario({ calls: [{ at: 0, isolate: 0, ms: 50_000 }] }))
    expect(answers).toMatchObject({ done: 1, ended: 0 })
  })

  test.each([0, -HOUR, -4_000])(
    'is ended when its permit cannot be renewed, also with a clock set by %i ms',
    async by => {
      const outcome = await simulate(
        scenario({
          calls: [{ at: 0, isolate: 0, ms: 50_000 }, ...every20ms(1, 1_000, 30_000)],
          partitions: [{ at: 5_500, isolate: 0, ms: 40_000 }],
          isolateSteps: [
            { at: 7_300, isolate: 0, by },
            { at: 9_100, isolate: 0, by },
          ],
        }),
      )
      expect(outcome.answers.ended).toBe(1)
      const others = outcome.starts.slice(1)
      expect(others.every(({ running }) => running === 1)).toBe(true)
      // Renewed every second, the last time some 5 s in: let go of 12 to 15 s later.
      expect(others[0]!.at).toBeGreaterThan(4_000 + PERMITS.life + PERMITS.margin)
      expect(others[0]!.at).toBeLessThan(22_000)
    },
  )

  test('that was cut off without a word frees its permit', async () => {
    const outcome = await simulate(
      scenario({
        limits: [{ at: 0, limit: 2 }],
        latencies: [5],
        calls: [
          { at: 0, isolate: 0, ms: 50_000 },
          { at: 100, isolate: 0, ms: 50_000, vanishesAfter: 1_000 },
          ...every20ms(0, 2_000, 20_000),
        ],
      }),
    )
    expect(outcome.starts[2]!.at).toBeGreaterThan(1_100)
    expect(outcome.starts[2]!.at).toBeLessThan(8_000)
  })
})

describe('when the object crashes', () => {
  test('running calls go on, and nothing begins that could be too much', async () => {
    const tested = scenario({
      limits: [{ at: 0, limit: 2 }],
      calls: [
        { at: 0, isolate: 0, ms: 30_000 },
        { at: 10, isolate: 0, ms: 30_000 },
        ...every20ms(1, 1_000, 40_000),
      ],
      objectCrashes: [4_000, 11_000],
      objectDownMs: 200,
    })
    const outcome = await simulate(tested)
    expect(overshoots(tested, outcome)).toEqual([])
    expect(outcome.answers.ended).toBe(0)
    expect(outcome.starts[2]!.at).toBeGreaterThan(30_000)
    expect(outcome.starts[2]!.at).toBeLessThan(30_200)
  })

  test('isolates go on with the permits that they have', async () => {
    const tested = {
      ...closedLoop({ limit: 10, latencies: [5, 20], callers: 20, ms: 50, until: 20_000 }),
      objectCrashes: [5_000, 9_000],
      objectDownMs: 200,
    }
    const outcome = await simulate(tested)
    expect(overshoots(tested, outcome)).toEqual([])
    expect(outcome.runMs).toBeGreaterThan(0.9 * 10 * 20_000)
  })

  test('what nobody holds any more is free again 12 to 15 s later', async () => {
    const outcome = await simulate(
      scenario({
        calls: [{ at: 0, isolate: 0, ms: 30_000 }, ...every20ms(1, 1_000, 40_000)],
        objectCrashes: [4_000],
        isolateCrashes: [{ at: 4_000, isolate: 0 }],
      }),
    )
    expect(outcome.starts[1]!.at).toBeGreaterThan(16_000)
    expect(outcome.starts[1]!.at).toBeLessThan(19_300)
  })
})

test('below a lowered ceiling running calls go on, and none begins before fewer run than it allows', async () => {
  const tested = scenario({
    limits: [
      { at: 0, limit: 4 },
      { at: 3_000, limit: 2 },
    ],
    calls: [
      ...[6_000, 8_000, 10_000, 12_000].map((end, index) => ({ at: index, isolate: index % 2, ms: end })),
      ...every20ms(0, 5_000, 11_900, 10),
      ...every20ms(1, 5_000, 11_900, 10),
    ],
  })
  const outcome = await simulate(tested)
  expect(outcome.answers.ended).toBe(0)
  expect(overshoots(tested, outcome)).toEqual([])
  // One of two places from 10 s on.
  expect(outcome.starts[4]!.at).toBeGreaterThan(10_000)
  expect(outcome.starts[4]!.at).toBeLessThan(10_200)
})
