import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import { isLocal } from '../../../env.ts'
import { type Attempt, attempting } from '../../../identity/user-pools/attempts-guard.ts'
import { isVerified, type Verifiable } from '../../../identity/user-pools/attributes.ts'
import { secretHashFault } from '../../../identity/user-pools/client-secret.ts'
import { type CodePurpose, issueCode, randomBelow } from '../../../identity/user-pools/codes.ts'
import type { FoundClient, FoundPool } from '../../../identity/user-pools/find-pool.ts'
import {
  confirmsByLink,
  type Medium,
  type MessageKind,
  masked,
  writeMessage,
} from '../../../identity/user-pools/messages.ts'
import { undeliverable } from '../../../identity/user-pools/messages-delivery.ts'
import type { PoolUser } from '../../../identity/user-pools/pool-user.ts'
import {
  attributesInEvent,
  runTrigger,
  type TriggerEvent,
  type TriggerKind,
} from '../../../identity/user-pools/triggers.ts'
import { PoolUsers, type StoredUser, type Taken } from '../../../identity/user-pools/users.ts'
import { nameKeyOf } from '../../../identity/user-pools/users-names.ts'
import { userOfAccessToken } from '../../../identity/user-pools/users-of-tokens.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import type { Call } from '../../wire/service.ts'
import { change, contextOf, findClient, findPool } from './context.ts'
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
  const found = await findClient(call.platform, input.ClientId)
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

/** A change of a user that is based on what it is: made anew when somebody else was faster. */
export const changeUser = (
  context: UserContext,
  name: string,
  edit: (user: PoolUser) => PoolUser | Promise<PoolUser>,
  options?: { seize?: boolean },
): Promise<StoredUser> =>
  change(async () => {
    const stored = await requireUser(context, name)
    const user = await edit(stored.user)
    if (user === stored.user) return stored
    return unlessTaken(await context.users.replace(stored, user, options))
  })

/** Throws a refusal where somebody else is found by an alias that the user would have. */
export function unlessTaken(written: StoredUser | Taken): StoredUser {
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

/** Each message to a user counts as an attempt of its own kind: nobody floods somebody else's mailbox. */
export const limitSending = (context: UserContext, name: string, stored?: StoredUser): Promise<unknown> =>
  attempting(
    context.call.platform.env,
    {
      pool: context.found.pool.id,
      what: 'code',
      user: `message ${stored?.key ?? nameKeyOf(context.found.pool.doc, name)}`,
      address: context.call.sourceIp,
    },
    attempt => attempt.ended('wrong'),
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

export const MEDIUM_OF: Readonly<Record<Verifiable, Medium>> = { email: 'EMAIL', phone_number: 'SMS' }

/** Where a message goes. */
export interface Addressee {
  readonly attribute: Verifiable
  readonly address: string
}

export const detailsOf = ({ attribute, address }: Addressee): CodeDeliveryDetailsType => ({
  Destination: masked(address),
  DeliveryMedium: MEDIUM_OF[attribute],
  AttributeName: attribute,
})

/** Throws before anything is done for a message that could not be sent anyway. */
export function requireMessenger({ parts, found }: UserContext, attribute: Verifiable): void {
  const medium = MEDIUM_OF[attribute]
  if (!parts.messenger.canSend(found, medium)) throw undeliverable(medium)
}

/** A user with a new code, which is still to be written down and then sent. */
export const withCode = (
  { found, now }: UserContext,
  user: PoolUser,
  purpose: CodePurpose,
  address: string,
) => issueCode(found.pool.id, user, purpose, { below: randomBelow, now, about: address })

/** Sends a code or a temporary password to a user. */
export async function sendMessage(
  context: UserContext,
  kind: MessageKind,
  user: PoolUser,
  { attribute, address }: Addressee,
  { secret, username = user.username }: { readonly secret: string; readonly username?: string },
): Promise<void> {
  const { parts, found, client, clientMetadata, call } = context
  const medium = MEDIUM_OF[attribute]
  const isConfirmation = kind === 'sign-up' || kind === 'resend'
  const byLink = isConfirmation && client && medium === 'EMAIL' && confirmsByLink(found.pool.doc.settings)
  const text = await writeMessage(parts.callTrigger, found, {
    kind,
    medium,
    user,
    username,
    secret,
    link: byLink ? confirmationLink(found, client.id, user.username, secret) : undefined,
    clientId: client?.id,
    clientMetadata,
    traceId: call.traceId,
  })
  await parts.messenger.send(found, { ...text, kind, medium, to: address, username: user.username, secret })
}

/** Where a click confirms a sign-up: `{issuer}/confirmUser`. */
function confirmationLink({ pool }: FoundPool, clientId: string, username: string, code: string): string {
  const query = new URLSearchParams({ client_id: clientId, user_name: username, confirmation_code: code })
  return `${pool.doc.issuer}/confirmUser?${query}`
}

/**
 * Which address of a user a pool verifies by itself at sign-up: by text message where that is possible, as there is only
 * one message. Undefined where there is nothing to verify.
 */
export function addressToVerify({ found }: UserContext, { attributes }: PoolUser): Addressee | undefined {
  const verified = found.pool.doc.settings.AutoVerifiedAttributes ?? []
  for (const attribute of ['phone_number', 'email'] as const) {
    const address = attributes[attribute]
    if (verified.includes(attribute) && address && !isVerified(attributes, attribute))
      return { attribute, address }
  }
  return undefined
}

/**
 * The addresses by which users of a pool may recover their accounts, the preferred one first. Without a setting it is
 * the verified telephone number, and otherwise the verified address.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AccountRecoverySettingType.html
 */
export function recoveryAttributes({ pool }: FoundPool): Verifiable[] {
  const mechanisms = pool.doc.settings.AccountRecoverySetting?.RecoveryMechanisms
  if (!mechanisms || mechanisms.length === 0) return ['phone_number', 'email']
  return mechanisms
    .toSorted((one, other) => (one.Priority ?? 0) - (other.Priority ?? 0))
    .flatMap(({ Name }): Verifiable[] => {
      if (Name === 'verified_email') return ['email']
      return Name === 'verified_phone_number' ? ['phone_number'] : []
    })
}

/** Where a user can be sent a code to recover the account. */
export function recoveryAddress({ found }: UserContext, { attributes }: PoolUser): Addressee | undefined {
  for (const attribute of recoveryAttributes(found)) {
    const address = attributes[attribute]
    if (address && isVerified(attributes, attribute)) return { attribute, address }
  }
  return undefined
}

/**
 * Work whose time would tell that there is such a user. A deployed Weir answers before it is done, and says nothing of
 * what becomes of it; in development whoever waits for the answer looks into the outbox next.
 */
export async function unseen({ call }: UserContext, work: () => Promise<void>): Promise<void> {
  const done = work().catch(error => {
    if (!(error instanceof Refusal)) console.error('a message to a user was not sent', error)
  })
  if (isLocal(call.platform.env)) await done
  else call.platform.defer(done)
}
