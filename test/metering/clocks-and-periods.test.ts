import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ObjectClock } from '../../src/lib/object-clock.ts'
import { utcDay } from '../../src/lib/utc-day.ts'
import { periodOf } from '../../src/metering/quota-period.ts'
import { TokenBucket } from '../../src/metering/token-bucket.ts'

describe('quota periods, in UTC', () => {
  const sunday = Date.UTC(2026, 10, 22)

  test('a day is from midnight to midnight', () => {
    expect(periodOf('DAY', sunday + 86_399_999)).toEqual({
      start: sunday,
      end: sunday + 86_400_000,
      firstDay: '2026-11-22',
      nextDay: '2026-11-23',
    })
  })

  test('a week begins on Sunday, also across a change of year', () => {
    expect(periodOf('WEEK', sunday).firstDay).toBe('2026-11-22')
    expect(periodOf('WEEK', sunday - 1)).toMatchObject({ firstDay: '2026-11-15', nextDay: '2026-11-22' })
    expect(periodOf('WEEK', Date.UTC(2027, 0, 1))).toMatchObject({
      firstDay: '2026-12-27',
      nextDay: '2027-01-03',
    })
  })

  test('a month begins on its first day, however long it is', () => {
    expect(periodOf('MONTH', Date.UTC(2028, 1, 29, 23))).toMatchObject({
      firstDay: '2028-02-01',
      nextDay: '2028-03-01',
    })
    expect(periodOf('MONTH', Date.UTC(2026, 11, 31))).toMatchObject({ nextDay: '2027-01-01' })
  })

  test('every moment is in its period, and periods follow each other without a gap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
        fc.constantFrom('DAY', 'WEEK', 'MONTH'),
        (at, kind) => {
          const period = periodOf(kind, at)
          expect(period.start <= at && at < period.end).toBe(true)
          expect(periodOf(kind, period.end).start).toBe(period.end)
          expect(period.firstDay <= utcDay(at) && utcDay(at) < period.nextDay).toBe(true)
        },
      ),
    )
  })
})

describe("an object's clock", () => {
  test('never goes back, and goes on with the machine after it was set back', () => {
    const clock = new ObjectClock(1_000, 0)
    expect(clock.advance(1_010)).toBe(10)
    expect(clock.advance(400)).toBe(0)
    expect(clock.advance(405)).toBe(5)
    expect(clock.now).toBe(1_015)
    expect(clock.peek(406)).toBe(1_016)
  })

  test('starts no earlier than what it has written down', () => {
    expect(new ObjectClock(1_000, 5_000).now).toBe(5_000)
    expect(new ObjectClock(6_000, 5_000).now).toBe(6_000)
  })
})

describe('a token bucket', () => {
  test('is exact: what flows in over any number of small steps is what flows in over one', () => {
    fc.assert(
      fc.property(
        fc.record({
          rateLimit: fc.double({ min: 0, max: 20_000, noNaN: true }),
          burstLimit: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        }),
        fc.array(fc.integer({ min: 0, max: 10 ** 9 }), { maxLength: 20 }),
        (throttle, steps) => {
          const stepwise = new TokenBucket(throttle, 0, 0)
          let now = 0
          for (const step of steps) {
            now += step
            stepwise.refill(now, 0)
          }
          const once = new TokenBucket(throttle, 0, 0)
          once.refill(now, 0)
          expect(stepwise.level).toBe(once.level)
          expect(once.level).toBeLessThanOrEqual(
            Math.min(throttle.burstLimit, (throttle.rateLimit * now) / 1000) * (1 + 1e-12),
          )
        },
      ),
    )
  })

  test('has the next token exactly when it says so', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1_000, noNaN: true }), rateLimit => {
        const bucket = new TokenBucket({ rateLimit, burstLimit: 5 }, 0, 0)
        const wait = bucket.untilToken(0)
        bucket.refill(wait - 1, 0)
        expect(bucket.tokens).toBe(0)
        bucket.refill(wait, 0)
        expect(bucket.tokens).toBe(1)
      }),
    )
  })

  test('of rate 0 has no next token, and one of burst 0 no token at all', () => {
    expect(new TokenBucket({ rateLimit: 0, burstLimit: 5 }, 0, 0).untilToken(0)).toBe(
      Number.POSITIVE_INFINITY,
    )
    const empty = new TokenBucket({ rateLimit: 5, burstLimit: 0 }, 100, 0)
    empty.refill(1e9, 0)
    expect(empty.tokens).toBe(0)
  })
})
