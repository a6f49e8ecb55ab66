import { DAY_MS, utcDay } from '../../lib/utc-day.ts'

/** A calendar month in UTC. Days and months are texts that sort and compare in their order. */
export interface BillingMonth {
  /** `YYYY-MM` */
  readonly name: string
  readonly firstDay: string
  readonly lastDay: string
  /** Epoch milliseconds: its first moment, and the first one after it. */
  readonly start: number
  readonly end: number
  readonly days: number
}

/** Not of the first century, whose years `Date.UTC` takes for others. */
const MONTH = /^([1-9]\d{3})-(0[1-9]|1[0-2])$/

/** Undefined for a text that is no month. */
export function readMonth(name: unknown): BillingMonth | undefined {
  const match = typeof name === 'string' ? MONTH.exec(name) : null
  return match ? monthOf(Date.UTC(Number(match[1]), Number(match[2]) - 1, 1)) : undefined
}

/** The month that a moment (epoch milliseconds) falls in. */
export function monthOf(at: number): BillingMonth {
  const date = new Date(at)
  const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  const firstDay = utcDay(start)
  return {
    name: firstDay.slice(0, 7),
    firstDay,
    lastDay: utcDay(end - DAY_MS),
    start,
    end,
    days: Math.round((end - start) / DAY_MS),
  }
}

export const dayAfter = (day: string): string => utcDay(Date.parse(day) + DAY_MS)
export const dayBefore = (day: string): string => utcDay(Date.parse(day) - DAY_MS)
