import type { PoolSettings } from '../pool-records.ts'
import { invalidParameter } from '../refusals.ts'
import { type Attributes, isEmail, isPhone } from './attributes.ts'

/** Who is made by a name and attributes: what the user is called, and what follows from the name. */
export interface NamedUser {
  readonly username: string
  readonly attributes: Attributes
}

/**
 * In pools whose users sign in with an address, the name that is asked for is that address, and the user is called by
 * the `sub`. In pools with addresses as aliases, a name must not look like one. Throws a refusal for other names.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
 */
export function nameUser(
  { UsernameAttributes = [], AliasAttributes = [] }: PoolSettings,
  name: string,
  attributes: Attributes,
  sub: string,
): NamedUser {
  const all = { ...attributes, sub }
  if (UsernameAttributes.length === 0) {
    if (AliasAttributes.includes('email') && isEmail(name)) {
      throw invalidParameter(
        'Username cannot be of email format, since user pool is configured for email alias.',
      )
    }
    if (AliasAttributes.includes('phone_number') && isPhone(name)) {
      throw invalidParameter(
        'Username cannot be of phone number format, since user pool is configured for phone number alias.',
      )
    }
    return { username: name, attributes: all }
  }
  const attribute = UsernameAttributes.find(each => (each === 'email' ? isEmail(name) : isPhone(name)))
  if (!attribute) {
    if (UsernameAttributes.length > 1) {
      throw invalidParameter('Username should be either an email or a phone number.')
    }
    throw invalidParameter(
      UsernameAttributes[0] === 'email'
        ? 'Username should be an email.'
        : 'Username should be a phone number.',
    )
  }
  const said = attributes[attribute]
  if (said !== undefined && said !== name) {
    throw invalidParameter(`The ${attribute} attribute differs from the username.`)
  }
  return { username: sub, attributes: { ...all, [attribute]: name } }
}

/** A preferred name must not look like somebody's address where that leads to its user. */
export function checkPreferredName(
  { UsernameAttributes = [], AliasAttributes = [] }: PoolSettings,
  { preferred_username: name }: Attributes,
): void {
  if (!name || !AliasAttributes.includes('preferred_username')) return
  const addresses = [...UsernameAttributes, ...AliasAttributes]
  if (addresses.includes('email') && isEmail(name)) {
    throw invalidParameter(
      'Preferred username cannot be of email format, since user pool is configured for email alias.',
    )
  }
  if (addresses.includes('phone_number') && isPhone(name)) {
    throw invalidParameter(
      'Preferred username cannot be of phone number format, since user pool is configured for phone number alias.',
    )
  }
}
