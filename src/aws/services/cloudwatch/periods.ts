import { floorTo, LEVELS } from '../../../observability/metrics/levels.ts'
import { invalidValue } from './refusals.ts'

const MINUTE_MS = 60_000

/** Shorter than a minute. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html */
const SHORT = new Set([1, 5, 10, 20, 30])

/** Seconds; refuses what is no period. */
export function checkedPeriod(seconds: number): number {
  if (SHORT.has(seconds) || seconds % 60 === 0) return seconds
  throw invalidValue('The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.')
}

/** How finely times are kept that are not of short periods. */
const WHOLE_MINUTES = LEVELS.filter(({ widthMs }) => widthMs >= MINUTE_MS)

/**
 * The begin of a time range as CloudWatch has it: rounded down to what is kept of such a time, or to a short period.
 * Periods are counted from there.
 */
export function rangeBegin(start: number, periodMs: number, now: number): number {
  if (periodMs < MINUTE_MS) return floorTo(start, periodMs)
  const kept = WHOLE_MINUTES.find(({ keptMs }) => now - start < keptMs) ?? WHOLE_MINUTES.at(-1)!
  return floorTo(start, kept.widthMs)
}
