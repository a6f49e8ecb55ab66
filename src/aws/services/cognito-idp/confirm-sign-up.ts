import { VERIFIABLE } from '../../../identity/user-pools/users/attributes.ts'
import { tryCode } from '../../../identity/user-pools/users/codes.ts'
import type { PoolUser } from '../../../identity/user-pools/users/pool-user.ts'
import type { StoredUser } from '../../../identity/user-pools/users/users.ts'
import { disabled, notAuthorized } from './refusals.ts'
import { attemptCode, changeUser, hidesUsers, type UserContext } from './user-context.ts'
import { codeRefusal, unknownToClient } from './user-refusals.ts'

interface Confirmation {
  readonly Username: string
  readonly ConfirmationCode: string
  readonly ForceAliasCreation?: boolean
}

/** The user who has proven that the code came to the right one. */
export async function confirmSignUp(
  context: UserContext,
  stored: StoredUser | undefined,
  { Username, ConfirmationCode, ForceAliasCreation }: Confirmation,
): Promise<PoolUser> {
  const { found, now } = context
  const isHidden = hidesUsers(context)
  return attemptCode(context, Username, stored, async attempt => {
    if (!stored) {
      await attempt.ended('wrong')
      throw isHidden ? codeRefusal('wrong') : unknownToClient()
    }
    if (!stored.user.enabled && !isHidden) throw disabled()
    let isRight = false
    try {
      const written = await changeUser(
        context,
        stored,
        async user => {
          const trial = await tryCode(found.pool.id, user, 'sign-up', ConfirmationCode, now)
          isRight = trial.outcome === 'right' || trial.outcome === 'used'
          if (user.status !== 'UNCONFIRMED' && (isRight || !isHidden)) {
            throw notAuthorized(`User cannot be confirmed. Current status is ${user.status}`)
          }
          if (trial.outcome !== 'right') throw codeRefusal(trial.outcome, isHidden)
          if (!user.enabled) throw disabled()
          return { ...proven(trial.user, trial.about), status: 'CONFIRMED', modified: now }
        },
        { seize: ForceAliasCreation === true },
      )
      await attempt.ended('right')
      return written.user
    } catch (error) {
      await attempt.ended(isRight ? 'untried' : 'wrong')
      throw error
    }
  })
}

/** The address that a code went to is its user's, if it is still the one that the user has. */
function proven(user: PoolUser, address: string | undefined): PoolUser {
  const attributes = { ...user.attributes }
  for (const name of VERIFIABLE) {
    if (address !== undefined && attributes[name] === address) attributes[`${name}_verified`] = 'true'
  }
  return { ...user, attributes }
}
