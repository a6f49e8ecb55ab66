import { secretHashFault } from '../client-secret.ts'
import { noSuchUser, notAuthorized, wrongCredentials } from '../refusals.ts'
import { attributesInEvent, runTrigger } from '../triggers.ts'
import { nameKeyOf } from '../users/names-of-user.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import type { SignInContext } from './sign-in-context.ts'

/** Who signs in, by the name that was sent: there may be nobody of it. */
export interface Named {
  readonly name: string
  readonly stored?: StoredUser | undefined
  /** What attempts are counted by. */
  readonly key: string
}

/** Throws a refusal where the client has a secret and the hash is not of this name. */
export async function findNamed(
  context: SignInContext,
  name: string,
  secretHash: string | undefined,
): Promise<Named> {
  const { env, found } = context
  const stored = await new PoolUsers(env.DB, found).find(name)
  await checkSecretHash(context, [name, ...namesOf(stored)], secretHash)
  return { name, stored, key: stored?.key ?? nameKeyOf(found.pool.doc, name) }
}

export async function checkSecretHash(
  { secrets, found }: SignInContext,
  usernames: readonly string[],
  secretHash: string | undefined,
): Promise<void> {
  const fault = await secretHashFault(secrets, found, usernames, secretHash)
  if (fault !== undefined) throw notAuthorized(fault)
}

/** By what a user may be called besides. */
export const namesOf = (stored: StoredUser | undefined): string[] => {
  if (!stored) return []
  const { sub, email, phone_number: phone, preferred_username: preferred } = stored.user.attributes
  return [stored.user.username, sub, email, phone, preferred].filter(name => name !== undefined)
}

/** Whether callers may learn that there is no user of a name. "LEGACY", and no word, say that they may. */
export const tellsUnknown = ({ found }: SignInContext): boolean =>
  found.client.doc.settings.PreventUserExistenceErrors !== 'ENABLED'

/** What those are told who are wrong about the name or the password. */
export const refusalOf = (context: SignInContext, { stored }: Named) =>
  !stored && tellsUnknown(context) ? noSuchUser() : wrongCredentials()

/** Lets the pool's function stop a sign-in before it begins. Nobody learns by it that there is no such user. */
export async function beforeAuthentication(context: SignInContext, { name, stored }: Named): Promise<void> {
  if (!stored && tellsUnknown(context)) return
  const { callTrigger, found, validationData, traceId } = context
  await runTrigger(callTrigger, found, 'PreAuthentication', {
    source: 'PreAuthentication_Authentication',
    userName: stored?.user.username ?? name,
    clientId: found.client.id,
    request: {
      userAttributes: stored ? attributesInEvent(stored.user) : {},
      ...(validationData && { validationData }),
      userNotFound: !stored,
    },
    response: {},
    traceId,
  })
}
