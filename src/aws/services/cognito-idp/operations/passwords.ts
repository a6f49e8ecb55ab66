import { undeliverable } from '../../../../identity/user-pools/messages/messenger.ts'
import { attempting } from '../../../../identity/user-pools/sign-in/attempts-guard.ts'
import { flagOf } from '../../../../identity/user-pools/triggers.ts'
import { tryCode } from '../../../../identity/user-pools/users/codes.ts'
import { MIGRATION_RESPONSE, migratedUser } from '../../../../identity/user-pools/users/migrated-user.ts'
import { isPassword, withPassword } from '../../../../identity/user-pools/users/passwords-of-user.ts'
import type { StoredUser } from '../../../../identity/user-pools/users/users.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import type { CognitoHandlers } from '../context.ts'
import { checkPassword } from '../new-users.ts'
import type { CognitoParts } from '../parts.ts'
import { disabled, notAuthorized, wrongCredentials } from '../refusals.ts'
import { recoverable, sendResetCode } from '../reset-code.ts'
import {
  asClient,
  asUser,
  attemptCode,
  changeUser,
  hidesUsers,
  tellConfirmed,
  trigger,
  type UserContext,
} from '../user-context.ts'
import { detailsOf, limitSending, MEDIUM_OF, recoveryAttributes, unseen } from '../user-messages.ts'
import { codeRefusal, hiddenDetails, unknownToClient } from '../user-refusals.ts'

export const passwordOperations = (parts: CognitoParts) =>
  ({
    async ForgotPassword(input, call) {
      const { context, stored: known } = await asClient(parts, call, input)
      const isHidden = hidesUsers(context)
      const attributes = recoveryAttributes(context.found)
      if (attributes.length === 0) throw notAuthorized('Contact administrator to reset password.')
      requireAnyMessenger(context)
      await limitSending(context, input.Username, known)
      const stored = known ?? (await migrated(context, input.Username))
      const addressee = stored ? recoverable(context, stored) : { fault: unknownToClient() }
      const send = async () => {
        if (stored && 'address' in addressee) await sendResetCode(context, stored, addressee, input.Username)
      }
      if (isHidden) {
        const details = await hiddenDetails(context, input.Username, stored, attributes)
        await unseen(context, send)
        return { CodeDeliveryDetails: details }
      }
      if ('fault' in addressee) throw addressee.fault
      await send()
      return { CodeDeliveryDetails: detailsOf(addressee) }
    },

    async ConfirmForgotPassword(input, call) {
      const { context, stored } = await asClient(parts, call, input)
      const { found, now } = context
      const isHidden = hidesUsers(context)
      checkPassword(context, input.Password)
      const user = await attemptCode(context, input.Username, stored, async attempt => {
        if (!stored || (!stored.user.enabled && isHidden)) {
          await attempt.ended('wrong')
          throw isHidden ? codeRefusal('wrong') : unknownToClient()
        }
        if (!stored.user.enabled) throw disabled()
        const trial = await tryCode(found.pool.id, stored.user, 'reset', input.ConfirmationCode, now)
        if (trial.outcome !== 'right') {
          await attempt.ended('wrong')
          throw codeRefusal(trial.outcome, isHidden)
        }
        const changed = await withPassword(
          call.platform.secrets,
          found,
          trial.user,
          { password: input.Password },
          now,
        )
        const written = await changeUser(context, stored, async before => {
          // The code must still be the one that was tried, whatever else has changed meanwhile.
          const again = await tryCode(found.pool.id, before, 'reset', input.ConfirmationCode, now)
          if (again.outcome !== 'right') throw codeRefusal(again.outcome, isHidden)
          return { ...again.user, password: changed.password, status: 'CONFIRMED', modified: now }
        })
        await attempt.ended('right')
        return written.user
      })
      await tellConfirmed(context, user, 'PostConfirmation_ConfirmForgotPassword')
      return {}
    },

    async ChangePassword(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      const { found, now } = context
      const { secrets } = call.platform
      checkPassword(context, input.ProposedPassword)
      const at = {
        pool: found.pool.id,
        what: 'password' as const,
        user: stored.key,
        address: call.sourceIp,
      }
      await attempting(call.platform.env, at, async attempt => {
        const { password } = stored.user
        const isRight =
          password === undefined ||
          (input.PreviousPassword !== undefined &&
            (await isPassword(secrets, found, stored.user, input.PreviousPassword)))
        await attempt.ended(isRight ? 'right' : 'wrong')
        if (!isRight) throw wrongCredentials()
      })
      const changed = await withPassword(
        secrets,
        found,
        stored.user,
        { password: input.ProposedPassword },
        now,
      )
      await changeUser(context, stored, before => {
        // Somebody else may have changed it since it was checked.
        if (before.password?.sealed.data !== stored.user.password?.sealed.data) throw wrongCredentials()
        return { ...before, password: changed.password, modified: now }
      })
      return {}
    },
  }) satisfies CognitoHandlers

/** A user whom the pool's function knows from elsewhere is one of the pool's from now on. */
async function migrated(context: UserContext, name: string): Promise<StoredUser | undefined> {
  const { found, users, now, clientMetadata } = context
  const response = await trigger(context, 'UserMigration', {
    source: 'UserMigration_ForgotPassword',
    userName: name,
    request: { validationData: null, clientMetadata: clientMetadata ?? null },
    response: MIGRATION_RESPONSE,
  }).catch(error => {
    // It is asked about those alone who are not here: what it says of them would tell that.
    if (error instanceof Refusal && error.code === 'UserLambdaValidationException') return undefined
    throw error
  })
  const user = response && migratedUser(found.pool.doc, response, name, now)
  if (!user) return undefined
  const created = await users.create(user, { seize: flagOf(response, 'forceAliasCreation') })
  // Somebody else may have been faster, or the function may vouch for somebody who is here under another name.
  return 'taken' in created ? users.find(name) : created
}

/** Whoever asks is told alike that no message can be sent, whether there is such a user or not. */
function requireAnyMessenger({ parts, found }: UserContext): void {
  const media = recoveryAttributes(found).map(attribute => MEDIUM_OF[attribute])
  const [first] = media
  if (first && !media.some(medium => parts.messenger.canSend(found, medium))) throw undeliverable(first)
}
