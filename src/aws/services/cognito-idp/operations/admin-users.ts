import {
  type Attributes,
  checkAttributes,
  saidAttributes,
  VERIFIABLE,
  type Verifiable,
  withoutEmpty,
} from '../../../../identity/user-pools/users/attributes.ts'
import { conditionOf, readFilter } from '../../../../identity/user-pools/users/list-filter.ts'
import { checkPreferredName, nameUser } from '../../../../identity/user-pools/users/name-rules.ts'
import { passwordPolicyOf, temporaryPassword } from '../../../../identity/user-pools/users/password-policy.ts'
import { temporaryUntil, withPassword } from '../../../../identity/user-pools/users/passwords-of-user.ts'
import type { PoolUser } from '../../../../identity/user-pools/users/pool-user.ts'
import type { StoredUser } from '../../../../identity/user-pools/users/users.ts'
import { randomBelow } from '../../../../lib/random.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { writePageMarker } from '../../../../records/page-marker.ts'
import { type CognitoHandlers, change } from '../context.ts'
import { checkPassword, dataOf, takenBy, verifiedBy, withoutSub } from '../new-users.ts'
import { pageSize, readToken } from '../pages.ts'
import type { CognitoParts } from '../parts.ts'
import { invalidParameter, noSuchUser, notAuthorized } from '../refusals.ts'
import { recoverable, sendResetCode } from '../reset-code.ts'
import { describeUser, mfaOf } from '../user-answers.ts'
import { deleteAttributes, updateAttributes } from '../user-attributes.ts'
import {
  asAdministrator,
  changeUser,
  endSignIns,
  requireUser,
  tellConfirmed,
  trigger,
  type UserContext,
} from '../user-context.ts'
import { type Addressee, MEDIUM_OF, requireMessenger, sendMessage } from '../user-messages.ts'

export const adminUserOperations = (parts: CognitoParts) =>
  ({
    async AdminCreateUser(input, call) {
      const context = await asAdministrator(parts, call, input)
      const { found, users, now } = context
      const { doc: pool } = found.pool
      const { TemporaryPassword: given, MessageAction: action, Username: name } = input
      if (given !== undefined) checkPassword(context, given)
      const password = given ?? temporaryPassword(passwordPolicyOf(pool.settings), randomBelow)
      const stored = await users.find(name)
      const invite = (user: PoolUser) =>
        invitation(context, user, name, password, input.DesiredDeliveryMediums)
      if (action === 'RESEND') {
        if (!stored) throw noSuchUser()
        return { User: describeUser(await renewInvitation(context, stored, password, invite)) }
      }
      if (stored) throw takenBy(context, { taken: 'username' }, name, TAKEN)
      const sub = crypto.randomUUID()
      const wanted = withoutEmpty(checkAttributes(pool, input.UserAttributes ?? []))
      const named = nameUser(pool.settings, name, wanted, sub)
      checkPreferredName(pool.settings, named.attributes)
      const response = await trigger(context, 'PreSignUp', {
        source: 'PreSignUp_AdminCreateUser',
        userName: named.username,
        request: {
          userAttributes: withoutSub(named.attributes),
          validationData: dataOf(input.ValidationData),
          clientMetadata: input.ClientMetadata ?? null,
        },
        response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
      })
      const fresh: PoolUser = {
        username: named.username,
        attributes: verifiedBy(response, saidAttributes(named.attributes)),
        status: 'FORCE_CHANGE_PASSWORD',
        enabled: true,
        created: now,
        modified: now,
      }
      const send = action === 'SUPPRESS' ? [] : invite(fresh)
      const until = temporaryUntil(found.pool, now)
      const user = await withPassword(
        call.platform.secrets,
        found,
        fresh,
        { password, temporaryUntil: until },
        now,
      )
      const created = await change(() => users.create(user, { seize: input.ForceAliasCreation }))
      if ('taken' in created) throw takenBy(context, created, name, TAKEN)
      for (const one of send) await one()
      return { User: describeUser(user) }
    },

    async AdminGetUser(input, call) {
      const context = await asAdministrator(parts, call, input)
      const { user } = await requireUser(context, input.Username)
      const { Attributes: UserAttributes, ...described } = describeUser(user)
      return { ...described, Username: user.username, UserAttributes, ...mfaOf(user) }
    },

    async AdminDeleteUser(input, call) {
      const context = await asAdministrator(parts, call, input)
      await change(async () => context.users.remove(await requireUser(context, input.Username)))
      return {}
    },

    async AdminConfirmSignUp(input, call) {
      const context = await asAdministrator(parts, call, input)
      const { user } = await changeUser(context, input.Username, before => {
        if (before.status !== 'UNCONFIRMED') {
          throw notAuthorized(`User cannot be confirmed. Current status is ${before.status}`)
        }
        return { ...before, status: 'CONFIRMED', modified: context.now }
      })
      await tellConfirmed(context, user, 'PostConfirmation_ConfirmSignUp')
      return {}
    },

    async AdminSetUserPassword(input, call) {
      const context = await asAdministrator(parts, call, input)
      const { found, now } = context
      checkPassword(context, input.Password)
      const stored = await requireUser(context, input.Username)
      const until = input.Permanent ? undefined : temporaryUntil(found.pool, now)
      const wanted = { password: input.Password, temporaryUntil: until }
      const { password } = await withPassword(call.platform.secrets, found, stored.user, wanted, now)
      const status = input.Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD'
      await changeUser(context, stored, before => ({ ...before, password, status, modified: now }))
      return {}
    },

    async AdminResetUserPassword(input, call) {
      const context = await asAdministrator(parts, call, input)
      const stored = await requireUser(context, input.Username)
      const addressee = recoverable(context, stored)
      if ('fault' in addressee) throw addressee.fault
      requireMessenger(context, addressee.attribute)
      await sendResetCode(context, stored, addressee, input.Username, before => ({
        ...before,
        status: 'RESET_REQUIRED',
        modified: context.now,
      }))
      return {}
    },

    async AdminEnableUser(input, call) {
      const context = await asAdministrator(parts, call, input)
      await changeUser(context, input.Username, before => ({
        ...before,
        enabled: true,
        modified: context.now,
      }))
      return {}
    },

    /** "Revokes all access tokens for the user. A deactivated user can't sign in." */
    async AdminDisableUser(input, call) {
      const context = await asAdministrator(parts, call, input)
      const stored = await changeUser(context, input.Username, before => ({
        ...before,
        enabled: false,
        modified: context.now,
      }))
      await endSignIns(context, stored)
      return {}
    },

    async AdminUpdateUserAttributes(input, call) {
      const context = await asAdministrator(parts, call, input)
      await updateAttributes(context, input.Username, input.UserAttributes)
      return {}
    },

    async AdminDeleteUserAttributes(input, call) {
      const context = await asAdministrator(parts, call, input)
      await deleteAttributes(context, input.Username, input.UserAttributeNames)
      return {}
    },

    async ListUsers(input, call) {
      const { users, found } = await asAdministrator(parts, call, input)
      const filter = readFilter(input.Filter ?? '')
      if (filter && 'fault' in filter) throw invalidParameter(filter.fault)
      const names = input.AttributesToGet
      const unknown = names?.find(name => !found.pool.doc.schema.some(({ Name }) => Name === name))
      if (unknown !== undefined) throw invalidParameter(`One or more requested attributes do not exist.`)
      const list = `users ${found.pool.id} ${input.Filter ?? ''}`
      const page = await users.list({
        after: readToken(list, input.PaginationToken)?.[0],
        limit: pageSize(input.Limit),
        where: filter && conditionOf(filter),
      })
      return {
        Users: page.users.map(({ user }) => describeUser(user, names)),
        PaginationToken: page.next === undefined ? undefined : writePageMarker(list, page.next),
      }
    },
  }) satisfies CognitoHandlers

