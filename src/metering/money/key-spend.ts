import { amountOf, type Nanos } from './amount.ts'
import { type BillingMonth, monthOf } from './billing-month.ts'
import type { Budget, KeyMoney } from './budget.ts'
import { highestCost, requestsWithin } from './price-requests.ts'
import { sheetOn, sheetPeriods } from './price-sheet.ts'

/**
 * Requests of a key on one plan, by UTC day; `saved`: what is written down, which is more while some are reserved that a
 * crash would forfeit. Those count as spent for all that the key does elsewhere.
 */
export type UsageByDay = (
  planId: string,
) => Iterable<{ readonly day: string; readonly used: number; readonly saved?: number }>

/** How many more requests there is money for, and why there is no more. */
export interface Ceiling {
  readonly left: number
  readonly answer: { readonly status: 402 | 429; readonly message?: string }
  /** When a month begins that has a budget of its own, epoch milliseconds. */
  readonly until: number
}

/** What requests of a key have cost, and how many more its budgets pay for. All times are of the machine's clock. */
export class KeySpend {
  readonly #money: KeyMoney
  #month: BillingMonth

  constructor(money: KeyMoney, wall: number) {
    this.#money = money
    this.#month = monthOf(wall)
  }

  /** Of the account's budget, if it has one. */
  get accountCurrency(): string | undefined {
    return this.#money.account?.currency
  }

  monthAt(wall: number): BillingMonth {
    if (wall < this.#month.start || wall >= this.#month.end) this.#month = monthOf(wall)
    return this.#month
  }

  /**
   * What the month's requests cost, at the most that they or fewer of them do: what is leased counts, and when it comes
   * back unused nothing gets dearer by that.
   */
  spent(currency: string, usage: UsageByDay, wall: number): Nanos {
    const month = this.monthAt(wall)
    let spent = 0n
    for (const { planId, sheets } of this.#money.plans)
      for (const { sheet, firstDay, lastDay } of sheetPeriods(sheets, month))
        if (sheet.currency === currency)
          spent += highestCost(sheet, countBetween(usage(planId), firstDay, lastDay).saved)
    return spent
  }

  /** How many more requests on a plan cost no more than `limit` together with all that was spent this month. */
  requestsWithin(limit: Nanos, currency: string, planId: string, usage: UsageByDay, wall: number): number {
    const period = this.#periodOf(planId, wall)
    if (period?.sheet.currency !== currency) return Number.POSITIVE_INFINITY
    const { sheet, firstDay, lastDay } = period
    const { used, saved } = countBetween(usage(planId), firstDay, lastDay)
    const others = this.spent(currency, usage, wall) - highestCost(sheet, saved)
    return Math.max(0, requestsWithin(sheet, limit - others) - used)
  }

  /** What so many more requests on a plan bring {@link spent} to. */
  spentAfter(requests: number, currency: string, planId: string, usage: UsageByDay, wall: number): Nanos {
    const spent = this.spent(currency, usage, wall)
    const period = this.#periodOf(planId, wall)
    if (period?.sheet.currency !== currency) return spent
    const { sheet, firstDay, lastDay } = period
    const { used, saved } = countBetween(usage(planId), firstDay, lastDay)
    return spent - highestCost(sheet, saved) + highestCost(sheet, Math.max(saved, used + requests))
  }

  /** By the key's own budget. */
  ceilingOf(planId: string, usage: UsageByDay, wall: number): Ceiling | undefined {
    const { budget } = this.#money
    if (!budget) return undefined
    const { currency, amount } = budget
    const left = this.requestsWithin(amountOf(amount), currency, planId, usage, wall)
    return { left, answer: answerOf(budget), until: this.monthAt(wall).end }
  }

  #periodOf(planId: string, wall: number) {
    const sheets = this.#money.plans.find(plan => plan.planId === planId)?.sheets ?? []
    const month = this.monthAt(wall)
    const day = `${month.name}-${String(new Date(wall).getUTCDate()).padStart(2, '0')}`
    const inForce = sheetOn(sheets, day)
    return inForce && sheetPeriods(sheets, month).find(({ from }) => from === inForce.from)
  }
}

export const answerOf = ({ status, message }: Budget): Ceiling['answer'] => ({
  status,
  ...(message !== undefined && { message }),
})

function countBetween(days: ReturnType<UsageByDay>, first: string, last: string) {
  const count = { used: 0, saved: 0 }
  for (const { day, used, saved = used } of days) {
    if (day < first || day > last) continue
    count.used += used
    count.saved += Math.max(used, saved)
  }
  return count
}
