import type { Ceiling, PeriodLimit } from './ceiling.ts'
import type { RefusalReason } from './lease-protocol.ts'
import { type Period, periodOf } from './quota-period.ts'
import type { UsageDays } from './usage-days.ts'

/**
 * A ceiling on the requests of a period. It is not a counter of its own: it is the sum over the days of its period
 * plus an adjustment, so a changed limit or period counts what was really used.
 */
export class PeriodCeiling implements Ceiling {
  readonly reason: RefusalReason
  readonly status?: 402 | 429
  readonly #days: UsageDays
  readonly #limit: PeriodLimit
  readonly #adjustOf: (period: Period) => number
  #period: Period | undefined
  #used = 0

  /** `adjustOf`: what a period counts on top of its days. */
  constructor(
    days: UsageDays,
    limit: PeriodLimit,
    { reason, status }: Pick<Ceiling, 'reason' | 'status'>,
    adjustOf: (period: Period) => number = () => 0,
  ) {
    this.#days = days
    this.#limit = limit
    this.reason = reason
    if (status) this.status = status
    this.#adjustOf = adjustOf
  }

  periodAt(wall: number): Period {
    if (!this.#period || wall < this.#period.start || wall >= this.#period.end) {
      this.#period = periodOf(this.#limit.period, wall)
      this.#used = this.#days.usedBetween(this.#period.firstDay, this.#period.nextDay)
    }
    return this.#period
  }

  /** Requests of the period that `wall` falls in. */
  usedAt(wall: number): number {
    this.periodAt(wall)
    return this.#used
  }

  remaining(wall: number): number {
    const period = this.periodAt(wall)
    return this.#limit.limit - this.#used - this.#adjustOf(period)
  }

  endsAt(wall: number): number {
    return this.periodAt(wall).end
  }

  charge(day: string, requests: number): void {
    const period = this.#period
    if (period && day >= period.firstDay && day < period.nextDay) this.#used += requests
  }
}