const TAKEN = 'User account already exists'

/** A user who has not signed in yet gets another temporary password, and more time. */
async function renewInvitation(
  context: UserContext,
  stored: StoredUser,
  password: string,
  invite: (user: PoolUser) => readonly (() => Promise<void>)[],
): Promise<PoolUser> {
  const { found, now, call } = context
  if (stored.user.status !== 'FORCE_CHANGE_PASSWORD') {
    throw new Refusal(
      'UnsupportedUserStateException',
      `Resend not possible. ${stored.user.username} status is not FORCE_CHANGE_PASSWORD`,
    )
  }
  const send = invite(stored.user)
  const until = temporaryUntil(found.pool, now)
  const wanted = { password, temporaryUntil: until }
  const renewed = await withPassword(call.platform.secrets, found, stored.user, wanted, now)
  const { user } = await changeUser(context, stored, before => ({
    ...before,
    password: renewed.password,
    modified: now,
  }))
  for (const one of send) await one()
  return user
}

/**
 * The messages that invite a user: by the media that are asked for, otherwise by text message where there is a telephone
 * number and by e-mail where there is none. Throws a refusal when one of them cannot be sent.
 */
function invitation(
  context: UserContext,
  user: PoolUser,
  username: string,
  password: string,
  media: readonly string[] | undefined,
): (() => Promise<void>)[] {
  return addressesFor(user.attributes, media).map(addressee => {
    requireMessenger(context, addressee.attribute)
    return () => sendMessage(context, 'invitation', user, addressee, { secret: password, username })
  })
}

function addressesFor(attributes: Attributes, media: readonly string[] | undefined): Addressee[] {
  const having = (names: readonly Verifiable[]) =>
    names.flatMap((attribute): Addressee[] => {
      const address = attributes[attribute]
      return address ? [{ attribute, address }] : []
    })
  if (media && media.length > 0) return having(VERIFIABLE.filter(name => media.includes(MEDIUM_OF[name])))
  return having(['phone_number', 'email']).slice(0, 1)
}
