import { type Authority, type CallerPolicies, standingOf } from './authority.ts'
import { type Caller, principalArn } from './caller.ts'

/** @param region that the signature has to be for */
export type Authenticate = (request: Request, region: string) => Promise<Signer | SignatureRefusal>

interface Signer {
  readonly ok: true
  readonly identity: Caller
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

export type PoliciesOf = (caller: Caller) => CallerPolicies | Promise<CallerPolicies>

/** What limits a caller, as elsewhere. */
export const callerPolicies =
  (authority: Authority): PoliciesOf =>
  caller =>
    standingOf(authority, caller)

/** Condition keys that say who calls. */
export const callerKeys = (caller: Caller, { keys }: CallerPolicies): ConditionKeys => ({
  'aws:PrincipalArn': principalArn(caller),
  'aws:PrincipalAccount': caller.account,
  ...keys,
})

/** As `GetCallerIdentity` has it: of the root the account, of a session its role's id and its own name. */
export function userIdOf({ account }: Caller, { keys }: CallerPolicies): string {
  const id = keys?.['aws:userid']
  return typeof id === 'string' ? id : account
}
