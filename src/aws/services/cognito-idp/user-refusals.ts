import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import { isEmail, isPhone, type Verifiable } from '../../../identity/user-pools/attributes.ts'
import type { CodeTrial } from '../../../identity/user-pools/codes.ts'
import { nameKeyOf } from '../../../identity/user-pools/users-names.ts'
import { sha256 } from '../../../lib/hash.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { detailsOf, type UserContext } from './user-context.ts'

/** As clients are told of users that there are not, where they may know. */
export const unknownToClient = (): Refusal =>
  new Refusal('UserNotFoundException', 'Username/client id combination not found.')

/**
 * Why a code is not taken. That none was sent, or that it is over, is a user's own to know: where nobody may learn of
 * users, only somebody with the right code hears it.
 */
export function codeRefusal(outcome: Exclude<CodeTrial['outcome'], 'right'>, isHidden = false): Refusal {
  if (outcome === 'wrong' || (outcome === 'none' && isHidden)) {
    return new Refusal('CodeMismatchException', 'Invalid verification code provided, please try again.')
  }
  return new Refusal('ExpiredCodeException', 'Invalid code provided, please request a code again.')
}

const LETTERS = 'abcdefghijklmnoprstw'

/**
 * Where a code would have gone to, of a user that there is not: always the same for a name, and nothing that anybody
 * could work out without the pool's secrets.
 */
export async function pretendedDetails(
  { found }: UserContext,
  name: string,
  attributes: readonly Verifiable[],
): Promise<CodeDeliveryDetailsType> {
  const { doc } = found.pool
  if (isEmail(name) && attributes.includes('email')) return detailsOf({ attribute: 'email', address: name })
  if (isPhone(name) && attributes.includes('phone_number'))
    return detailsOf({ attribute: 'phone_number', address: name })
  const secret = doc.keys.at(-1)?.private.data ?? ''
  const [one = 0, two = 0, three = 0] = await sha256(`${secret}\n${nameKeyOf(doc, name)}`)
  // Most users have an address, and few only a telephone.
  const attribute = attributes.includes('email') ? 'email' : 'phone_number'
  if (attribute === 'phone_number') {
    const digits = String((one * 65_536 + two * 256 + three) % 10_000).padStart(4, '0')
    return detailsOf({ attribute, address: `+1555${digits}` })
  }
  const [local, domain] = [LETTERS[one % LETTERS.length], LETTERS[two % LETTERS.length]]
  return detailsOf({ attribute, address: `${local}@${domain}.example` })
}
