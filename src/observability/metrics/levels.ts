const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/**
 * How finely what was measured is kept, and how long: then it is added up to the next level.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Metric
 */
export interface Level {
  /** Milliseconds of a bucket; of the first level at least. */
  readonly widthMs: number
  /** Milliseconds whose buckets of a subject share a row. */
  readonly spanMs: number
  readonly keptMs: number
}

export const LEVELS: readonly Level[] = [
  { widthMs: 1_000, spanMs: 5 * MINUTE_MS, keptMs: 3 * HOUR_MS },
  { widthMs: MINUTE_MS, spanMs: HOUR_MS, keptMs: 15 * DAY_MS },
  { widthMs: 5 * MINUTE_MS, spanMs: 6 * HOUR_MS, keptMs: 63 * DAY_MS },
  { widthMs: HOUR_MS, spanMs: 3 * DAY_MS, keptMs: 455 * DAY_MS },
]

/** Begin of the period of `length` milliseconds in which `at` is. */
export const floorTo = (at: number, length: number): number => Math.floor(at / length) * length
