import { flagOf } from '../../../../identity/user-pools/triggers.ts'
import {
  changedAttributes,
  checkAttributes,
  isEmail,
  requireAttributes,
  VERIFIABLE,
  withoutEmpty,
} from '../../../../identity/user-pools/users/attributes.ts'
import { tryCode } from '../../../../identity/user-pools/users/codes.ts'
import { nameUser } from '../../../../identity/user-pools/users/name-rules.ts'
import { passwordFault, passwordPolicyOf } from '../../../../identity/user-pools/users/password-policy.ts'
import { withPassword } from '../../../../identity/user-pools/users/passwords-of-user.ts'
import type { PoolUser } from '../../../../identity/user-pools/users/pool-user.ts'
import type { StoredUser, Taken } from '../../../../identity/user-pools/users/users.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { type CognitoHandlers, change } from '../context.ts'
import type { CognitoParts } from '../parts.ts'
import { disabled, invalidParameter, notAuthorized } from '../refusals.ts'
import {
  aliasExists,
  asClient,
  attemptCode,
  changeUser,
  hidesUsers,
  tellConfirmed,
  trigger,
  type UserContext,
  wordFor,
} from '../user-context.ts'
import {
  addressToVerify,
  detailsOf,
  limitSending,
  limitSendingTo,
  requireMessenger,
  sendMessage,
  unseen,
  withCode,
} from '../user-messages.ts'
import { codeRefusal, hiddenDetails, unknownToClient } from '../user-refusals.ts'

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
        let code = ''
        const { user } = await changeUser(context, stored, async before => {
          const issued = await withCode(context, before, 'sign-up', addressee.address)
          code = issued.code
          return issued.user
        })
        await sendMessage(context, 'resend', user, addressee, { secret: code, username: input.Username })
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
export function proven(user: PoolUser, address: string | undefined): PoolUser {
  const attributes = { ...user.attributes }
  for (const name of VERIFIABLE) {
    if (address !== undefined && attributes[name] === address) attributes[`${name}_verified`] = 'true'
  }
  return { ...user, attributes }
}

/** Throws a refusal for a password that the pool does not take; without one, for pools that ask for one. */
export function checkPassword({ found }: UserContext, password: string | undefined): void {
  const { settings } = found.pool.doc
  if (password === undefined) {
    const factors = settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors ?? ['PASSWORD']
    if (factors.some(factor => factor !== 'PASSWORD')) return
    throw invalidParameter('Password is required for this user pool.')
  }
  const fault = passwordFault(passwordPolicyOf(settings), password)
  if (fault !== undefined) throw new Refusal('InvalidPasswordException', fault)
}

/** What clients hand to the functions of a pool and nobody else sees; null where there is none. */
export const dataOf = (
  data:
    | ReadonlyArray<{ readonly Name?: string | undefined; readonly Value?: string | undefined }>
    | undefined,
): Record<string, string> | null =>
  (data && Object.fromEntries(data.map(({ Name, Value }) => [Name!, Value ?? '']))) || null

/** Nobody is anybody yet when a function is asked whether a user may be made. */
export function withoutSub(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const { sub: _, ...rest } = attributes
  return rest
}

/** Which addresses a function vouches for. */
export function verifiedBy(
  response: Readonly<Record<string, unknown>> | undefined,
  attributes: Readonly<Record<string, string>>,
): Record<string, string> {
  const verified = { ...attributes }
  for (const [flag, name] of [
    ['autoVerifyEmail', 'email'],
    ['autoVerifyPhone', 'phone_number'],
  ] as const) {
    if (!flagOf(response, flag)) continue
    if (!attributes[name]) {
      throw new Refusal('InvalidParameterException', `${name} cannot be verified: the user has none.`)
    }
    verified[`${name}_verified`] = 'true'
  }
  return verified
}

/** @param plain what is said where users do not sign in with addresses */
function usernameExists({ found }: UserContext, name: string, plain: string): Refusal {
  if (!found.pool.doc.settings.UsernameAttributes?.length) {
    return new Refusal('UsernameExistsException', plain)
  }
  return takenAddress(isEmail(name) ? 'email' : 'phone_number')
}

const takenAddress = (attribute: 'email' | 'phone_number'): Refusal =>
  new Refusal('UsernameExistsException', `An account with the given ${wordFor(attribute)} already exists.`)

/** What stands in a new user's way. */
export function takenBy(
  context: UserContext,
  { taken }: Taken,
  name: string,
  plain = 'User already exists',
): Refusal {
  if (taken === 'username') return usernameExists(context, name, plain)
  const { UsernameAttributes = [] } = context.found.pool.doc.settings
  const address = UsernameAttributes.find(each => each === taken)
  return address ? takenAddress(address) : aliasExists(taken)
}
