import type { Account } from '../../lib/account.ts'

/** One metric, as AWS names it: the dimensions are exactly these. */
export interface MetricSeries {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
}

export interface SeriesQuery extends MetricSeries {
  /** Epoch milliseconds, rounded down to a whole period; inclusive. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
  /** Milliseconds. */
  readonly periodMs: number
  /** `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, `p99.9`, `tm(10%:90%)` ... */
  readonly statistic: string
  readonly unit?: string
}

/** A point of each period in which anything was measured, oldest first. */
export interface SeriesPoint {
  /** Begin of the period, epoch milliseconds. */
  readonly at: number
  readonly value: number
}

/** Reads what was measured; all queries in one round of calls. In the order of the queries. */
export type ReadSeries = (
  account: Account,
  queries: readonly SeriesQuery[],
) => Promise<readonly (readonly SeriesPoint[])[]>
