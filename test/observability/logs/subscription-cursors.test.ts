import { describe, expect, it } from 'vitest'
import { afterTelling, cursorAt, cursorsOf } from '../../../src/observability/logs/subscription-cursors.ts'

const filter = (name: string, created: number) => ({
  name,
  created,
  pattern: '',
  destinationArn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
  distribution: 'ByLogStream' as const,
})
const HOUR = 60 * 60_000

describe("a subscription's cursor", () => {
  it('begins with what comes from now on, and anew when the filter is another one of its name', () => {
    const first = cursorsOf([filter('a', 1)], {}, 50)
    expect(first).toEqual({ a: { created: 1, ordinal: 50 } })
    expect(cursorsOf([filter('a', 1), filter('b', 2)], first, 70)).toEqual({
      a: { created: 1, ordinal: 50 },
      b: { created: 2, ordinal: 70 },
    })
    expect(cursorsOf([filter('a', 3)], first, 90)).toEqual({ a: { created: 3, ordinal: 90 } })
  })

  it('moves on once its function was told', () => {
    expect(afterTelling({ created: 1, ordinal: 5 }, 'told', 9, 1000)).toEqual({ created: 1, ordinal: 9 })
  })

  it('passes over ten minutes of a function that refuses', () => {
    const paused = afterTelling({ created: 1, ordinal: 5 }, 'refused', 9, 1000)
    expect(paused).toEqual({ created: 1, ordinal: 9, pausedUntil: 601_000 })
    expect(cursorAt(paused, 30, 600_000).ordinal).toBe(30)
    expect(cursorAt({ ...paused, ordinal: 30 }, 40, 601_000)).toEqual({ created: 1, ordinal: 30 })
  })

  it('stays for a day while its function cannot be reached', () => {
    const failing = afterTelling({ created: 1, ordinal: 5 }, 'unreachable', 9, 1000)
    expect(failing).toEqual({ created: 1, ordinal: 5, failingSince: 1000 })
    expect(afterTelling(failing, 'unreachable', 9, 1000 + 23 * HOUR)).toEqual(failing)
    expect(afterTelling(failing, 'unreachable', 9, 1001 + 24 * HOUR)).toEqual({ created: 1, ordinal: 9 })
  })
})
