import type { Secrets } from '../../../encryption/secrets.ts'
import { randomBytes } from '../../../lib/random.ts'
import type { FoundPool } from '../find-pool.ts'
import { type PoolUser, totpPurpose } from '../users/pool-user.ts'
import { newTotpSecret } from './totp.ts'

type Software = NonNullable<NonNullable<PoolUser['mfa']>['software']>

/** A user with a secret that is to be theirs once they show a code of it, and that secret, base32. */
export async function withPendingToken(
  secrets: Secrets,
  { account, pool }: FoundPool,
  user: PoolUser,
): Promise<{ readonly user: PoolUser; readonly secret: string }> {
  const secret = newTotpSecret(randomBytes)
  const pending = await secrets.seal(account.id, totpPurpose(pool.id, user.attributes.sub!), secret)
  return { secret, user: { ...user, mfa: { enabled: [], ...user.mfa, pending } } }
}

/** The secret that a user is to show a code of, base32; undefined where there is none. */
export async function pendingToken(
  secrets: Secrets,
  { account, pool }: FoundPool,
  { attributes, mfa }: PoolUser,
): Promise<string | undefined> {
  if (!mfa?.pending) return undefined
  return secrets.open(account.id, totpPurpose(pool.id, attributes.sub!), mfa.pending)
}

/** The secret of a user's authenticator, base32; undefined for a user who has none that was verified. */
export async function verifiedToken(
  secrets: Secrets,
  { account, pool }: FoundPool,
  { attributes, mfa }: PoolUser,
): Promise<string | undefined> {
  if (!mfa?.software?.verified) return undefined
  return secrets.open(account.id, totpPurpose(pool.id, attributes.sub!), mfa.software.secret)
}

/** A user whose authenticator has shown a code. Another one that they had before is theirs no more. */
export async function withToken(
  secrets: Secrets,
  { account, pool }: FoundPool,
  user: PoolUser,
  secret: string,
  name: string | undefined,
): Promise<PoolUser> {
  const { pending: _, ...mfa } = user.mfa ?? { enabled: [] }
  const software: Software = {
    secret: await secrets.seal(account.id, totpPurpose(pool.id, user.attributes.sub!), secret),
    verified: true,
    ...(name !== undefined && { name }),
  }
  return { ...user, mfa: { ...mfa, software } }
}
