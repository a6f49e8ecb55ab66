/**
 * The rows of AWS's flow charts of policy evaluation, each a question with one of its answers.
 *
 * - within an account, for a role's session and for a user:
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 * - the same in words, with federated users:
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * - between accounts:
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 *
 * Weir has no organizations: of the rows that ask for their policies only "there is none" can be.
 */
export const CHART_ROWS = [
  'role: a policy denies explicitly',
  'role: no policy denies explicitly',
  'role: there is no resource control policy',
  'role: there is no service control policy',
  'role: the resource’s policy allows the session',
  'role: the resource’s policy allows the role',
  'role: the resource’s policy allows nothing',
  'role: no identity-based policy allows',
  'role: an identity-based policy allows',
  'role: there is no permissions boundary',
  'role: the permissions boundary allows',
  'role: the permissions boundary does not allow',
  'role: there is no session policy',
  'role: a session policy allows',
  'role: no session policy allows',
  'user: a policy denies explicitly',
  'user: no policy denies explicitly',
  'user: there is no resource control policy',
  'user: there is no service control policy',
  'user: the resource’s policy allows the user',
  'user: the resource’s policy allows nothing',
  'user: no identity-based policy allows',
  'user: an identity-based policy allows',
  'user: there is no permissions boundary',
  'user: the permissions boundary allows',
  'user: the permissions boundary does not allow',
  'user: it is no session',
  'federated user: a policy denies explicitly',
  'federated user: the resource’s policy allows the session',
  'federated user: the resource’s policy allows the user',
  'federated user: no identity-based policy allows',
  'federated user: the permissions boundary does not allow',
  'federated user: there is no session policy',
  'federated user: a session policy allows',
  'federated user: no session policy allows',
  'root: it has full access',
  'between accounts: a policy of the caller’s denies explicitly',
  'between accounts: the resource’s policy denies explicitly',
  'between accounts: there is no resource control policy',
  'between accounts: there is no service control policy',
  'between accounts: both sides allow',
  'between accounts: only the caller’s side allows',
  'between accounts: only the resource’s side allows',
  'between accounts: neither side allows',
  'between accounts: the permissions boundary does not allow',
  'between accounts: no session policy allows',
  'evaluation fails',
] as const

export type ChartRow = (typeof CHART_ROWS)[number]
