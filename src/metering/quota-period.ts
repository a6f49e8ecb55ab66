import { DAY_MS, utcDay } from '../lib/utc-day.ts'
import type { QuotaPeriod } from './key-record.ts'

export interface Period {
  /** First and one-past-last moment, epoch milliseconds. */
  readonly start: number
  readonly end: number
  /** First UTC day, and the first day of the next period. */
  readonly firstDay: string
  readonly nextDay: string
}

/**
 * The quota period that a moment falls in.
 *
 * Periods are calendar periods in UTC. API Gateway's documentation names DAY, WEEK and MONTH and reports usage by
 * UTC day, but does not say on which day a week begins; Weir's weeks begin on Sunday, the first day of the week in
 * AWS's own cron expressions (1 = SUN).
 */
export function periodOf(period: QuotaPeriod, at: number): Period {
  const midnight = Math.floor(at / DAY_MS) * DAY_MS
  if (period === 'DAY') return between(midnight, midnight + DAY_MS)
  const date = new Date(midnight)
  if (period === 'WEEK') {
    const sunday = midnight - date.getUTCDay() * DAY_MS
    return between(sunday, sunday + 7 * DAY_MS)
  }
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  return between(Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1))
}

const between = (start: number, end: number): Period => ({
  start,
  end,
  firstDay: utcDay(start),
  nextDay: utcDay(end),
})
