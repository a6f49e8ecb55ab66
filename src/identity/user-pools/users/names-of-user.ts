import { tellsCasesApart } from '../pool-defaults.ts'
import type { PoolRecord } from '../pool-records.ts'
import type { PoolUser } from './pool-user.ts'
import type { AliasAttribute } from './users.ts'

/** A username, address or preferred name as the pool compares them. */
export const nameKeyOf = (pool: Pick<PoolRecord, 'settings'>, name: string): string =>
  tellsCasesApart(pool) ? name : name.toLowerCase()

/**
 * What a user is found by beside the username, as the pool compares it. In pools whose users sign in with an address,
 * it is theirs from sign-up on, so that nobody else signs up with it; otherwise an address has to be verified first.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
 */
export function aliasesOf(
  pool: Pick<PoolRecord, 'settings'>,
  { attributes }: Pick<PoolUser, 'attributes'>,
): Map<AliasAttribute, string> {
  const { UsernameAttributes = [], AliasAttributes = [] } = pool.settings
  const aliases = new Map<AliasAttribute, string>()
  for (const attribute of UsernameAttributes) {
    const value = attributes[attribute]
    if (value) aliases.set(attribute, nameKeyOf(pool, value))
  }
  for (const attribute of AliasAttributes) {
    const value = attributes[attribute]
    const isTheirs = attribute === 'preferred_username' || attributes[`${attribute}_verified`] === 'true'
    if (value && isTheirs) aliases.set(attribute, nameKeyOf(pool, value))
  }
  return aliases
}
