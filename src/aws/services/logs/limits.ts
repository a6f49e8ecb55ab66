const HOUR_MS = 60 * 60_000

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
export const LIMITS = {
  tags: 50,
  subscriptionsPerGroup: 2,
  /** Of a page of groups, streams or filters. */
  perPage: 50,
  /** Events of a page, and their bytes. */
  eventsPerPage: 10_000,
  pageBytes: 1024 * 1024,
  /** Of what PutLogEvents takes at once, each event with 26 bytes more than its message. */
  batchBytes: 1_048_576,
  eventBytes: 1_048_576,
  batchSpanMs: 24 * HOUR_MS,
  oldestMs: 14 * 24 * HOUR_MS,
  newestMs: 2 * HOUR_MS,
  /** Patterns with regular expressions that a group's filters have together. */
  regexPatternsPerGroup: 5,
  tailMs: 3 * HOUR_MS,
  tailedPerSecond: 500,
} as const

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]
