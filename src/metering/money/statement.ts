import { amountOf, divideHalfEven, formatAmount, type Nanos, roundToCoin } from './amount.ts'
import type { BillingMonth } from './billing-month.ts'
import { coinDigits } from './currency.ts'
import { priceRequests } from './price-requests.ts'
import { type DatedSheet, type SheetPeriod, sheetPeriods } from './price-sheet.ts'

/** Requests of one day, as the usage table has them. */
export type DayCount = readonly [day: string, requests: number]

/** A key's month on one plan. */
export interface PlanMonth {
  readonly planId: string
  readonly planName: string
  /** In the order of their first days. */
  readonly sheets: readonly DatedSheet[]
  /** First and last days on which the key was on the plan, also of other months. */
  readonly memberships: ReadonlyArray<{ readonly firstDay: string; readonly lastDay?: string }>
  /** In order; days without requests may be left out. */
  readonly days: readonly DayCount[]
}

/** Usage that came to be known of after the statement of its month was issued. */
export interface LateUsage {
  readonly month: string
  readonly planId: string
  readonly planName: string
  readonly currency: string
  /** What was billed until now, and what is right. */
  readonly before: readonly DayCount[]
  readonly after: readonly DayCount[]
  readonly amount: Nanos
}

export interface Credit {
  readonly entryId: string
  readonly memo: string
  readonly currency: string
  /** More than 0. */
  readonly amount: Nanos
}

/** One line of a statement. Amounts are decimal texts, exact. */
export type StatementLine =
  | (PlanLine & { readonly type: 'monthly-fee'; readonly days: number; readonly ofDays: number })
  | (PlanLine & {
      readonly type: 'requests'
      /** 0: the free allowance. */
      readonly tier: number
      readonly requests: number
      readonly price: string
    })
  | {
      readonly type: 'late-usage'
      readonly planId: string
      readonly planName: string
      readonly month: string
      readonly requests: number
      readonly currency: string
      readonly amount: string
    }
  | {
      readonly type: 'credit'
      readonly entryId: string
      readonly memo: string
      readonly currency: string
      readonly amount: string
    }

interface PlanLine {
  readonly planId: string
  readonly planName: string
  /** First day of the price sheet, which names it. */
  readonly priceSheet: string
  /** The days that the line is about: the requests are those of these days in `usage`. */
  readonly firstDay: string
  readonly lastDay: string
  readonly currency: string
  readonly amount: string
}

/** What a key owes for a month. */
export interface Statement {
  readonly schema: 1
  readonly id: string
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly keyName: string
  readonly month: string
  readonly status: 'open' | 'final'
  readonly lines: readonly StatementLine[]
  /** One of each currency. */
  readonly totals: readonly StatementTotal[]
  /** The usage records that the lines were made of, plan by plan and day by day. */
  readonly usage: ReadonlyArray<{
    readonly planId: string
    readonly requests: number
    readonly days: readonly DayCount[]
  }>
  /** The records behind lines of type `late-usage`. */
  readonly lateUsage: ReadonlyArray<{
    readonly month: string
    readonly planId: string
    readonly before: readonly DayCount[]
    readonly after: readonly DayCount[]
  }>
}

export interface StatementTotal {
  readonly currency: string
  /** Fees, requests and late usage, exactly. */
  readonly charges: string
  /** What brings `charges` to the smallest coin: halves to the even one. */
  readonly rounding: string
  readonly credits: string
  /** charges + rounding + credits */
  readonly total: string
}

export const statementId = (keyId: string, month: string): string => `${month}-${keyId}`

export function makeStatement(
  about: Pick<Statement, 'account' | 'region' | 'keyId' | 'keyName' | 'status'>,
  month: BillingMonth,
  plans: readonly PlanMonth[],
  late: readonly LateUsage[],
  credits: readonly Credit[],
): Statement {
  const lines: StatementLine[] = [
    ...plans.flatMap(plan => chargesOf(plan, month)),
    ...late.map(({ month: of, planId, planName, before, after, currency, amount }): StatementLine => {
      const requests = sumOf(after) - sumOf(before)
      return {
        type: 'late-usage',
        planId,
        planName,
        month: of,
        requests,
        currency,
        amount: formatAmount(amount),
      }
    }),
    ...credits.map(({ entryId, memo, currency, amount }): StatementLine => {
      return { type: 'credit', entryId, memo, currency, amount: formatAmount(-amount) }
    }),
  ]
  return {
    schema: 1,
    id: statementId(about.keyId, month.name),
    ...about,
    month: month.name,
    lines,
    totals: totalsOf(lines),
    usage: plans.map(({ planId, days }) => ({ planId, requests: sumOf(days), days })),
    lateUsage: late.map(({ month: of, planId, before, after }) => ({ month: of, planId, before, after })),
  }
}

