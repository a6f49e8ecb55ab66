import { DAY_MS, utcDay } from '../lib/utc-day.ts'
import type { UsageRow } from './saved-meter.ts'

export interface DayUsage {
  readonly day: string
  used: number
  /** What the written row says; more than `used` while a block is reserved. */
  saved: number
  rev: number
  rolled: number
}

/** Requests of one key on one plan, by UTC day. */
export class UsageDays {
  readonly #days = new Map<string, DayUsage>()
  #number = Number.NaN
  #today = ''

  constructor(rows: readonly UsageRow[]) {
    for (const { day, used, rev, rolled } of rows)
      this.#days.set(day, { day, used, saved: used, rev, rolled })
  }

  /** The row of the day that `wall` falls in: the machine's clock, epoch milliseconds. */
  at(wall: number): DayUsage {
    const number = Math.floor(wall / DAY_MS)
    if (number !== this.#number) {
      this.#number = number
      this.#today = utcDay(wall)
    }
    return this.named(this.#today)
  }

  named(day: string): DayUsage {
    let row = this.#days.get(day)
    if (!row) {
      row = { day, used: 0, saved: 0, rev: 0, rolled: 0 }
      this.#days.set(day, row)
    }
    return row
  }

  /** Adds requests to a day, or takes back (negative) ones that it was charged for. */
  add(day: string, requests: number): void {
    const row = this.#days.get(day)
    if (row) row.used += requests
  }

  /** From the first day up to the next one, which is not counted. */
  usedBetween(firstDay: string, nextDay: string): number {
    let used = 0
    for (const row of this.#days.values()) if (row.day >= firstDay && row.day < nextDay) used += row.used
    return used
  }

  /** The usage table has the day's row as of `rev`. */
  markRolled(day: string, rev: number): void {
    const row = this.#days.get(day)
    if (row) row.rolled = Math.max(row.rolled, rev)
  }

  [Symbol.iterator](): Iterator<DayUsage> {
    return this.#days.values()
  }
}
