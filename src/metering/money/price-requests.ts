import { amountOf, type Nanos } from './amount.ts'
import type { PriceSheet } from './price-sheet.ts'

/** So many requests at one price. */
export interface PricedRequests {
  /** Counted from 1; 0 is the free allowance. */
  readonly tier: number
  readonly requests: number
  readonly price: Nanos
  readonly amount: Nanos
}

/** A tier in numbers, of requests after the free ones. */
interface Tier {
  readonly tier: number
  readonly after: bigint
  /** Undefined for the last one. */
  readonly upTo: bigint | undefined
  readonly price: Nanos
}

/** A sheet in numbers: made once for many requests. */
export interface Prices {
  readonly free: bigint
  readonly isVolume: boolean
  readonly tiers: readonly Tier[]
}

const prepared = new WeakMap<PriceSheet, Prices>()

function pricesOf(sheet: PriceSheet): Prices {
  let prices = prepared.get(sheet)
  if (!prices) {
    let after = 0n
    const tiers = sheet.tiers.map(({ upTo, price }, i): Tier => {
      const tier = {
        tier: i + 1,
        after,
        upTo: upTo === undefined ? undefined : BigInt(upTo),
        price: amountOf(price),
      }
      after = tier.upTo ?? after
      return tier
    })
    prices = { free: BigInt(sheet.freeRequests ?? 0), isVolume: sheet.pricing === 'volume', tiers }
    prepared.set(sheet, prices)
  }
  return prices
}

/** What so many requests of one key cost under one sheet, price by price; the free ones first. */
export function priceRequests(sheet: PriceSheet, requests: number): PricedRequests[] {
  const { free, isVolume, tiers } = pricesOf(sheet)
  const all = BigInt(requests)
  const allowed = smaller(all, free)
  const paid = all - allowed
  const priced: PricedRequests[] = []
  if (allowed > 0n) priced.push({ tier: 0, requests: Number(allowed), price: 0n, amount: 0n })
  for (const { tier, after, upTo, price } of tiers) {
    if (paid <= after) break
    if (isVolume && upTo !== undefined && paid > upTo) continue
    const within = isVolume ? paid : smaller(paid, upTo ?? paid) - after
    priced.push({ tier, requests: Number(within), price, amount: within * price })
  }
  return priced
}

/** The sum of {@link priceRequests}. */
export function costOf(sheet: PriceSheet, requests: number): Nanos {
  let cost = 0n
  for (const { amount } of priceRequests(sheet, requests)) cost += amount
  return cost
}

/**
 * The most that so many requests, or any fewer, cost. Volume pricing falls when a cheaper tier is reached, so fewer
 * requests may cost more: a budget is held against this, and holds also when some of them come back unused.
 */
export function highestCost(sheet: PriceSheet, requests: number): Nanos {
  const { free, isVolume, tiers } = pricesOf(sheet)
  if (!isVolume) return costOf(sheet, requests)
  const paid = BigInt(requests) - free
  let highest = 0n
  for (const { after, upTo, price } of tiers) {
    if (paid <= after) break
    const cost = (upTo === undefined ? paid : smaller(paid, upTo)) * price
    if (cost > highest) highest = cost
  }
  return highest
}

/**
 * How many requests {@link highestCost} lets a limit pay for; `Number.MAX_SAFE_INTEGER` at most. Those that cost
 * nothing are always among them, also when the limit is negative.
 */
export function requestsWithin(sheet: PriceSheet, limit: Nanos): number {
  const { free, isVolume, tiers } = pricesOf(sheet)
  let paid = 0n
  let spent = 0n
  for (const { after, upTo, price } of tiers) {
    // With volume pricing the tier's price is that of all requests before it, too.
    const atStart = isVolume ? after * price : spent
    const room = limit - atStart
    // Not even the first request of the tier is paid for.
    if (price > 0n && room < price) break
    const most = price === 0n ? undefined : after + room / price
    if (upTo === undefined || (most !== undefined && most < upTo)) {
      paid = most ?? BigInt(Number.MAX_SAFE_INTEGER)
      break
    }
    paid = upTo
    spent = atStart + (upTo - after) * price
  }
  return Number(smaller(free + paid, BigInt(Number.MAX_SAFE_INTEGER)))
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
