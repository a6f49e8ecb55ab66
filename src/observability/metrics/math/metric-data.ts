import type { MetricStat } from '@aws-sdk/client-cloudwatch'
import { dimensionsOf } from '../dimensions.ts'
import type { MetricSeries, SeriesPoint } from '../metric-series.ts'

/** One entry of `MetricDataQueries`, or of an alarm's `Metrics`: a metric or an expression over others. */
export interface DataQuery {
  readonly id: string
  readonly label?: string
  readonly returnData: boolean
  readonly metric?: QueriedMetric
  readonly expression?: string
  /** Real milliseconds, of an expression that reads by itself (SEARCH). */
  readonly periodMs?: number
}

export interface QueriedMetric {
  readonly series: MetricSeries
  readonly statistic: string
  readonly unit?: string
  /** Real milliseconds. */
  readonly periodMs: number
}

/** What a `MetricStat` asks for, that has all that it must have. @param periodMs real milliseconds */
export const queriedMetric = (
  { Metric, Stat, Unit }: Omit<MetricStat, 'Period'>,
  periodMs: number,
): QueriedMetric => ({
  series: {
    namespace: Metric!.Namespace!,
    metric: Metric!.MetricName!,
    dimensions: dimensionsOf(Metric!.Dimensions),
  },
  statistic: Stat!,
  unit: Unit,
  periodMs,
})

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
