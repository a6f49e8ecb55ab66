import type { DebitRate } from './debit-rate.ts'
import type { MeterKind } from './key-record.ts'
import { MIN_LEASABLE_BURST } from './lease-protocol.ts'
import type { LeasedBucket } from './leased-bucket.ts'
import type { UsageRow } from './saved-meter.ts'

/** A block of a hot key lasts at most this long, milliseconds: a crash within it costs what was left of it. */
const BLOCK_MS = 1000
const MAX_BLOCK = 10_000
const SMALLEST_HOT_BLOCK = 8
/** Of a key with three requests in ten seconds or more, a block is twenty seconds of demand and not many requests. */
const SLOW_BLOCK_MS = 20_000
const TEN_SECONDS_IN_IT = 2
const MOST_SLOW = 16
const SMALLEST_SLOW_BLOCK = 3
/** A crash may forfeit at most this share of what the ceilings have left; below 192 requests that is nothing at all. */
const BLOCK_SHARE = 1 / 64

/** Lasting rows are for buckets that refill quickly: a life that begins with one waits for its first token. */
export const LASTING_RATE = 100
/** What a lasting row says is always in the bucket, in shares of it; and how far above it the level is when it is written. */
const FLOORS = [7 / 8, 3 / 4, 1 / 2, 1 / 4]
const ABOVE_FLOOR = 1 / 16

/**
 * For how many debits, and for how many milliseconds at most, a row is to stand; 0: for none but those before it.
 * `left`: requests that the ceilings have room for.
 */
export function blockTerms(
  rate: DebitRate,
  now: number,
  left: number,
  kind: MeterKind,
): { readonly size: number; readonly lastsMs: number } {
  const most = Math.min(MAX_BLOCK, left * BLOCK_SHARE)
  const hot = Math.floor(Math.min(rate.perSecond, most))
  // What is nobody's usage has rows that last instead.
  const slow = kind === 'key' ? Math.floor(Math.min(slowDemand(rate, now), MOST_SLOW, most)) : 0
  const isHot = hot > MOST_SLOW || (hot >= SMALLEST_HOT_BLOCK && hot > slow)
  const size = isHot ? hot : slow
  return size >= SMALLEST_SLOW_BLOCK
    ? { size, lastsMs: isHot ? BLOCK_MS : SLOW_BLOCK_MS }
    : { size: 0, lastsMs: 0 }
}

function slowDemand(rate: DebitRate, now: number): number {
  const debits = rate.inTenSeconds(now)
  return debits < SMALLEST_SLOW_BLOCK ? 0 : debits * TEN_SECONDS_IN_IT
}

/**
 * The level that a lasting row may say of a bucket; undefined where another kind of row is better. The first row of a
 * life is of the highest floor or tells the level with its time, from which it refills: a life that begins with a
 * lasting row has nothing but its floor.
 */
export function lastingFloor(bucket: LeasedBucket, isFirst: boolean): number | undefined {
  const { throttle, burst } = bucket
  if (!throttle || throttle.rateLimit < LASTING_RATE || burst < MIN_LEASABLE_BURST) return undefined
  const above = (bucket.level ?? 0) - Math.max(1, burst * ABOVE_FLOOR)
  const floors = isFirst ? FLOORS.slice(0, 1) : FLOORS
  return floors.map(share => Math.floor(burst * share)).find(floor => floor <= above)
}

/**
 * From when on a saved bucket refills, on the clock of a new life. That clock begins behind all that any row reserved, so
 * it may show more than has passed by the machine's: none of that fills a bucket. And of a lasting row nobody knows until
 * when it was true: no time that has passed since it was written fills anything.
 */
export const refillsFrom = ({ at, lasting }: UsageRow, now: number, wall: number): number =>
  lasting ? now : now - Math.max(0, Math.floor(wall) - at)
