import type { MetricSeries, SeriesPoint } from '../metric-series.ts'

/** One entry of `MetricDataQueries`, or of an alarm's `Metrics`: a metric or an expression over others. */
export interface DataQuery {
  readonly id: string
  readonly label?: string
  readonly returnData: boolean
  readonly metric?: {
    readonly series: MetricSeries
    readonly statistic: string
    readonly unit?: string
    /** Real milliseconds. */
    readonly periodMs: number
  }
  readonly expression?: string
  /** Real milliseconds, of an expression that reads by itself (SEARCH). */
  readonly periodMs?: number
}

/** What a query's metric was, or what came of its expression: several where that is an array of series. */
export interface DataSeries {
  readonly id: string
  readonly label: string
  readonly periodMs: number
  /** Oldest first. */
  readonly points: readonly SeriesPoint[]
}

export interface DataWindow {
  /** Epoch milliseconds; inclusive. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
  /** Real milliseconds of a second of a period: less than 1000 where an operator shortens minutes. */
  readonly secondMs: number
}

/** The expressions cannot be evaluated; the message is public. */
export class MathRefusal extends Error {}
