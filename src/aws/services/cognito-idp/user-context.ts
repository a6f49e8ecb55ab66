import { secretHashFault } from '../../../identity/user-pools/client-secret.ts'
import type { FoundClient, FoundPool } from '../../../identity/user-pools/find-pool.ts'
import { type Attempt, attempting } from '../../../identity/user-pools/sign-in/attempts-guard.ts'
import { SignIns } from '../../../identity/user-pools/tokens/sign-ins.ts'
import { userOfAccessToken } from '../../../identity/user-pools/tokens/user-of-token.ts'
import {
  attributesInEvent,
  runTrigger,
  type TriggerEvent,
  type TriggerKind,
} from '../../../identity/user-pools/triggers.ts'
import { nameKeyOf } from '../../../identity/user-pools/users/names-of-user.ts'
import type { PoolUser } from '../../../identity/user-pools/users/pool-user.ts'
import { PoolUsers, type StoredUser, type Taken } from '../../../identity/user-pools/users/users.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import type { Call } from '../../wire/service.ts'
import { change, contextOf, findClient, findPool, findPoolOfToken } from './context.ts'
import type { CognitoParts } from './parts.ts'
import { noSuchUser, notAuthorized } from './refusals.ts'

/** What operations about users need of their call. */
export interface UserContext {
  readonly call: Call<Platform>
  readonly parts: CognitoParts
  readonly found: FoundPool
  readonly users: PoolUsers
  /** Absent where an administrator asks. */
  readonly client?: FoundClient['client']
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type ClientContext = UserContext & { readonly client: FoundClient['client'] }

type Metadata = { readonly ClientMetadata?: Readonly<Record<string, string>> }

/** Of an operation that an account's principals sign. */
export async function asAdministrator(
  parts: CognitoParts,
  call: Call<Platform>,
  input: { readonly UserPoolId: string } & Metadata,
): Promise<UserContext> {
  const context = contextOf(call)
  const pool = await findPool(context, input.UserPoolId)
  return contextWith(parts, call, { account: context.account, pool }, input)
}

const contextWith = (
  parts: CognitoParts,
  call: Call<Platform>,
  found: FoundPool & { readonly client?: FoundClient['client'] },
  { ClientMetadata }: Metadata,
): UserContext => ({
  call,
  parts,
  found,
  users: new PoolUsers(call.platform.env.DB, found),
  client: found.client,
  clientMetadata: ClientMetadata,
  now: call.platform.clock(),
})

export const withClient = (
  parts: CognitoParts,
  call: Call<Platform>,
  found: FoundClient,
  input: Metadata,
): ClientContext => ({ ...contextWith(parts, call, found, input), client: found.client })

/** Of an operation that a client of the pool calls, for whom a name stands. */
export async function asClient(
  parts: CognitoParts,
  call: Call<Platform>,
  input: { readonly ClientId: string; readonly Username: string; readonly SecretHash?: string } & Metadata,
): Promise<{
  readonly context: ClientContext
  readonly stored: StoredUser | undefined
}> {
  const found = await findClient(parts, call, input.ClientId)
  const context = withClient(parts, call, found, input)
  const stored = await context.users.find(input.Username)
  const names = stored ? [input.Username, stored.user.username] : [input.Username]
  const fault = await secretHashFault(call.platform.secrets, found, names, input.SecretHash)
  if (fault !== undefined) throw notAuthorized(fault)
  return { context, stored }
}

/** Of an operation that a user calls with an access token. */
export async function asUser(
  parts: CognitoParts,
  call: Call<Platform>,
  input: { readonly AccessToken: string } & Metadata,
): Promise<{
  readonly context: ClientContext
  readonly stored: StoredUser
}> {
  const { found, stored } = await userOfAccessToken(
    call.platform.env.DB,
    input.AccessToken,
    call.platform.clock(),
    poolId => findPoolOfToken(parts, call, poolId),
  )
  return { context: withClient(parts, call, found, input), stored }
}

/** The user that an administrator names. */
export async function requireUser({ users }: UserContext, name: string): Promise<StoredUser> {
  const stored = await users.find(name)
  if (!stored) throw noSuchUser()
  return stored
}

/** Whether a client must not learn which users there are. */
export const hidesUsers = ({ client }: UserContext): boolean =>
  client?.doc.settings.PreventUserExistenceErrors === 'ENABLED'

/** A name that an administrator says, or a user who was found by whatever they have shown. */
export type Whom = string | StoredUser

/** Of a user who was found before: names are given again, and whoever has it now has shown nothing. */
async function sameUser({ users }: UserContext, { key, user }: StoredUser): Promise<StoredUser> {
  const stored = await users.get(key)
  if (stored?.user.attributes.sub !== user.attributes.sub || !stored) throw noSuchUser()
  return stored
}

/** A change of a user that is based on what it is: made anew when somebody else was faster. */
export const changeUser = (
  context: UserContext,
  whom: Whom,
  edit: (user: PoolUser) => PoolUser | Promise<PoolUser>,
  options?: { seize?: boolean },
): Promise<StoredUser> =>
  change(async () => {
    const stored = await (typeof whom === 'string' ? requireUser(context, whom) : sameUser(context, whom))
    const user = await edit(stored.user)
    if (user === stored.user) return stored
    return unlessTaken(await context.users.replace(stored, user, options))
  })

/** Ends all sign-ins of a user, with the tokens that were made of them. */
export const endSignIns = ({ call, found, now }: UserContext, { key }: StoredUser): Promise<void> =>
  new SignIns(call.platform.env.DB, found).endAll(key, Math.floor(now / 1000))

/** Throws a refusal where somebody else is found by an alias that the user would have. */
function unlessTaken(written: StoredUser | Taken): StoredUser {
  if ('taken' in written) throw aliasExists(written.taken)
  return written
}

export const aliasExists = (taken: Taken['taken']): Refusal =>
  new Refusal('AliasExistsException', `An account with the ${wordFor(taken)} already exists.`)

/** As sentences name an attribute. */
export const wordFor = (taken: Taken['taken']): string => taken.replace('_', ' ')

/** What somebody may be wrong about is tried only so often, for users that there are and for others alike. */
export const attemptCode = <T>(
  { call, found }: UserContext,
  name: string,
  stored: StoredUser | undefined,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> =>
  attempting(
    call.platform.env,
    {
      pool: found.pool.id,
      what: 'code',
      user: stored?.key ?? nameKeyOf(found.pool.doc, name),
      address: call.sourceIp,
    },
    work,
  )

/** Asks a function of the pool's; undefined where it has none. */
export const trigger = (
  { parts, found, client, call }: UserContext,
  kind: TriggerKind,
  event: Omit<TriggerEvent, 'clientId' | 'traceId'>,
) => runTrigger(parts.callTrigger, found, kind, { ...event, clientId: client?.id, traceId: call.traceId })

/** Tells the pool's function that a user may sign in from now on. */
export const tellConfirmed = (
  context: UserContext,
  user: PoolUser,
  source: 'PostConfirmation_ConfirmSignUp' | 'PostConfirmation_ConfirmForgotPassword',
) =>
  trigger(context, 'PostConfirmation', {
    source,
    userName: user.username,
    request: { userAttributes: attributesInEvent(user), clientMetadata: context.clientMetadata ?? null },
    response: {},
  })
