import type { UserStatusType } from '@aws-sdk/client-cognito-identity-provider'
import type { Sealed } from '../../../encryption/secrets.ts'

/** A user of a user pool, as it is kept. Times are milliseconds since the epoch. */
export interface PoolUser {
  /** As clients spell it: a name, or in pools whose users sign in with an address, the `sub`. */
  readonly username: string
  /** With `sub`, `email_verified` and the like; values are texts, as AWS has them. */
  readonly attributes: Readonly<Record<string, string>>
  readonly status: UserStatusType
  readonly enabled: boolean
  readonly created: number
  readonly modified: number
  /** Absent for a user who has none (yet). */
  readonly password?: UserPassword
  readonly codes?: Readonly<Record<string, SentCode>>
  readonly mfa?: UserMfa
}

export interface UserPassword {
  /** JSON of a `StoredPassword`, sealed for the purpose {@link passwordPurpose}. */
  readonly sealed: Sealed
  /** Of a temporary one: until when it may be used. */
  readonly temporaryUntil?: number
  readonly set: number
}

/** What passwords are checked against. Neither tells the password. */
export interface StoredPassword {
  /** Of the slow hash, and its parameters: `pbkdf2-sha256$100000$<salt>$<hash>` in base64. */
  readonly hash: string
  /** Of SRP (RFC 5054): salt and verifier, hexadecimal. */
  readonly salt: string
  readonly verifier: string
}

/** A code that was sent to a user; by what it is for: `sign-up`, `reset`, `attribute email`. */
export interface SentCode {
  /** Base64 of the SHA-256 of pool, user, purpose and code. */
  readonly hash: string
  readonly expires: number
  /** What it proves: the address that it was sent to. */
  readonly about?: string
  /** It has served, and does so no more. */
  readonly used?: boolean
}

export interface UserMfa {
  /** Of TOTP: base32, sealed for the purpose {@link totpPurpose}. */
  readonly software?: { readonly secret: Sealed; readonly verified: boolean; readonly name?: string }
  /** One that is to take its place once the user has shown a code of it. */
  readonly pending?: Sealed
  readonly enabled: readonly ('SOFTWARE_TOKEN_MFA' | 'SMS_MFA' | 'EMAIL_OTP')[]
  readonly preferred?: 'SOFTWARE_TOKEN_MFA' | 'SMS_MFA' | 'EMAIL_OTP'
}

export const passwordPurpose = (pool: string, sub: string): string => `user pool password ${pool} ${sub}`
export const totpPurpose = (pool: string, sub: string): string => `user pool totp ${pool} ${sub}`
