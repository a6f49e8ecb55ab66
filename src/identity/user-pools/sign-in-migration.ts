import { isJsonObject } from '../../lib/json-object.ts'
import { Refusal } from '../../lib/refusal.ts'
import { type Attributes, changedAttributes, checkAttributes } from './attributes.ts'
import type { PoolUser } from './pool-user.ts'
import type { SignInContext } from './sign-in-context.ts'
import { invalidResponse, runTrigger, textOf } from './triggers.ts'
import { PoolUsers, type StoredUser } from './users.ts'
import { nameUser } from './users-names-rules.ts'
import { isPassword, withPassword } from './users-passwords.ts'

/**
 * A user whom the pool's function knows from elsewhere, made here with the password that was sent: undefined where there
 * is no such function, or it gives no attributes, or fails, as it is to do for a wrong password.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
 */
export async function migrateUser(
  context: SignInContext,
  name: string,
  password: string,
): Promise<StoredUser | undefined> {
  const { env, secrets, found, now } = context
  const response = await ask(context, name, password)
  const given = response && attributesOf(response.userAttributes)
  if (!given) return undefined
  const { username, ...rest } = given
  const { doc: pool } = found.pool
  const attributes = checkAttributes(
    pool,
    Object.entries(rest).map(([Name, Value]) => ({ Name, Value })),
  )
  const named = nameUser(pool.settings, username ?? name, attributes, crypto.randomUUID())
  const user: PoolUser = {
    username: named.username,
    attributes: changedAttributes({}, named.attributes),
    status: textOf(response, 'finalUserStatus') === 'RESET_REQUIRED' ? 'RESET_REQUIRED' : 'CONFIRMED',
    enabled: true,
    created: now,
    modified: now,
  }
  const users = new PoolUsers(env.DB, found)
  const created = await users.create(await withPassword(secrets, found, user, { password }, now))
  if (!('taken' in created)) return created
  // The function vouches for somebody who is here already, perhaps since a moment ago: then the password here counts.
  const other = created.taken === 'username' ? await users.get(named.username) : undefined
  if (!other) throw invalidResponse(`The ${created.taken} of the user is another user's`)
  const kept = other.user.password
  const isRight = kept && (await isPassword(secrets, found, { ...other.user, password: kept }, password))
  return isRight ? other : undefined
}

async function ask(
  { found, callTrigger, validationData, traceId }: SignInContext,
  name: string,
  password: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await runTrigger(callTrigger, found, 'UserMigration', {
      source: 'UserMigration_Authentication',
      userName: name,
      clientId: found.client.id,
      request: { password, validationData: validationData ?? null },
      response: {
        userAttributes: null,
        forceAliasCreation: null,
        finalUserStatus: null,
        messageAction: null,
        desiredDeliveryMediums: null,
      },
      traceId,
    })
  } catch (error) {
    // What the function says of it is not told: it would tell who is known elsewhere.
    if (error instanceof Refusal && error.code === 'UserLambdaValidationException') return undefined
    throw error
  }
}

function attributesOf(value: unknown): Attributes | undefined {
  if (value === undefined || value === null) return undefined
  if (!isJsonObject(value)) throw invalidResponse('Unrecognizable lambda output: userAttributes')
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}
