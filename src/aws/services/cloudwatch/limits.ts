const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html and the API reference */
export const LIMITS = {
  /** Of PutMetricData. */
  metricsPerCall: 1_000,
  valuesPerMetric: 150,
  largestValue: 2 ** 360,
  oldestMs: 14 * DAY_MS,
  aheadMs: 2 * HOUR_MS,
  /** Of ListMetrics. */
  metricsPerPage: 500,
  listedForMs: 14 * DAY_MS,
  recentMs: 3 * HOUR_MS,
  /** Of GetMetricStatistics. */
  statisticsPoints: 1_440,
  /** Of GetMetricData. */
  queries: 500,
  dataPoints: 100_800,
  /** Of GetMetricData; each looks at all metrics there are. */
  searches: 20,
  /** Series that a search finds. */
  searched: 500,
  dashboardBytes: 1024 * 1024,
  widgets: 500,
  dashboardsPerPage: 1_000,
  tags: 50,
} as const
