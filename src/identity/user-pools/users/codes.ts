import { toBase64 } from '../../../lib/base64.ts'
import { sha256 } from '../../../lib/hash.ts'
import type { PoolUser, SentCode } from './pool-user.ts'

const HOUR = 3_600_000

/**
 * How long a code may be used.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html#limits-hard
 */
const VALIDITY: Readonly<Record<CodeKind, number>> = {
  'sign-up': 24 * HOUR,
  reset: HOUR,
  attribute: 24 * HOUR,
}

type CodeKind = 'sign-up' | 'reset' | 'attribute'

/** What a code is for: it is worth nothing for anything else. */
export type CodePurpose = 'sign-up' | 'reset' | 'attribute email' | 'attribute phone_number'

/**
 * Six digits.
 *
 * @param below uniform integers in [0, n), that nobody can foretell
 */
export const newCode = (below: (n: number) => number): string => String(below(1_000_000)).padStart(6, '0')

/** A user with a new code. */
export interface IssuedCode {
  /** Six digits, to be sent and forgotten. */
  readonly code: string
  readonly user: PoolUser
}

/**
 * @param below uniform integers in [0, n), that nobody can foretell
 * @param now milliseconds since the epoch
 * @param about the address that is proven by it
 */
export async function issueCode(
  pool: string,
  user: PoolUser,
  purpose: CodePurpose,
  { below, now, about }: { below: (n: number) => number; now: number; about?: string | undefined },
): Promise<IssuedCode> {
  const code = newCode(below)
  const issued: SentCode = {
    hash: await hashOf(pool, user, purpose, code),
    expires: now + VALIDITY[purpose.split(' ')[0] as CodeKind],
    about,
  }
  return { code, user: { ...user, codes: { ...user.codes, [purpose]: issued } } }
}

/** `used`: it is the right one, and served already. Who has the right one is told that it is over; others are not. */
export type CodeTrial =
  | { readonly outcome: 'right'; readonly about: string | undefined; readonly user: PoolUser }
  | { readonly outcome: 'wrong' | 'expired' | 'used' | 'none' }

/**
 * Whether a code is the one that was sent last for a purpose. The user that it makes, for whom the code is used up, has
 * to be written on condition that it was still the same before. Tries are for others to count.
 */
export async function tryCode(
  pool: string,
  user: PoolUser,
  purpose: CodePurpose,
  code: string,
  now: number,
): Promise<CodeTrial> {
  const known = user.codes?.[purpose]
  if (!known) return { outcome: 'none' }
  if (known.hash !== (await hashOf(pool, user, purpose, code))) return { outcome: 'wrong' }
  if (known.used) return { outcome: 'used' }
  if (now > known.expires) return { outcome: 'expired' }
  const codes = { ...user.codes, [purpose]: { ...known, used: true } }
  return { outcome: 'right', about: known.about, user: { ...user, codes } }
}

const hashOf = async (pool: string, { attributes }: PoolUser, purpose: CodePurpose, code: string) =>
  toBase64(await sha256(JSON.stringify([pool, attributes.sub, purpose, code])))
