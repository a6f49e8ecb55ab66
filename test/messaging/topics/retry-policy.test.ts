import { describe, expect, it } from 'vitest'
import {
  FUNCTION_RETRIES,
  HTTP_RETRIES,
  pauseAfter,
  type RetryPolicy,
} from '../../../src/messaging/topics/delivery/retry-policy.ts'

/** Seconds before each of the first retries. */
const pauses = (policy: RetryPolicy, count: number): (number | undefined)[] =>
  Array.from({ length: count }, (_, index) => {
    const pause = pauseAfter(policy, index + 1, 0)
    return pause === undefined ? undefined : Math.round(pause) / 1000
  })

describe('the pauses before a delivery is tried again', () => {
  it('are twenty seconds each of an endpoint, three times', () => {
    expect(pauses(HTTP_RETRIES, 4)).toEqual([20, 20, 20, undefined])
  })

  it('grow from a second to twenty of a function, and go on for 23 days', () => {
    expect(pauses(FUNCTION_RETRIES, 6)).toEqual([0, 0, 0, 1, 1, 1])
    expect(pauseAfter(FUNCTION_RETRIES, 15, 0)).toBe(20_000)
    expect(pauseAfter(FUNCTION_RETRIES, 100_015, 0)).toBe(20_000)
    expect(pauseAfter(FUNCTION_RETRIES, 100_016, 0)).toBeUndefined()
  })

  it('have four phases, in order', () => {
    const policy: RetryPolicy = {
      minDelayTarget: 2,
      maxDelayTarget: 10,
      numRetries: 10,
      numNoDelayRetries: 2,
      numMinDelayRetries: 1,
      numMaxDelayRetries: 2,
      backoffFunction: 'linear',
    }
    expect(pauses(policy, 11)).toEqual([0, 0, 2, 2, 4, 6, 8, 10, 10, 10, undefined])
  })

  it('grow from the shortest to the longest by each function, the exponential one last', () => {
    const of = (backoffFunction: RetryPolicy['backoffFunction']) =>
      pauses(
        { ...HTTP_RETRIES, minDelayTarget: 1, maxDelayTarget: 61, numRetries: 5, backoffFunction },
        5,
      ) as number[]
    for (const name of ['linear', 'arithmetic', 'geometric', 'exponential'] as const) {
      const all = of(name)
      expect([all[0], all[4]]).toEqual([1, 61])
      expect(all).toEqual([...all].sort((a, b) => a - b))
    }
    expect(of('linear')).toEqual([1, 16, 31, 46, 61])
    expect(of('exponential')[2]).toBeLessThan(of('geometric')[2]!)
  })

  it('are up to a tenth longer, by chance', () => {
    expect(pauseAfter(HTTP_RETRIES, 1, 0.5)).toBeCloseTo(21_000)
  })
})
