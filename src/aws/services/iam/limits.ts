import { MOST_ACCESS_KEYS } from '../../../identity/control/access-key-places.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. Policies are counted without whitespace. */
export const LIMITS = {
  /** Characters of a role's trust policy. */
  trustPolicy: 2_048,
  /** Characters of a managed policy. */
  managedPolicy: 6_144,
  attachedPolicies: 10,
  accessKeys: MOST_ACCESS_KEYS,
  groupsPerUser: 10,
  /** Of a managed policy. */
  policyVersions: 5,
  policies: 1_500,
  instanceProfiles: 1_000,
  providers: 100,
  clientIds: 100,
  thumbprints: 5,
  tags: 50,
  pageSize: 100,
} as const
