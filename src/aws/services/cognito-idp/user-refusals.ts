import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import {
  type Attributes,
  isVerified,
  type Verifiable,
} from '../../../identity/user-pools/users/attributes.ts'
import type { CodeTrial } from '../../../identity/user-pools/users/codes.ts'
import { madeUpAddresses } from '../../../identity/user-pools/users/made-up-users.ts'
import type { StoredUser } from '../../../identity/user-pools/users/users.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { UserContext } from './user-context.ts'
import { detailsOf } from './user-messages.ts'

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

/**
 * Where a code would go to, whether it does or not: by the first of the attributes that a user has, verified ones
 * before others.
 */
function likelyDetails(
  attributes: Attributes,
  wanted: readonly Verifiable[],
): CodeDeliveryDetailsType | undefined {
  const having = wanted.filter(name => attributes[name])
  const attribute = having.find(name => isVerified(attributes, name)) ?? having[0]
  return attribute && detailsOf({ attribute, address: attributes[attribute]! })
}

/**
 * What is answered where nobody may learn whether there is a user: the same for each operation, and made up, in the same
 * time, where there is none.
 */
export async function hiddenDetails(
  { call, found }: UserContext,
  name: string,
  stored: StoredUser | undefined,
  wanted: readonly Verifiable[],
): Promise<CodeDeliveryDetailsType> {
  const madeUp = await madeUpAddresses(call.platform.secrets, found, name, wanted)
  const details = (stored && likelyDetails(stored.user.attributes, wanted)) ?? likelyDetails(madeUp, wanted)
  if (!details) throw new Error('codes are sent by no means at all')
  return details
}
