import { flagOf } from '../../../identity/user-pools/triggers.ts'
import { isEmail } from '../../../identity/user-pools/users/attributes.ts'
import { requirePolicy } from '../../../identity/user-pools/users/password-policy.ts'
import type { Taken } from '../../../identity/user-pools/users/users.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { invalidParameter } from './refusals.ts'
import { aliasExists, type UserContext, wordFor } from './user-context.ts'

/** Throws a refusal for a password that the pool does not take; without one, for pools that ask for one. */
export function checkPassword({ found }: UserContext, password: string | undefined): void {
  const { settings } = found.pool.doc
  if (password === undefined) {
    const factors = settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors ?? ['PASSWORD']
    if (factors.some(factor => factor !== 'PASSWORD')) return
    throw invalidParameter('Password is required for this user pool.')
  }
  requirePolicy(settings, password)
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
