/**
 * What makes metrics of a log group's lines.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
 */
export interface MetricFilter {
  /** Unique in its group. */
  readonly name: string
  readonly pattern: string
  readonly transformations: readonly MetricTransformation[]
  /** Epoch milliseconds. */
  readonly created: number
}

export interface MetricTransformation {
  readonly metric: string
  readonly namespace: string
  /** A number, or what leads to one: `$.latency` in JSON, `$bytes` among fields with blanks between them. */
  readonly value: string
  /** Measured with each line that the filter does not find. */
  readonly defaultValue?: number
  /** Names, and what leads to their values. A line that lacks one of them is not measured. */
  readonly dimensions?: Readonly<Record<string, string>>
  /** `None` without it. */
  readonly unit?: string
}
