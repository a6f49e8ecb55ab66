import type { MetricSeries } from './metric-series.ts'
import type { Summary } from './summary.ts'

/** What a MetricStore is asked for of one series. */
export interface SummaryQuery extends MetricSeries {
  /** Epoch milliseconds, inclusive; periods are counted from there. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
  /** Milliseconds. */
  readonly periodMs: number
  readonly unit?: string
  /** Whether it is asked how the values are spread; that makes answers long. */
  readonly spread: boolean
}

/** What was measured in one period, with one unit. */
export interface PeriodSummary {
  /** Begin of the period, epoch milliseconds. */
  readonly at: number
  readonly unit: string
  readonly summary: Summary
}

/** Which series are asked for; without anything, all. */
export interface SeriesFilter {
  readonly namespace?: string
  readonly metric?: string
  /** Dimensions that a series has among others, with this value or any. */
  readonly dimensions?: readonly { readonly name: string; readonly value?: string }[]
  /** Epoch milliseconds: measured since. */
  readonly since: number
}

/** One object's answer, and how many objects there are to be asked. */
export interface Answer<T> {
  readonly shards: number
  readonly answer: T
}

/** A series that is there, and its place in lists. */
export interface ListedSeries extends MetricSeries {
  readonly key: string
}
