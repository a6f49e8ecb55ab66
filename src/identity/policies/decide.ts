import type { CompiledPolicy, CompiledStatement } from './compile-policy.ts'
import { DIRECTNESS, type NamedAs } from './principals.ts'
import type { AccessRequest } from './request.ts'

export type PolicyType = 'identity' | 'resource' | 'boundary' | 'session'

/** Every policy that has a say in a request. */
export interface ApplicablePolicies {
  readonly identity: readonly CompiledPolicy[]
  /** Of the resource. */
  readonly resource?: CompiledPolicy
  /** The permissions boundary of the user or role. */
  readonly boundary?: CompiledPolicy
  /** Those that a session was given when it began; absent when none were. */
  readonly session?: readonly CompiledPolicy[]
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
 * nothing is permitted.
 *
 * Within an account the resource's policy is enough where it names the caller. What it grants to the session or the
 * user itself nothing else limits; what it grants to the role, or to everyone, the boundary and the session's policies
 * do. Naming the account says only that the account's own policies decide. Between accounts both sides must allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 *
 * @param sameAccount whether caller and resource belong to one account
 */
export function decide(policies: ApplicablePolicies, request: AccessRequest, sameAccount: boolean): Decision {
  const identity = verdictOf(policies.identity, request)
  const resource = verdictOf(policies.resource ? [policies.resource] : [], request)
  const boundary = policies.boundary && verdictOf([policies.boundary], request)
  const session = policies.session && verdictOf(policies.session, request)

  const verdicts: [PolicyType, Verdict | undefined][] = [
    ['identity', identity],
    ['resource', resource],
    ['boundary', boundary],
    ['session', session],
  ]
  for (const [type, verdict] of verdicts) {
    if (verdict?.deny) return { allowed: false, type, by: verdict.deny }
  }

  const granted = resource.allow && resource.namedAs !== 'account' ? resource.allow : undefined
  if (sameAccount && granted && resource.namedAs === 'itself') {
    return { allowed: true, type: 'resource', by: granted }
  }
  if (!sameAccount && !resource.allow) return { allowed: false, type: 'resource' }
  const sufficient = sameAccount && granted ? granted : undefined
  const allow = sufficient ?? identity.allow
  if (!allow) return { allowed: false, type: 'identity' }
  if (boundary && !boundary.allow) return { allowed: false, type: 'boundary' }
  if (session && !session.allow) return { allowed: false, type: 'session' }
  return { allowed: true, type: sufficient ? 'resource' : 'identity', by: allow }
}

/** For callers that have no policies of their own: services, and those that sign nothing. */
export function decideByResource(policy: CompiledPolicy | undefined, request: AccessRequest): Decision {
  const verdict = verdictOf(policy ? [policy] : [], request)
  if (verdict.deny || !verdict.allow) return { allowed: false, type: 'resource', by: verdict.deny }
  return { allowed: true, type: 'resource', by: verdict.allow }
}

function verdictOf(policies: readonly CompiledPolicy[], request: AccessRequest): Verdict {
  let allow: DecidingStatement | undefined
  let namedAs: NamedAs | undefined
  for (const policy of policies) {
    for (const statement of policy.statements) {
      const named = statement.applies(request)
      if (named === undefined) continue
      if (statement.effect === 'Deny') return { deny: deciding(policy, statement) }
      if (namedAs === undefined || DIRECTNESS.indexOf(named) < DIRECTNESS.indexOf(namedAs)) {
        allow = deciding(policy, statement)
        namedAs = named
      }
    }
  }
  return { allow, namedAs }
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
