import { Refusal } from '../../../lib/refusal.ts'
import { flagOf, invalidResponse, runTrigger } from '../triggers.ts'
import { MIGRATION_RESPONSE, migratedUser } from '../users/migrated-user.ts'
import { isPassword, withPassword } from '../users/passwords-of-user.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import type { SignInContext } from './sign-in-context.ts'

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
  const user = response && migratedUser(found.pool.doc, response, name, now)
  if (!user) return undefined
  const users = new PoolUsers(env.DB, found)
  const created = await users.create(await withPassword(secrets, found, user, { password }, now), {
    seize: flagOf(response, 'forceAliasCreation'),
  })
  if (!('taken' in created)) return created
  // The function vouches for somebody who is here already, perhaps since a moment ago: then the password here counts.
  const other = created.taken === 'username' ? await users.get(user.username) : undefined
  if (!other) throw invalidResponse(`The ${created.taken} of the user is another user's`)
  return (await isPassword(secrets, found, other.user, password)) ? other : undefined
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
      response: MIGRATION_RESPONSE,
      traceId,
    })
  } catch (error) {
    // What the function says of it is not told: it would tell who is known elsewhere.
    if (error instanceof Refusal && error.code === 'UserLambdaValidationException') return undefined
    throw error
  }
}
