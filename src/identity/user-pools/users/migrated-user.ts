import { isJsonObject } from '../../../lib/json-object.ts'
import type { PoolRecord } from '../pool-records.ts'
import { invalidResponse, textOf } from '../triggers.ts'
import { changedAttributes, checkAttributes } from './attributes.ts'
import { nameUser } from './name-rules.ts'
import type { PoolUser } from './pool-user.ts'

/** What a function that knows users from elsewhere may fill in. */
export const MIGRATION_RESPONSE = {
  userAttributes: null,
  forceAliasCreation: null,
  finalUserStatus: null,
  messageAction: null,
  desiredDeliveryMediums: null,
} as const

/**
 * The user whom a pool's function knows from elsewhere, without a password: undefined where it gives no attributes.
 * Throws a refusal for an answer that is none, and for attributes that the pool does not take.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
 *
 * @param name as it was asked for
 * @param now milliseconds since the epoch
 */
export function migratedUser(
  pool: PoolRecord,
  response: Readonly<Record<string, unknown>>,
  name: string,
  now: number,
): PoolUser | undefined {
  const { userAttributes: given } = response
  if (given === undefined || given === null) return undefined
  if (!isJsonObject(given)) throw invalidResponse('Unrecognizable lambda output: userAttributes')
  const { username, ...rest } = given
  const attributes = checkAttributes(
    pool,
    Object.entries(rest).map(([Name, value]) => ({ Name, Value: String(value) })),
  )
  const called = typeof username === 'string' ? username : name
  const named = nameUser(pool.settings, called, attributes, crypto.randomUUID())
  return {
    username: named.username,
    attributes: changedAttributes({}, named.attributes),
    status: textOf(response, 'finalUserStatus') === 'RESET_REQUIRED' ? 'RESET_REQUIRED' : 'CONFIRMED',
    enabled: true,
    created: now,
    modified: now,
  }
}
