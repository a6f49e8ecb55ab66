import { describe, expect, test } from 'vitest'
import { type ClosedLoop, closedLoop } from './scenarios.ts'
import { overshoots, simulate } from './simulation.ts'

const UNTIL = 20_000

const isolates = (count: number, latency: number): number[] => Array(count).fill(latency)

interface Case extends Omit<ClosedLoop, 'until'> {
  readonly is: string
  /** Share of ceiling x time in which calls ran. */
  readonly used: readonly [least: number, most: number]
  /** Object calls for 1,000 calls that ran. */
  readonly per1000: readonly [least: number, most: number]
  /** Object calls a second. */
  readonly perSecond: number
}

// docs/design/concurrency.md has this table.
const CASES: readonly Case[] = [
  {
    is: 'below the ceiling, one isolate',
    limit: 10,
    latencies: [5],
    callers: 5,
    ms: 50,
    used: [0.47, 0.5],
    per1000: [1, 10],
    perSecond: 1,
  },
  {
    is: 'below the ceiling, ten isolates',
    limit: 100,
    latencies: isolates(10, 20),
    callers: 8,
    ms: 50,
    used: [0.75, 0.8],
    per1000: [1, 15],
    perSecond: 20,
  },
  {
    is: 'one call after the other, ceiling 1',
    limit: 1,
    latencies: [5],
    callers: 1,
    ms: 50,
    used: [0.95, 1],
    per1000: [20, 80],
    perSecond: 2,
  },
  {
    is: 'one call a minute',
    limit: 10,
    latencies: [5],
    callers: 1,
    ms: 50,
    pause: 60_000,
    used: [0, 0.01],
    per1000: [2_000, 2_000],
    perSecond: 1,
  },
  {
    is: 'hammered, one isolate',
    limit: 10,
    latencies: [5],
    callers: 20,
    ms: 50,
    used: [0.97, 1],
    per1000: [20, 80],
    perSecond: 20,
  },
  {
    is: 'hammered, ten isolates',
    limit: 100,
    latencies: isolates(10, 5),
    callers: 30,
    ms: 50,
    used: [0.97, 1],
    per1000: [20, 80],
    perSecond: 150,
  },
  {
    is: 'hammered, three regions',
    limit: 100,
    latencies: [5, 20, 80],
    callers: 60,
    ms: 200,
    used: [0.95, 1],
    per1000: [30, 120],
    perSecond: 60,
  },
  {
    is: 'hammered, more isolates than permits',
    limit: 10,
    latencies: isolates(30, 5),
    callers: 3,
    ms: 50,
    used: [0.78, 0.9],
    per1000: [1_500, 2_700],
    perSecond: 450,
  },
  {
    is: 'hammered, ceiling 1, four isolates',
    limit: 1,
    latencies: isolates(4, 5),
    callers: 3,
    ms: 50,
    used: [0.78, 0.9],
    per1000: [1_800, 3_200],
    perSecond: 60,
  },
]

describe('what it costs', () => {
  test.each(CASES)('$is', async ({ is, used, per1000, perSecond, ...loop }) => {
    const scenario = closedLoop({ ...loop, until: is === 'one call a minute' ? 600_000 : UNTIL })
    const outcome = await simulate(scenario)
    expect(overshoots(scenario, outcome)).toEqual([])
    const share = outcome.runMs / (loop.limit * scenario.until)
    expect(share).toBeGreaterThanOrEqual(used[0])
    expect(share).toBeLessThanOrEqual(used[1])
    const calls = (1000 * outcome.objectCalls) / outcome.starts.length
    expect(calls).toBeGreaterThanOrEqual(per1000[0])
    expect(calls).toBeLessThanOrEqual(per1000[1])
    expect((1000 * outcome.objectCalls) / scenario.until).toBeLessThanOrEqual(perSecond)
    expect(outcome.diskWrites).toBeLessThanOrEqual(
      is === 'one call a minute' ? 2 * outcome.starts.length : 10,
    )
  })

  test('isolates that all want more than there is get equal shares', async () => {
    const scenario = closedLoop({
      limit: 12,
      latencies: isolates(4, 10),
      callers: 20,
      ms: 50,
      until: UNTIL,
    })
    const { starts } = await simulate(scenario)
    for (const isolate of [0, 1, 2, 3]) {
      const own = starts.filter(start => start.isolate === isolate).length
      expect(own / starts.length).toBeGreaterThan(0.2)
      expect(own / starts.length).toBeLessThan(0.3)
    }
  })
})
