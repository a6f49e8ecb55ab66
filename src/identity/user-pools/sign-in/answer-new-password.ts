import { Refusal } from '../../../lib/refusal.ts'
import { modify } from '../../../records/modify.ts'
import { invalidParameter, invalidSession, missing } from '../refusals.ts'
import { changedAttributes, checkAttributes, requireAttributes } from '../users/attributes.ts'
import { checkPreferredName } from '../users/name-rules.ts'
import { requirePolicy } from '../users/password-policy.ts'
import { withPassword } from '../users/passwords-of-user.ts'
import type { PoolUser } from '../users/pool-user.ts'
import { PoolUsers } from '../users/users.ts'
import type { Parameters } from './sign-in.ts'
import type { SignInContext } from './sign-in-context.ts'
import { checkUsername, openSession, type Step, secondFactor, userOfSession } from './steps.ts'
import { checkSecretHash, namesOf } from './who-signs-in.ts'

const PREFIX = 'userAttributes.'

/** A user with a temporary password sets one of their own, and what the pool asks of each user. */
export async function answerNewPassword(
  context: SignInContext,
  responses: Parameters,
  text: string | undefined,
): Promise<Step> {
  const session = await openSession(context, text, 'NEW_PASSWORD_REQUIRED')
  const users = new PoolUsers(context.env.DB, context.found)
  const changed = await modify(async () => {
    const stored = await userOfSession(context, session)
    checkUsername(responses.USERNAME, [session.name, ...namesOf(stored)])
    await checkSecretHash(context, namesOf(stored), responses.SECRET_HASH)
    const written = await users.replace(stored, await withAnswer(context, stored.user, responses))
    if (!('taken' in written)) return written
    throw new Refusal('AliasExistsException', `An account with the given ${written.taken} already exists.`)
  })
  return secondFactor(context, changed, session.source)
}

/** A user with the password and the attributes of an answer. Throws a refusal for what the pool does not take. */
async function withAnswer(
  { found, secrets, now }: SignInContext,
  user: PoolUser,
  responses: Parameters,
): Promise<PoolUser> {
  const { doc: pool } = found.pool
  const { attributes: before } = user
  const { NEW_PASSWORD: password } = responses
  if (password === undefined) throw missing('NEW_PASSWORD')
  requirePolicy(pool.settings, password)
  if (user.status !== 'FORCE_CHANGE_PASSWORD') throw invalidSession()
  const given = Object.entries(responses)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, Value]) => ({ Name: name.slice(PREFIX.length), Value }))
  for (const { Name, Value } of given) {
    const isRequired = pool.schema.some(attribute => attribute.Name === Name && attribute.Required)
    if (isRequired && before[Name] && before[Name] !== Value) {
      throw invalidParameter(`Cannot modify an already provided ${Name}`)
    }
  }
  const said = checkAttributes(pool, given, { client: found.client.doc.settings, before })
  checkPreferredName(pool.settings, said)
  const attributes = changedAttributes(before, said)
  requireAttributes(pool, attributes)
  return withPassword(secrets, found, { ...user, attributes, status: 'CONFIRMED' }, { password }, now)
}
