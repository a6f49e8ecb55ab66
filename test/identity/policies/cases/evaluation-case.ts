import type { PolicyType } from '../../../../src/identity/policies/decide.ts'
import type { ConditionBlock, StatementDocument } from '../../../../src/identity/policies/policy-document.ts'
import type { Principal } from '../../../../src/identity/policies/request.ts'
import type { Values } from '../policy.ts'
import type { ChartRow } from './flow-charts.ts'

/** One row of the table: what AWS's documentation says of a request, and where it says so. */
export interface EvaluationCase {
  readonly name: string
  /** Of the page that has the rule. */
  readonly source: string
  /** The rows of the documentation's flow charts that it is an example of. */
  readonly chart?: readonly ChartRow[]
  readonly policies: CasePolicies
  readonly request: CaseRequest
  readonly expected: Expected
}

/** Statements of one policy, or several policies of them. */
export interface CasePolicies {
  readonly identity?: readonly StatementDocument[]
  readonly resource?: readonly StatementDocument[]
  readonly boundary?: readonly StatementDocument[]
  readonly session?: readonly StatementDocument[]
  readonly resourceMustAllow?: boolean
  /** Of the policies; today's where it is left out, and none where it is empty. */
  readonly version?: string
}

export interface CaseRequest {
  readonly principal: Principal
  readonly action: string
  readonly resource: string
  /** The account that the resource belongs to; the caller's where it is left out. */
  readonly owner?: string
  readonly context?: Values
}

/** The decision, the type of the policy that it comes from, and the `Sid` of the statement, unless it is implicit. */
export type Expected =
  | readonly ['allowed', PolicyType, sid: string]
  | readonly ['explicitly denied', PolicyType, sid: string]
  | readonly ['implicitly denied', PolicyType]

const GUIDE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide'

/** The pages that the rows are written from. */
export const SOURCES = {
  evaluation: `${GUIDE}/reference_policies_evaluation-logic_policy-eval-denyallow.html`,
  singleAccount: `${GUIDE}/reference_policies_evaluation-logic_policy-eval-basics.html`,
  crossAccount: `${GUIDE}/reference_policies_evaluation-logic-cross-account.html`,
  interplay: `${GUIDE}/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html`,
  boundaries: `${GUIDE}/access_policies_boundaries.html`,
  policyTypes: `${GUIDE}/access_policies.html`,
  action: `${GUIDE}/reference_policies_elements_action.html`,
  notAction: `${GUIDE}/reference_policies_elements_notaction.html`,
  resource: `${GUIDE}/reference_policies_elements_resource.html`,
  notResource: `${GUIDE}/reference_policies_elements_notresource.html`,
  principal: `${GUIDE}/reference_policies_elements_principal.html`,
  notPrincipal: `${GUIDE}/reference_policies_elements_notprincipal.html`,
  condition: `${GUIDE}/reference_policies_elements_condition.html`,
  operators: `${GUIDE}/reference_policies_elements_condition_operators.html`,
  severalValues: `${GUIDE}/reference_policies_multi-value-conditions.html`,
  sets: `${GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html`,
  variables: `${GUIDE}/reference_policies_variables.html`,
  version: `${GUIDE}/reference_policies_elements_version.html`,
  effect: `${GUIDE}/reference_policies_elements_effect.html`,
} as const

export const ACCOUNT = '111122223333'
export const OTHER_ACCOUNT = '444455556666'
export const BUCKET = 'arn:aws:s3:::amzn-s3-demo-bucket'
export const OBJECT = `${BUCKET}/file.txt`
export const ROOT_ARN = `arn:aws:iam::${ACCOUNT}:root`
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/examplerole`
export const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/examplerole/examplerolesessionname`
export const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/exampleuser`
export const FEDERATED_ARN = `arn:aws:sts::${ACCOUNT}:federated-user/exampleuser`

export const ROOT: Principal = { kind: 'root', account: ACCOUNT }
export const USER: Principal = { kind: 'user', account: ACCOUNT, arn: USER_ARN }
export const SESSION: Principal = { kind: 'session', account: ACCOUNT, arn: SESSION_ARN, role: ROLE_ARN }
export const FEDERATED_USER: Principal = {
  kind: 'federated-user',
  account: ACCOUNT,
  arn: FEDERATED_ARN,
  user: USER_ARN,
}
export const ANYBODY: Principal = { kind: 'anonymous' }
export const SERVICE: Principal = { kind: 'service', name: 'sns.amazonaws.com' }
export const WEB_IDENTITY: Principal = { kind: 'federated', provider: 'accounts.google.com' }

export const GET: CaseRequest = { principal: USER, action: 's3:GetObject', resource: OBJECT }

/** A statement that allows everything, unless it is said otherwise. */
export const allowing = (Sid: string, more: Partial<StatementDocument> = {}): StatementDocument => ({
  Sid,
  Effect: 'Allow',
  ...('NotAction' in more ? {} : { Action: '*' }),
  ...('NotResource' in more ? {} : { Resource: '*' }),
  ...more,
})

export const denying = (Sid: string, more: Partial<StatementDocument> = {}): StatementDocument => ({
  ...allowing(Sid, more),
  Effect: 'Deny',
})

/** What a user asks whose only policy is one statement. */
export const ofOneStatement =
  (source: string) =>
  (
    name: string,
    statement: StatementDocument,
    request: Partial<CaseRequest>,
    isAbout: boolean,
  ): EvaluationCase => ({
    name,
    source,
    // A denial is seen against a background that allows everything.
    policies: { identity: statement.Effect === 'Deny' ? [allowing('All'), statement] : [statement] },
    request: { ...GET, ...request },
    expected:
      statement.Effect === 'Deny'
        ? isAbout
          ? ['explicitly denied', 'identity', statement.Sid!]
          : ['allowed', 'identity', 'All']
        : isAbout
          ? ['allowed', 'identity', statement.Sid!]
          : ['implicitly denied', 'identity'],
  })

/** Whether a condition holds, as a user sees it whom only a statement with it allows something. */
export const ofCondition =
  (source: string) =>
  (name: string, Condition: ConditionBlock, context: Values, holds: boolean): EvaluationCase =>
    ofOneStatement(source)(name, allowing('Conditional', { Condition }), { context }, holds)
