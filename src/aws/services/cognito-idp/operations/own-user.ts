import { attributeList, isVerifiable, readable } from '../../../../identity/user-pools/users/attributes.ts'
import { tryCode } from '../../../../identity/user-pools/users/codes.ts'
import type { CognitoHandlers } from '../context.ts'
import { change } from '../context.ts'
import type { CognitoParts } from '../parts.ts'
import { invalidParameter } from '../refusals.ts'
import { mfaOf } from '../user-answers.ts'
import { deleteAttributes, updateAttributes, withVerified } from '../user-attributes.ts'
import { asUser, attemptCode, changeUser } from '../user-context.ts'
import { detailsOf, limitSending, requireMessenger, sendNewCode } from '../user-messages.ts'
import { codeRefusal } from '../user-refusals.ts'

export const ownUserOperations = (parts: CognitoParts) =>
  ({
    async GetUser(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      const { user } = stored
      return {
        Username: user.username,
        UserAttributes: attributeList(readable(context.client.doc.settings, user.attributes)),
        MFAOptions: undefined,
        ...mfaOf(user),
      }
    },

    async UpdateUserAttributes(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      const sent = await updateAttributes(context, stored, input.UserAttributes)
      return { CodeDeliveryDetailsList: sent }
    },

    async GetUserAttributeVerificationCode(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      const { AttributeName: attribute } = input
      if (!isVerifiable(attribute)) throw invalidParameter('Only email and phone_number can be verified.')
      const address = stored.user.attributes[attribute]
      if (!address) throw invalidParameter(`User does not have the attribute ${attribute}.`)
      requireMessenger(context, attribute)
      await limitSending(context, stored.key, stored)
      const addressee = { attribute, address }
      await sendNewCode(context, stored, addressee, {
        kind: 'attribute verification',
        purpose: `attribute ${attribute}`,
      })
      return { CodeDeliveryDetails: detailsOf(addressee) }
    },

    async VerifyUserAttribute(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      const { AttributeName: attribute, Code: code } = input
      if (!isVerifiable(attribute)) throw invalidParameter('Only email and phone_number can be verified.')
      const { found, now } = context
      await attemptCode(context, stored.key, stored, async attempt => {
        const trial = await tryCode(found.pool.id, stored.user, `attribute ${attribute}`, code, now)
        await attempt.ended(trial.outcome === 'right' ? 'right' : 'wrong')
        if (trial.outcome !== 'right') throw codeRefusal(trial.outcome)
      })
      await changeUser(context, stored, async before => {
        const trial = await tryCode(found.pool.id, before, `attribute ${attribute}`, code, now)
        if (trial.outcome !== 'right') throw codeRefusal(trial.outcome)
        const verified = withVerified(context, trial.user, attribute, trial.about)
        if (!verified) throw codeRefusal('expired')
        return verified
      })
      return {}
    },

    async DeleteUserAttributes(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      await deleteAttributes(context, stored, input.UserAttributeNames)
      return {}
    },

    async DeleteUser(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      await change(async () => {
        const known = await context.users.get(stored.key)
        if (known && known.user.attributes.sub === stored.user.attributes.sub)
          await context.users.remove(known)
      })
      return {}
    },
  }) satisfies CognitoHandlers
