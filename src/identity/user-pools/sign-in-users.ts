import { hex } from '../../lib/hash.ts'
import { secretHashFault } from './client-secret.ts'
import { randomBytes } from './password-hash.ts'
import type { StoredPassword } from './pool-user.ts'
import { passwordPurpose } from './pool-user.ts'
import type { SignInContext } from './sign-in-context.ts'
import { noSuchUser, notAuthorized, wrongCredentials } from './sign-in-refusals.ts'
import { attributesInEvent, runTrigger } from './triggers.ts'
import { PoolUsers, type StoredUser } from './users.ts'
import { nameKeyOf } from './users-names.ts'

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

/** What is kept of a user's password; undefined for one who has none. */
export async function storedPassword(
  { secrets, found }: Pick<SignInContext, 'secrets' | 'found'>,
  { user }: StoredUser,
): Promise<StoredPassword | undefined> {
  if (!user.password) return undefined
  const purpose = passwordPurpose(found.pool.id, user.attributes.sub!)
  return JSON.parse(await secrets.open(found.account.id, purpose, user.password.sealed)) as StoredPassword
}

/**
 * What a user who does not exist would have. Salt and name are the same at each try, as a real user's are, and
 * whoever has not the account's keys cannot tell them from a real user's. The verifier shows in nothing that is answered.
 */
export async function madeUpUser(
  { secrets, found }: SignInContext,
  name: string,
): Promise<{ readonly username: string; readonly salt: string; readonly verifier: string }> {
  const { settings } = found.pool.doc
  const text = `${found.pool.id}\n${nameKeyOf(found.pool.doc, name)}`
  const mac = await secrets.mark(found.account.id, 'users who do not exist', text)
  const aliases = settings.UsernameAttributes?.length
    ? true
    : settings.AliasAttributes?.length && isAddress(name)
  return {
    username: aliases ? uuidOf(mac.subarray(16)) : name,
    salt: hex(mac.subarray(0, 16)),
    verifier: hex(randomBytes(383)),
  }
}

const isAddress = (name: string): boolean => name.includes('@') || /^\+\d+$/.test(name)

/** Version 4: RFC 9562, section 5.4. */
function uuidOf(bytes: Uint8Array): string {
  const digits = [...hex(bytes.subarray(0, 16))]
  digits[12] = '4'
  digits[16] = '89ab'[Number.parseInt(digits[16]!, 16) & 3]!
  const text = digits.join('')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  )
}
