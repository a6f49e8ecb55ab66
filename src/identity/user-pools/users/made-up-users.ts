import type { Secrets } from '../../../encryption/secrets.ts'
import { hex } from '../../../lib/hash.ts'
import { randomBytes } from '../../../lib/random.ts'
import type { FoundPool } from '../find-pool.ts'
import { type Attributes, isEmail, isPhone, type Verifiable } from './attributes.ts'
import { nameKeyOf } from './names-of-user.ts'

const LETTERS = 'abcdefghijklmnoprstw'

/** Of 256 users, how many have a telephone beside an address. */
const WITH_TELEPHONE = 64

/**
 * The addresses of a user that there is not: always the same for a name, and nothing that anybody could work out who has
 * not the account's keys.
 *
 * @param wanted those that may be asked for
 */
export async function madeUpAddresses(
  secrets: Secrets,
  { account, pool }: FoundPool,
  name: string,
  wanted: readonly Verifiable[],
): Promise<Attributes> {
  const purpose = 'addresses of users who do not exist'
  const mark = await secrets.mark(account.id, purpose, markedName(pool, name))
  const [local = 0, domain = 0, high = 0, low = 0, telephone = 0] = mark
  const letter = (drawn: number) => LETTERS[drawn % LETTERS.length]
  const digits = String((high * 256 + low) % 10_000).padStart(4, '0')
  const hasPhone = isPhone(name) || telephone < WITH_TELEPHONE || !wanted.includes('email')
  return {
    email: isEmail(name) ? name : `${letter(local)}@${letter(domain)}.example`,
    email_verified: 'true',
    ...(hasPhone && {
      phone_number: isPhone(name) ? name : `+1555${digits}`,
      phone_number_verified: 'true',
    }),
  }
}

/**
 * What a user who does not exist would have. Salt and name are the same at each try, as a real user's are, and
 * whoever has not the account's keys cannot tell them from a real user's. The verifier shows in nothing that is answered.
 */
export async function madeUpUser(
  secrets: Secrets,
  { account, pool }: FoundPool,
  name: string,
): Promise<{ readonly username: string; readonly salt: string; readonly verifier: string }> {
  const { settings } = pool.doc
  const mac = await secrets.mark(account.id, 'users who do not exist', markedName(pool, name))
  const { UsernameAttributes = [], AliasAttributes = [] } = settings
  // Of other names a pool lets users have what looks like an address.
  const isAlias =
    UsernameAttributes.length > 0 ||
    (AliasAttributes.includes('email') && isEmail(name)) ||
    (AliasAttributes.includes('phone_number') && isPhone(name))
  return {
    // Always spelled alike, as a user's is: not as it was asked for.
    username: isAlias ? uuidOf(mac.subarray(16)) : nameKeyOf(pool.doc, name),
    salt: hex(mac.subarray(0, 16)),
    verifier: hex(randomBytes(383)),
  }
}

/** Version 4: RFC 9562, section 5.4. */
function uuidOf(bytes: Uint8Array): string {
  const digits = [...hex(bytes.subarray(0, 16))]
  digits[12] = '4'
  digits[16] = '89ab'[Number.parseInt(digits[16]!, 16) & 3]!
  const text = digits.join('')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  )
}

const markedName = (pool: FoundPool['pool'], name: string): string =>
  `${pool.id}\n${nameKeyOf(pool.doc, name)}`
