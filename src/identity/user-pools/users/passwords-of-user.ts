import type { Secrets } from '../../../encryption/secrets.ts'
import type { FoundPool } from '../find-pool.ts'
import { PASSWORD_POLICY } from '../pool-defaults.ts'
import { checkPassword, hashPassword } from './password-hash.ts'
import { type PoolUser, passwordPurpose, type StoredPassword } from './pool-user.ts'

const DAY = 86_400_000

/** As {@link withPassword} keeps passwords. */
interface NewPassword {
  readonly password: string
  /** Of one that a user has to change: until when it may be used. */
  readonly temporaryUntil?: number | undefined
}

/** A user with another password. Slow on purpose: some 30 ms and more. */
export async function withPassword(
  secrets: Secrets,
  { account, pool }: FoundPool,
  user: PoolUser,
  { password, temporaryUntil }: NewPassword,
  now: number,
): Promise<PoolUser> {
  const stored = await hashPassword(pool.id, user.username, password)
  const purpose = passwordPurpose(pool.id, user.attributes.sub!)
  const sealed = await secrets.seal(account.id, purpose, JSON.stringify(stored))
  return { ...user, password: { sealed, temporaryUntil, set: now }, modified: now }
}

/** What is kept of a user's password; undefined for one who has none. */
export async function storedPassword(
  secrets: Secrets,
  { account, pool }: FoundPool,
  { password, attributes }: PoolUser,
): Promise<StoredPassword | undefined> {
  if (!password) return undefined
  const purpose = passwordPurpose(pool.id, attributes.sub!)
  return JSON.parse(await secrets.open(account.id, purpose, password.sealed)) as StoredPassword
}

/** Whether it is a user's password; never that of a user who has none. Slow as {@link withPassword}. */
export async function isPassword(
  secrets: Secrets,
  found: FoundPool,
  user: PoolUser,
  password: string,
): Promise<boolean> {
  const stored = await storedPassword(secrets, found, user)
  return stored !== undefined && checkPassword(stored, password)
}

/** Until when a temporary password that is given now may be used. */
export function temporaryUntil({ doc }: FoundPool['pool'], now: number): number {
  const { Policies, AdminCreateUserConfig } = doc.settings
  const days =
    Policies?.PasswordPolicy?.TemporaryPasswordValidityDays ||
    AdminCreateUserConfig?.UnusedAccountValidityDays ||
    PASSWORD_POLICY.TemporaryPasswordValidityDays
  return now + days * DAY
}
