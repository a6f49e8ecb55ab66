import type { PoolUser } from '../../../identity/user-pools/users/pool-user.ts'
import type { StoredUser } from '../../../identity/user-pools/users/users.ts'
import { disabled, invalidParameter, notAuthorized } from './refusals.ts'
import type { UserContext } from './user-context.ts'
import { type Addressee, recoveryAddress, sendNewCode } from './user-messages.ts'

/** Where a code to recover the account may go, or why none is sent. */
export function recoverable(
  context: UserContext,
  { user }: StoredUser,
): Addressee | { readonly fault: Error } {
  if (!user.enabled) return { fault: disabled() }
  if (user.status === 'FORCE_CHANGE_PASSWORD') {
    return { fault: notAuthorized('User password cannot be reset in the current state.') }
  }
  return (
    recoveryAddress(context, user) ?? {
      fault: invalidParameter(
        'Cannot reset password for the user as there is no registered/verified email or phone_number',
      ),
    }
  )
}

/** @param edit what else becomes of the user */
export const sendResetCode = (
  context: UserContext,
  stored: StoredUser,
  addressee: Addressee,
  username: string,
  edit?: (user: PoolUser) => PoolUser,
): Promise<void> =>
  sendNewCode(context, stored, addressee, {
    kind: 'reset',
    purpose: 'reset',
    username,
    ...(edit && { edit }),
  })
