/** https://docs.aws.amazon.com/kms/latest/developerguide/limits.html */
export const LIMITS = {
  policyBytes: 32 * 1024,
  tags: 50,
  aliasesPerKey: 50,
  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html */
  rotationsOnDemand: 25,
  /** Days. https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
  shortestWait: 7,
  longestWait: 30,
  rotationPeriod: 365,
  /** Of a page, where the request does not say. */
  keysPerPage: 100,
  aliasesPerPage: 50,
  tagsPerPage: 50,
} as const
