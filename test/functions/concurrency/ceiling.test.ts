import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scenarioOf, scenarios } from './scenarios.ts'
import { overshoots, simulate } from './simulation.ts'

describe('under any fault', () => {
  test('never more calls run at once than the ceiling allows, and all permits come back', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async drawn => {
        const scenario = scenarioOf(drawn)
        const outcome = await simulate(scenario)
        expect(overshoots(scenario, outcome)).toEqual([])
        expect(outcome.out).toBe(0)
      }),
      { numRuns: Number(process.env.RUNS ?? 60) },
    )
  }, 600_000)
})
