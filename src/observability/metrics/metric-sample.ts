import type { Account } from '../../lib/account.ts'
import type { Summary } from './summary.ts'

/**
 * What was measured together: values of some metrics that have the same labels, in one period. It counts for a series
 * of every dimension set: that of a call of a function counts for the function, for its alias, for the version that
 * ran, and for all functions. Embedded metrics have the same form:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export interface MetricSample {
  /** `AWS/Lambda` */
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  /** Each names some of the labels. */
  readonly dimensionSets: readonly (readonly string[])[]
  /** Epoch milliseconds. */
  readonly at: number
  readonly values: Readonly<Record<string, MetricValues>>
  /** Of values that are kept by the second. */
  readonly highResolution?: boolean
}

export interface MetricValues {
  /** `Milliseconds`; `None` without it. */
  readonly unit?: string
  /** Each measured as often as `counts` says at the same place; once without it. */
  readonly values: readonly number[]
  readonly counts?: readonly number[]
  /** Instead of values: what is left of many that somebody has put together. */
  readonly statistics?: Summary
}

/** Takes measurements that nobody waits for. */
export interface MetricIntake {
  record(account: Account, sample: MetricSample): void
}

/** Name of the object that keeps what was measured in an account and region, or of the first of several. */
export const metricStoreName = ({ id, region }: Account): string => `metrics/${id}/${region}`
