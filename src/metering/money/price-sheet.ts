import { isJsonObject } from '../../lib/json-object.ts'
import { amountOf, formatAmount, parseAmount } from './amount.ts'
import { type BillingMonth, dayAfter, dayBefore } from './billing-month.ts'
import { isCurrency } from './currency.ts'

/** What a usage plan costs each of its keys, as it is written and kept: amounts are decimal texts. */
export interface PriceSheet {
  /** ISO 4217 */
  readonly currency: string
  /** For every month in which a key is on the plan. */
  readonly monthlyFee?: string
  /** The fee of a month that a key was not on the plan all of: by days, or else whole. */
  readonly prorated?: boolean
  /** Requests of a key in a month that cost nothing; tiers count those after them. */
  readonly freeRequests?: number
  /**
   * `graduated`: each request has the price of the tier that it falls in. `volume`: all of a month's requests have the
   * price of the tier that their number reaches.
   */
  readonly pricing?: 'graduated' | 'volume'
  readonly tiers: readonly PriceTier[]
}

export interface PriceTier {
  /** The last request of the tier; the last tier has none. */
  readonly upTo?: number
  /** Of one request. */
  readonly price: string
}

/** A sheet and the first UTC day on which it holds: until the next one does. */
export interface DatedSheet {
  readonly from: string
  readonly sheet: PriceSheet
}

/** A part of a month in which one sheet holds. */
export interface SheetPeriod extends DatedSheet {
  readonly firstDay: string
  readonly lastDay: string
}

const MOST_TIERS = 20
/** Of one request, and of a month. */
const HIGHEST_PRICE = 1_000_000n * 1_000_000_000n

const MEMBERS = new Set(['currency', 'monthlyFee', 'prorated', 'freeRequests', 'pricing', 'tiers'])

/** Reads a sheet that somebody wrote; a text says what is wrong with it. */
export function readPriceSheet(given: unknown): PriceSheet | string {
  if (!isJsonObject(given)) return 'A price sheet is an object'
  const unknown = Object.keys(given).find(name => !MEMBERS.has(name))
  if (unknown !== undefined) return `A price sheet has no ${JSON.stringify(unknown)}`
  const { currency, monthlyFee, prorated, freeRequests, pricing, tiers } = given
  if (!isCurrency(currency)) return 'currency has to be a code of ISO 4217, such as "EUR"'
  if (monthlyFee !== undefined && !isPrice(monthlyFee)) return wrongPrice('monthlyFee')
  if (prorated !== undefined && typeof prorated !== 'boolean') return 'prorated is true or false'
  if (freeRequests !== undefined && !isCount(freeRequests)) return 'freeRequests is a whole number'
  if (pricing !== undefined && pricing !== 'graduated' && pricing !== 'volume')
    return 'pricing is "graduated" or "volume"'
  if (!Array.isArray(tiers) || tiers.length === 0 || tiers.length > MOST_TIERS)
    return `tiers is a list of 1 to ${MOST_TIERS} tiers`
  const read: PriceTier[] = []
  for (const [i, tier] of tiers.entries()) {
    const isLast = i === tiers.length - 1
    if (!isJsonObject(tier) || Object.keys(tier).some(name => name !== 'upTo' && name !== 'price'))
      return `tiers[${i}] is an object of upTo and price`
    if (!isPrice(tier.price)) return wrongPrice(`tiers[${i}].price`)
    if (isLast !== (tier.upTo === undefined)) return 'Every tier but the last has an upTo'
    if (!isLast && !(isCount(tier.upTo) && tier.upTo > (read.at(-1)?.upTo ?? 0)))
      return `tiers[${i}].upTo is a whole number above that of the tier before`
    read.push({ ...(!isLast && { upTo: tier.upTo as number }), price: normal(tier.price) })
  }
  return {
    currency,
    ...(monthlyFee !== undefined && { monthlyFee: normal(monthlyFee) }),
    ...(prorated !== undefined && { prorated }),
    ...(freeRequests !== undefined && { freeRequests }),
    pricing: pricing ?? 'graduated',
    tiers: read,
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function isPrice(value: unknown): value is string {
  const amount = parseAmount(value)
  return amount !== undefined && amount >= 0n && amount <= HIGHEST_PRICE
}

const wrongPrice = (name: string): string =>
  `${name} is an amount in decimal digits, as a text such as "0.0000035": at most nine behind the point, at most 1000000`

const normal = (text: string): string => formatAmount(amountOf(text))

/** The parts of a month in which one sheet holds each, in order. `sheets`: in the order of their first days. */
export function sheetPeriods(sheets: readonly DatedSheet[], month: BillingMonth): SheetPeriod[] {
  const periods: SheetPeriod[] = []
  for (const [i, dated] of sheets.entries()) {
    const next = sheets[i + 1]?.from ?? dayAfter(month.lastDay)
    const firstDay = [dated.from, month.firstDay].sort().at(-1)!
    const lastDay = next > month.lastDay ? month.lastDay : dayBefore(next)
    if (firstDay <= lastDay) periods.push({ ...dated, firstDay, lastDay })
  }
  return periods
}

/** The sheet that holds on a day. */
export const sheetOn = (sheets: readonly DatedSheet[], day: string): DatedSheet | undefined =>
  sheets.findLast(({ from }) => from <= day)
