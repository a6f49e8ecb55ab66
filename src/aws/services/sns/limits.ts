/** https://docs.aws.amazon.com/general/latest/gr/sns.html */
export const LIMITS = {
  /** Characters. */
  subject: 100,
  batch: 10,
  tags: 50,
  /** Of a page of any list. */
  pageSize: 100,
  /** Bytes of a topic's policy. */
  policyBytes: 30 * 1024,
  /** Characters. */
  displayName: 100,
  /** Of one topic. SNS has 12.5 million: here one object knows all subscribers of a topic. */
  subscriptions: 10_000,
} as const
