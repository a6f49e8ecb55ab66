import { DAY_MS, utcDay } from '../lib/utc-day.ts'
import type { Ceiling } from './ceiling.ts'
import type { ExtraQuota, KeyPlan } from './key-record.ts'
import { PeriodCeiling } from './period-ceiling.ts'
import { type Period, periodOf } from './quota-period.ts'
import type { AdjustmentRow, Saves, UsageRow } from './saved-meter.ts'
import { UsageDays } from './usage-days.ts'

/** What one key used on one plan, and the ceilings that this counts against: its quota first, then its budgets. */
export class PlanUsage {
  readonly days: UsageDays
  readonly #keyId: string
  readonly #planId: string
  readonly #saves: Saves
  readonly #adjustments = new Map<string, number>()
  #attached: readonly Ceiling[] = []
  #appliedSerial = 0
  #plan: KeyPlan | undefined
  #quota: PeriodCeiling | undefined
  #ceilings: readonly Ceiling[] = []

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
    this.days = new UsageDays(rows)
    for (const { period, adjust, serial } of adjustments) {
      this.#adjustments.set(period, adjust)
      this.#appliedSerial = Math.max(this.#appliedSerial, serial)
    }
  }

  /** `plan` undefined: the key left the plan; what it used stays. `wall`: the machine's clock, epoch ms. */
  configure(plan: KeyPlan | undefined, wall: number): void {
    this.#plan = plan
    this.#quota =
      plan?.quota &&
      new PeriodCeiling(this.days, plan.quota, { reason: 'quota-exceeded' }, period => this.#adjustOf(period))
    this.#list()
    if (plan?.extraQuota) this.#applyExtra(plan.extraQuota, wall)
  }

  /** Ceilings that are not the record's to say; they stay through every {@link configure}. */
  attach(ceilings: readonly Ceiling[]): void {
    this.#attached = ceilings
    this.#list()
  }

  /** Adds requests to a day, or takes back (negative) ones that it was charged for. */
  add(day: string, requests: number): void {
    this.days.add(day, requests)
    for (const ceiling of this.#ceilings) ceiling.charge?.(day, requests)
  }

  /** Requests that all ceilings still allow, possibly negative after one was lowered; Infinity without any. */
  remaining(wall: number): number {
    let least = Number.POSITIVE_INFINITY
    for (const ceiling of this.#ceilings) least = Math.min(least, ceiling.remaining(wall))
    return least
  }

  /** Whether more than a rate is at stake. */
  get isBounded(): boolean {
    return this.#ceilings.length > 0
  }

  /** The first of the ceilings that have no room for another request. */
  exhausted(wall: number): Ceiling | undefined {
    return this.#ceilings.find(ceiling => ceiling.remaining(wall) < 1)
  }

  /** Of the quota alone: what it has left, and when its period ends (epoch milliseconds). */
  quotaAt(
    wall: number,
  ): { readonly limit: number; readonly left: number; readonly endsAt: number } | undefined {
    const ceiling = this.#quota
    if (!ceiling) return undefined
    const left = Math.max(0, ceiling.remaining(wall))
    return { limit: this.#plan!.quota!.limit, left, endsAt: ceiling.endsAt(wall) }
  }

  /** What was left of the quota when the day ended, as GetUsage reports it; null without a quota. */
  remainingAfter(day: string): number | null {
    const quota = this.#plan?.quota
    if (!quota) return null
    const dayStart = Date.parse(day)
    const period = periodOf(quota.period, dayStart)
    const used = this.days.usedBetween(period.firstDay, utcDay(dayStart + DAY_MS))
    return Math.max(0, quota.limit - used - this.#adjustOf(period))
  }

  /** UpdateUsage: from now on so many requests are left in the period, if that is the current one. */
  #applyExtra({ serial, periodStart, remaining }: ExtraQuota, wall: number): void {
    const ceiling = this.#quota
    if (serial <= this.#appliedSerial || ceiling?.periodAt(wall).firstDay !== periodStart) return
    const period = this.#periodKey(ceiling.periodAt(wall))
    const adjust = this.#plan!.quota!.limit - ceiling.usedAt(wall) - remaining
    this.#adjustments.set(period, adjust)
    this.#appliedSerial = serial
    this.#saves.adjustment({ keyId: this.#keyId, planId: this.#planId, period, adjust, serial })
  }

  #list(): void {
    const said = (this.#plan?.ceilings ?? []).map(limit => new PeriodCeiling(this.days, limit, limit))
    this.#ceilings = [...(this.#quota ? [this.#quota] : []), ...said, ...this.#attached]
  }

  #adjustOf(period: Period): number {
    const { quota, since } = this.#plan!
    const initial = since >= period.start && since < period.end
    return this.#adjustments.get(this.#periodKey(period)) ?? (initial ? quota!.offset : 0)
  }

  #periodKey(period: Period): string {
    return `${this.#plan!.quota!.period} ${period.firstDay}`
  }
}