const sumOf = (days: readonly DayCount[]): number => days.reduce((sum, [, requests]) => sum + requests, 0)

/** Lines of one plan: fees and requests of each part of the month that had a sheet of its own. */
function chargesOf(plan: PlanMonth, month: BillingMonth): StatementLine[] {
  const { planId, planName } = plan
  const lines: StatementLine[] = []
  const onPlan = memberDays(plan, month)
  let isFirst = true
  let isWholeFeePaid = false
  for (const period of sheetPeriods(plan.sheets, month)) {
    const { from: priceSheet, firstDay, lastDay, sheet } = period
    const { currency } = sheet
    const common = { planId, planName, priceSheet, firstDay, lastDay, currency }
    const days = onPlan.filter(day => day >= firstDay && day <= lastDay).length
    const owesFee = days > 0 && (sheet.prorated ? !isWholeFeePaid : isFirst)
    if (days > 0) isFirst = false
    if (sheet.monthlyFee !== undefined && owesFee) {
      isWholeFeePaid = !sheet.prorated
      const fee = amountOf(sheet.monthlyFee)
      const amount = sheet.prorated ? divideHalfEven(fee * BigInt(days), BigInt(month.days)) : fee
      lines.push({ type: 'monthly-fee', ...common, days, ofDays: month.days, amount: formatAmount(amount) })
    }
    for (const { tier, requests, price, amount } of priceRequests(sheet, requestsIn(plan.days, period))) {
      const priced = { tier, requests, price: formatAmount(price), amount: formatAmount(amount) }
      lines.push({ type: 'requests', ...common, ...priced })
    }
  }
  return lines
}

/** What a plan's requests of a month cost, without fees, by currency. */
export function requestChargesOf(plan: PlanMonth, month: BillingMonth): ReadonlyMap<string, Nanos> {
  const charges = new Map<string, Nanos>()
  for (const line of chargesOf(plan, month))
    if (line.type === 'requests')
      charges.set(line.currency, (charges.get(line.currency) ?? 0n) + amountOf(line.amount))
  return charges
}

function memberDays({ memberships }: PlanMonth, month: BillingMonth): string[] {
  const days = Array.from({ length: month.days }, (_, i) => `${month.name}-${String(i + 1).padStart(2, '0')}`)
  return days.filter(day =>
    memberships.some(({ firstDay, lastDay }) => firstDay <= day && (lastDay === undefined || day <= lastDay)),
  )
}

const requestsIn = (days: readonly DayCount[], { firstDay, lastDay }: SheetPeriod): number =>
  sumOf(days.filter(([day]) => day >= firstDay && day <= lastDay))

function totalsOf(lines: readonly StatementLine[]): StatementTotal[] {
  const currencies = [...new Set(lines.map(({ currency }) => currency))].sort()
  return currencies.map(currency => {
    const own = lines.filter(line => line.currency === currency)
    const sum = (of: readonly StatementLine[]) =>
      of.reduce((total, line) => total + amountOf(line.amount), 0n)
    const digits = coinDigits(currency)
    const charges = sum(own.filter(line => line.type !== 'credit'))
    const credits = sum(own.filter(line => line.type === 'credit'))
    const rounded = roundToCoin(charges, digits)
    return {
      currency,
      charges: formatAmount(charges),
      rounding: formatAmount(rounded - charges),
      credits: formatAmount(credits, digits),
      total: formatAmount(rounded + credits, digits),
    }
  })
}

/** Whether usage has changed since it was billed. */
export const daysDiffer = (before: readonly DayCount[], after: readonly DayCount[]): boolean =>
  JSON.stringify(before.filter(([, n]) => n > 0)) !== JSON.stringify(after.filter(([, n]) => n > 0))
