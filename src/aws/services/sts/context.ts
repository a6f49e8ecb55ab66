import type { Credentials, STS } from '@aws-sdk/client-sts'
import type { Authority } from '../../../identity/authority.ts'
import { issueSession } from '../../../identity/issue-session.ts'
import type { VerifyIssuedToken } from '../../../identity/tokens/verify-issued-token.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Handlers } from '../../wire/service.ts'
import type { FindIdentityProvider } from './identity-provider.ts'

export type StsHandlers = Handlers<STS, Platform>

/** What STS's operations reach beyond the control plane through. */
export interface StsPorts {
  readonly authority: Authority
  readonly findProvider: FindIdentityProvider
  readonly verifyToken: VerifyIssuedToken
  /** Whether an account's root may assume roles. At AWS it may not; on a laptop everybody calls as it. */
  readonly rootMayAssume: boolean
}

type Session = Parameters<typeof issueSession>[1]

/** Begins a session of so many seconds. */
export async function credentialsFor(
  { platform }: Call<Platform>,
  session: Session,
  seconds: number,
): Promise<Credentials> {
  const issued = await issueSession(platform.secrets, session, platform.clock(), seconds)
  return {
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    SessionToken: issued.sessionToken,
    Expiration: new Date(issued.expires),
  }
}

export const validationError = (message: string): Refusal => new Refusal('ValidationError', message)

export const accessDenied = (message: string): Refusal => new Refusal('AccessDenied', message)

/** Nobody has a second factor here that could be asked for. */
export function refuseSecondFactor(input: {
  readonly SerialNumber?: string
  readonly TokenCode?: string
}): void {
  if (input.SerialNumber === undefined && input.TokenCode === undefined) return
  throw accessDenied(
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
  )
}
