import { type RoleAuthority, standingOf } from './decide-for-role.ts'
import { compilePolicy } from './policies/compile-policy.ts'
import type { ApplicablePolicies } from './policies/decide.ts'
import type { Principal } from './policies/request.ts'

/** Who signed a request of an API or a function URL. */
export interface SignedCaller {
  readonly accessKeyId: string
  readonly account: string
  readonly arn: string
  /** ARN of the role whose session this is; absent: the account's root. */
  readonly role?: string
  /** Condition keys of the session. */
  readonly session?: Readonly<Record<string, string | readonly string[]>>
}

/** @param region that the signature has to be for */
export type Authenticate = (request: Request, region: string) => Promise<Signer | SignatureRefusal>

interface Signer {
  readonly ok: true
  readonly identity: SignedCaller
  /** Until then nothing is known of the caller for certain. */
  verifyBody(body: Uint8Array): Promise<SignatureRefusal | undefined>
}

export interface SignatureRefusal {
  readonly ok: false
  readonly reason: string
  readonly status: number
  readonly code: string
  readonly message: string
}

type ConditionKeys = Readonly<Record<string, string | readonly string[] | undefined>>

/** What limits a caller, apart from the policy of what is called. */
export interface CallerPolicies extends Pick<ApplicablePolicies, 'identity' | 'boundary' | 'session'> {
  /** Condition keys that say who calls, beside ARN and account. */
  readonly keys?: ConditionKeys
}

export type PoliciesOf = (caller: SignedCaller) => CallerPolicies | Promise<CallerPolicies>

const onEverything = (name: string, Effect: 'Allow' | 'Deny'): CallerPolicies => ({
  identity: [
    compilePolicy(
      name,
      { Version: '2012-10-17', Statement: { Effect, Action: '*', Resource: '*' } },
      'identity',
    ),
  ],
})

/** Of an account's root, which may do everything. */
export const ROOT_POLICIES: CallerPolicies = onEverything('root', 'Allow')

/** Of a role that may not be acted in. */
const NO_ROLE: CallerPolicies = onEverything('no role', 'Deny')

/** What limits a caller, as elsewhere: see `standingOf`. */
export const callerPolicies =
  (authority: RoleAuthority): PoliciesOf =>
  async caller => {
    const { role } = caller
    if (role === undefined) return ROOT_POLICIES
    const standing = await standingOf(authority, { ...caller, role })
    if (standing.kind !== 'limited') return standing.kind === 'everything' ? ROOT_POLICIES : NO_ROLE
    const { identity, boundary } = standing.permissions
    return { identity, boundary, keys: standing.keys }
  }

/** The caller as resource policies name one. */
export const principalOf = ({ account, arn, role }: SignedCaller): Principal =>
  role === undefined ? { kind: 'root', account } : { kind: 'session', account, arn, role }

/** Condition keys that say who calls. */
export const callerKeys = (caller: SignedCaller, { keys }: CallerPolicies): ConditionKeys => ({
  'aws:PrincipalArn': caller.role ?? caller.arn,
  'aws:PrincipalAccount': caller.account,
  ...keys,
})
