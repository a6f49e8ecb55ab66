import type { AskedRequest, CompiledPolicy, CompiledStatement } from './compile-policy.ts'
import { DIRECTNESS, type NamedAs } from './principals.ts'
import type { AccessRequest } from './request.ts'

export type PolicyType = 'identity' | 'resource' | 'boundary' | 'session'

/** Every policy that has a say in a request. */
export interface ApplicablePolicies {
  /** Of the user and its groups, or of the role. */
  readonly identity: readonly CompiledPolicy[]
  /** Of the resource. */
  readonly resource?: CompiledPolicy
  /** The permissions boundary of the user or role. */
  readonly boundary?: CompiledPolicy
  /** Those that a session was given when it began; absent when none were. */
  readonly session?: readonly CompiledPolicy[]
  /**
   * Without an allow of the resource's policy nothing is permitted, in its own account either: "IAM role trust policies
   * and KMS key policies are exceptions to this logic, because they must explicitly allow access for principals".
   */
  readonly resourceMustAllow?: boolean
}

export type Decision =
  | { readonly allowed: true; readonly type: PolicyType; readonly by: DecidingStatement }
  /** `by` is the statement of an explicit deny; without one, no policy of the type allows the request. */
  | { readonly allowed: false; readonly type: PolicyType; readonly by?: DecidingStatement }

export interface DecidingStatement {
  readonly policy: string
  readonly sid: string | undefined
  readonly index: number
}

/** What the policies of one type say together. */
interface Verdict {
  readonly deny?: DecidingStatement
  readonly allow?: DecidingStatement
  readonly namedAs?: NamedAs
}

/**
 * Whether a request is allowed, and which statement decided: an explicit deny anywhere wins, and without an allow
 * nothing is permitted. The account's root comes with a policy that allows everything.
 *
 * Within an account the resource's policy is enough where it names the caller. What it grants to the session or the
 * user itself, or to everyone, nothing else limits; what it grants to the role, or to the user who began a federated
 * session, the boundary and the session's policies do. Naming the account says only that the account's own policies
 * decide. Between accounts both sides must allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 *
 * @param sameAccount whether caller and resource belong to one account
 */
export function decide(policies: ApplicablePolicies, request: AccessRequest, sameAccount: boolean): Decision {
  const bounded = policies.boundary !== undefined
  const asked = ask(request, bounded)

  const identity = verdictOf(policies.identity, asked)
  if (identity.deny) return { allowed: false, type: 'identity', by: identity.deny }
  const resource = policies.resource ? verdictOf([policies.resource], asked) : SILENCE
  if (resource.deny) return { allowed: false, type: 'resource', by: resource.deny }
  const boundary = policies.boundary && verdictOf([policies.boundary], asked)
  if (boundary?.deny) return { allowed: false, type: 'boundary', by: boundary.deny }
  const session = policies.session && verdictOf(policies.session, asked)
  if (session?.deny) return { allowed: false, type: 'session', by: session.deny }

  const { namedAs } = resource
  if (!resource.allow && (!sameAccount || policies.resourceMustAllow)) {
    return { allowed: false, type: 'resource' }
  }
  const sufficient = sameAccount && namedAs !== 'account' ? resource.allow : undefined
  if (sufficient && namedAs !== 'issuer') return { allowed: true, type: 'resource', by: sufficient }
  const allow = sufficient ?? identity.allow
  if (!allow) return { allowed: false, type: 'identity' }
  if (boundary && !boundary.allow) return { allowed: false, type: 'boundary' }
  if (session ? !session.allow : request.principal?.kind === 'federated-user') {
    return { allowed: false, type: 'session' }
  }
  return { allowed: true, type: sufficient ? 'resource' : 'identity', by: allow }
}

/** For callers that have no policies of their own: services, and those that sign nothing. */
export function decideByResource(policy: CompiledPolicy | undefined, request: AccessRequest): Decision {
  const verdict = policy ? verdictOf([policy], ask(request, false)) : SILENCE
  if (verdict.deny || !verdict.allow) return { allowed: false, type: 'resource', by: verdict.deny }
  return { allowed: true, type: 'resource', by: verdict.allow }
}

/** Every statement that is about a request: for those who explain decisions, where {@link decide} stops at the first. */
export function statementsAbout(
  policy: CompiledPolicy,
  request: AccessRequest,
  bounded: boolean,
): CompiledStatement[] {
  const asked = ask(request, bounded)
  return policy.statements.filter(statement => statement.applies(asked) !== undefined)
}

const SILENCE: Verdict = {}

const ask = ({ action, resource, principal, context }: AccessRequest, bounded: boolean): AskedRequest => ({
  action,
  resource,
  principal,
  context,
  loweredAction: action.toLowerCase(),
  bounded,
})

function verdictOf(policies: readonly CompiledPolicy[], asked: AskedRequest): Verdict {
  let allow: CompiledStatement | undefined
  let by: CompiledPolicy | undefined
  let namedAs: NamedAs | undefined
  for (const policy of policies) {
    for (const statement of policy.statements) {
      const named = statement.applies(asked)
      if (named === undefined) continue
      if (statement.effect === 'Deny') return { deny: deciding(policy, statement) }
      if (namedAs === undefined || DIRECTNESS.indexOf(named) < DIRECTNESS.indexOf(namedAs)) {
        allow = statement
        by = policy
        namedAs = named
      }
    }
  }
  return allow && by ? { allow: deciding(by, allow), namedAs } : SILENCE
}

const deciding = (policy: CompiledPolicy, { sid, index }: CompiledStatement): DecidingStatement => ({
  policy: policy.name,
  sid,
  index,
})

const TYPES: Readonly<Record<PolicyType, string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

/**
 * Why a request is denied, as AWS writes it after `is not authorized to perform: ... on resource: ...`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function describeDenial({ type, by }: Decision, action: string): string {
  const policy = TYPES[type]
  if (!by) return `because no ${policy} allows the ${action} action`
  return `with an explicit deny in ${/^[aeiou]/.test(policy) ? 'an' : 'a'} ${policy}`
}
