import { Refusal } from '../../../lib/refusal.ts'
import { modify } from '../../../records/modify.ts'
import { invalidParameter, invalidSession, missing } from '../refusals.ts'
import { changedAttributes, checkAttributes, requireAttributes } from '../users/attributes.ts'
import { checkPreferredName } from '../users/name-rules.ts'
import { requirePolicy } from '../users/password-policy.ts'
import { withPassword } from '../users/passwords-of-user.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import type { Parameters } from './sign-in.ts'
import type { SignInContext } from './sign-in-context.ts'
import {
  checkUsername,
  openSession,
  type SessionText,
  type Step,
  secondFactor,
  userOfSession,
} from './steps.ts'
import { checkSecretHash, namesOf } from './who-signs-in.ts'

const PREFIX = 'userAttributes.'

/** A user with a temporary password sets one of their own, and what the pool asks of each user. */
export async function answerNewPassword(
  context: SignInContext,
  responses: Parameters,
  text: string | undefined,
): Promise<Step> {
  const session = await openSession(context, text, 'NEW_PASSWORD_REQUIRED')
  const stored = await userOfSession(context, session)
  checkUsername(responses.USERNAME, [session.name, ...namesOf(stored)])
  await checkSecretHash(context, namesOf(stored), responses.SECRET_HASH)
  const { NEW_PASSWORD: password } = responses
  if (password === undefined) throw missing('NEW_PASSWORD')
  requirePolicy(context.found.pool.doc.settings, password)
  return secondFactor(context, await setPassword(context, session, password, responses), session.source)
}

function setPassword(
  context: SignInContext,
  session: SessionText,
  password: string,
  responses: Parameters,
): Promise<StoredUser> {
  const { env, found, secrets, now } = context
  const { doc: pool } = found.pool
  const given = Object.entries(responses)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, Value]) => ({ Name: name.slice(PREFIX.length), Value }))
  return modify(async () => {
    const stored = await userOfSession(context, session)
    const { attributes: before, status } = stored.user
    if (status !== 'FORCE_CHANGE_PASSWORD') throw invalidSession()
    const { schema } = pool
    for (const { Name, Value } of given) {
      const isRequired = schema.some(attribute => attribute.Name === Name && attribute.Required)
      if (isRequired && before[Name] && before[Name] !== Value) {
        throw invalidParameter(`Cannot modify an already provided ${Name}`)
      }
    }
    const said = checkAttributes(pool, given, { client: found.client.doc.settings, before })
    checkPreferredName(pool.settings, said)
    const attributes = changedAttributes(before, said)
    requireAttributes(pool, attributes)
    const user = await withPassword(
      secrets,
      found,
      { ...stored.user, attributes, status: 'CONFIRMED' },
      { password },
      now,
    )
    const written = await new PoolUsers(env.DB, found).replace(stored, user)
    if (!('taken' in written)) return written
    throw new Refusal('AliasExistsException', `An account with the given ${written.taken} already exists.`)
  })
}
