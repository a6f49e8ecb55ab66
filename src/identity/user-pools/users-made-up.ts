import type { Secrets } from '../../encryption/secrets.ts'
import { type Attributes, isEmail, isPhone, type Verifiable } from './attributes.ts'
import type { FoundPool } from './find-pool.ts'
import { nameKeyOf } from './users-names.ts'

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
  const text = `${pool.id}\n${nameKeyOf(pool.doc, name)}`
  const mark = await secrets.mark(account.id, 'addresses of users who do not exist', text)
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
