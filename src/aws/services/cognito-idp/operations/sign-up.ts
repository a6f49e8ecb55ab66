import { flagOf } from '../../../../identity/user-pools/triggers.ts'
import {
  changedAttributes,
  checkAttributes,
  requireAttributes,
  withoutEmpty,
} from '../../../../identity/user-pools/users/attributes.ts'
import { nameUser } from '../../../../identity/user-pools/users/name-rules.ts'
import { withPassword } from '../../../../identity/user-pools/users/passwords-of-user.ts'
import type { PoolUser } from '../../../../identity/user-pools/users/pool-user.ts'
import { confirmSignUp } from '../confirm-sign-up.ts'
import { type CognitoHandlers, change } from '../context.ts'
import { checkPassword, dataOf, takenBy, verifiedBy, withoutSub } from '../new-users.ts'
import type { CognitoParts } from '../parts.ts'
import { disabled, invalidParameter, notAuthorized } from '../refusals.ts'
import { asClient, hidesUsers, tellConfirmed, trigger } from '../user-context.ts'
import {
  addressToVerify,
  detailsOf,
  limitSending,
  limitSendingTo,
  requireMessenger,
  sendMessage,
  sendNewCode,
  unseen,
  withCode,
} from '../user-messages.ts'
import { hiddenDetails, unknownToClient } from '../user-refusals.ts'

export const signUpOperations = (parts: CognitoParts) =>
  ({
    async SignUp(input, call) {
      const { context, stored } = await asClient(parts, call, input)
      const { found, now, client } = context
      const { doc: pool } = found.pool
      if (pool.settings.AdminCreateUserConfig?.AllowAdminCreateUserOnly) {
        throw notAuthorized('SignUp is not permitted for this user pool')
      }
      const sub = crypto.randomUUID()
      const given = checkAttributes(pool, input.UserAttributes ?? [], { client: client.doc.settings })
      const named = nameUser(pool.settings, input.Username, withoutEmpty(given), sub)
      requireAttributes(pool, named.attributes)
      if (pool.settings.AliasAttributes?.includes('preferred_username') && given.preferred_username) {
        throw invalidParameter('Preferred username cannot be provided for unconfirmed account')
      }
      checkPassword(context, input.Password)
      if (stored) throw takenBy(context, { taken: 'username' }, input.Username)

      const response = await trigger(context, 'PreSignUp', {
        source: 'PreSignUp_SignUp',
        userName: named.username,
        request: {
          userAttributes: withoutSub(named.attributes),
          validationData: dataOf(input.ValidationData),
          clientMetadata: input.ClientMetadata ?? null,
        },
        response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
      })
      const isConfirmed = flagOf(response, 'autoConfirmUser')
      const fresh: PoolUser = {
        username: named.username,
        attributes: verifiedBy(response, changedAttributes({}, named.attributes)),
        status: isConfirmed ? 'CONFIRMED' : 'UNCONFIRMED',
        enabled: true,
        created: now,
        modified: now,
      }
      const addressee = isConfirmed ? undefined : addressToVerify(context, fresh)
      if (addressee) {
        requireMessenger(context, addressee.attribute)
        await limitSendingTo(context, addressee.address)
      }
      const { Password: password } = input
      const user =
        password === undefined
          ? fresh
          : await withPassword(call.platform.secrets, found, fresh, { password }, now)
      const issued = addressee && (await withCode(context, user, 'sign-up', addressee.address))
      const created = await change(() => context.users.create(issued?.user ?? user))
      if ('taken' in created) throw takenBy(context, created, input.Username)
      if (addressee && issued) {
        await sendMessage(context, 'sign-up', user, addressee, {
          secret: issued.code,
          username: input.Username,
        })
      }
      if (isConfirmed) await tellConfirmed(context, user, 'PostConfirmation_ConfirmSignUp')
      return {
        UserConfirmed: isConfirmed,
        UserSub: sub,
        CodeDeliveryDetails: addressee && detailsOf(addressee),
        Session: undefined,
      }
    },

    async ConfirmSignUp(input, call) {
      const { context, stored } = await asClient(parts, call, input)
      const confirmed = await confirmSignUp(context, stored, input)
      await tellConfirmed(context, confirmed, 'PostConfirmation_ConfirmSignUp')
      return { Session: undefined }
    },

    async ResendConfirmationCode(input, call) {
      const { context, stored } = await asClient(parts, call, input)
      const isHidden = hidesUsers(context)
      const { settings } = context.found.pool.doc
      const attributes = settings.AutoVerifiedAttributes ?? []
      const [attribute] = attributes
      if (!attribute) throw invalidParameter('Auto verification not turned on.')
      requireMessenger(context, attribute)
      await limitSending(context, input.Username, stored)
      const isWaiting = stored?.user.status === 'UNCONFIRMED' && stored.user.enabled
      const addressee = stored && isWaiting ? addressToVerify(context, stored.user) : undefined
      const resend = async () => {
        if (!stored || !addressee) return
        const { Username: username } = input
        await sendNewCode(context, stored, addressee, { kind: 'resend', purpose: 'sign-up', username })
      }
      if (isHidden) {
        const wanted = (['phone_number', 'email'] as const).filter(name => attributes.includes(name))
        const details = await hiddenDetails(context, input.Username, stored, wanted)
        await unseen(context, resend)
        return { CodeDeliveryDetails: details }
      }
      if (!stored) throw unknownToClient()
      if (!stored.user.enabled) throw disabled()
      if (!isWaiting) throw invalidParameter('User is already confirmed.')
      if (!addressee) throw invalidParameter('User has no address that could be verified.')
      await resend()
      return { CodeDeliveryDetails: detailsOf(addressee) }
    },
  }) satisfies CognitoHandlers
