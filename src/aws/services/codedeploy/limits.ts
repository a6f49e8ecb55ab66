/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
export const LIMITS = {
  applications: 1_000,
  groups: 1_000,
  configurations: 50,
  alarms: 10,
  triggers: 10,
  tags: 50,
  pageSize: 100,
  batch: 100,
  deploymentsOfBatch: 25,
  targetsOfBatch: 25,
  revisionsOfBatch: 25,
  /** Minutes between the first and the last step of a canary, or between two of a linear shift: two days. */
  interval: 2_880,
} as const
