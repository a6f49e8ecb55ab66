import { DAY_MS, utcDay } from '../lib/utc-day.ts'
import type { KeyPlan, Quota } from './key-record.ts'
import { type Period, periodOf } from './quota-period.ts'
import type { AdjustmentRow, Saves, UsageRow } from './saved-meter.ts'

export interface DayUsage {
  readonly day: string
  used: number
  /** What the written row says; more than `used` while a block is reserved. */
  saved: number
  rev: number
  rolled: number
}

/**
 * Requests of one key on one plan, by UTC day, and what its quota has left of them.
 *
 * A quota is not a counter of its own: it is the sum over the days of its period plus an adjustment, so a changed
 * limit or period counts what was really used.
 */
export class PlanUsage {
  readonly #keyId: string
  readonly #planId: string
  readonly #saves: Saves
  readonly #days = new Map<string, DayUsage>()
  readonly #adjustments = new Map<string, number>()
  #appliedSerial = 0
  #plan: KeyPlan | undefined
  #period: Period | undefined
  #usedInPeriod = 0
  #dayNumber = Number.NaN
  #today = ''

  constructor(
    keyId: string,
    planId: string,
    saves: Saves,
    rows: readonly UsageRow[],
    adjustments: readonly AdjustmentRow[],
  ) {
    this.#keyId = keyId
    this.#planId = planId
    this.#saves = saves
    for (const { day, used, rev, rolled } of rows)
      this.#days.set(day, { day, used, saved: used, rev, rolled })
    for (const { period, adjust, serial } of adjustments) {
      this.#adjustments.set(period, adjust)
      this.#appliedSerial = Math.max(this.#appliedSerial, serial)
    }
  }

  /** `plan` undefined: the key left the plan; what it used stays. `wall`: the machine's clock, epoch ms. */
  configure(plan: KeyPlan | undefined, wall: number): void {
    this.#plan = plan
    this.#period = undefined
    const extra = plan?.extraQuota
    if (extra && extra.serial > this.#appliedSerial && this.periodAt(wall)?.firstDay === extra.periodStart)
      this.setRemaining(extra.remaining, wall, extra.serial)
  }

  get quota(): Quota | undefined {
    return this.#plan?.quota
  }

  /** Row of the day that `wall` falls in. */
  today(wall: number): DayUsage {
    const number = Math.floor(wall / DAY_MS)
    if (number !== this.#dayNumber) {
      this.#dayNumber = number
      this.#today = utcDay(wall)
    }
    let row = this.#days.get(this.#today)
    if (!row) {
      row = { day: this.#today, used: 0, saved: 0, rev: 0, rolled: 0 }
      this.#days.set(this.#today, row)
    }
    return row
  }

  get days(): Iterable<DayUsage> {
    return this.#days.values()
  }

  /** Adds requests to a day, or takes back (negative) ones that it was charged for. */
  add(day: string, requests: number): void {
    const row = this.#days.get(day)
    if (!row) return
    row.used += requests
    const period = this.#period
    if (period && day >= period.firstDay && day < period.nextDay) this.#usedInPeriod += requests
  }

  /** The quota period that `wall` falls in; undefined without a quota. */
  periodAt(wall: number): Period | undefined {
    const quota = this.quota
    if (!quota) return undefined
    if (!this.#period || wall < this.#period.start || wall >= this.#period.end) {
      this.#period = periodOf(quota.period, wall)
      this.#usedInPeriod = this.#usedBetween(this.#period.firstDay, this.#period.nextDay)
    }
    return this.#period
  }

  /** Requests that the quota still allows, possibly negative after a limit was lowered; Infinity without a quota. */
  remaining(wall: number): number {
    const period = this.periodAt(wall)
    if (!period) return Number.POSITIVE_INFINITY
    return this.quota!.limit - this.#usedInPeriod - this.#adjustOf(period)
  }

  /** UpdateUsage: from now on `remaining` requests are left in the current period. */
  setRemaining(remaining: number, wall: number, serial = this.#appliedSerial): void {
    const period = this.periodAt(wall)
    if (!period) return
    const adjust = this.quota!.limit - this.#usedInPeriod - remaining
    this.#adjustments.set(this.#periodKey(period), adjust)
    this.#appliedSerial = Math.max(this.#appliedSerial, serial)
    this.#saves.adjustment({
      keyId: this.#keyId,
      planId: this.#planId,
      period: this.#periodKey(period),
      adjust,
      serial: this.#appliedSerial,
    })
  }

  /** What was left of the quota when the day ended, as GetUsage reports it; null without a quota. */
  remainingAfter(day: string): number | null {
    const quota = this.quota
    if (!quota) return null
    const dayStart = Date.parse(day)
    const period = periodOf(quota.period, dayStart)
    const used = this.#usedBetween(period.firstDay, utcDay(dayStart + DAY_MS))
    return Math.max(0, quota.limit - used - this.#adjustOf(period))
  }

  /** The usage table has the day's row as of `rev`. */
  markRolled(day: string, rev: number): void {
    const row = this.#days.get(day)
    if (row) row.rolled = Math.max(row.rolled, rev)
  }

  #usedBetween(firstDay: string, nextDay: string): number {
    let used = 0
    for (const row of this.#days.values()) if (row.day >= firstDay && row.day < nextDay) used += row.used
    return used
  }

  #adjustOf(period: Period): number {
    const { quota, since } = this.#plan!
    const initial = since >= period.start && since < period.end
    return this.#adjustments.get(this.#periodKey(period)) ?? (initial ? quota!.offset : 0)
  }

  #periodKey(period: Period): string {
    return `${this.quota!.period} ${period.firstDay}`
  }
}
