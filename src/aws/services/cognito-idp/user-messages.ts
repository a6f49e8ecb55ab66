import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import { isLocal } from '../../../env.ts'
import type { FoundPool } from '../../../identity/user-pools/find-pool.ts'
import { undeliverable } from '../../../identity/user-pools/messages/messenger.ts'
import {
  confirmsByLink,
  type Medium,
  type MessageKind,
  masked,
  writeMessage,
} from '../../../identity/user-pools/messages/write-message.ts'
import { attempting } from '../../../identity/user-pools/sign-in/attempts-guard.ts'
import { isVerified, type Verifiable } from '../../../identity/user-pools/users/attributes.ts'
import { type CodePurpose, issueCode } from '../../../identity/user-pools/users/codes.ts'
import { nameKeyOf } from '../../../identity/user-pools/users/names-of-user.ts'
import type { PoolUser } from '../../../identity/user-pools/users/pool-user.ts'
import type { StoredUser } from '../../../identity/user-pools/users/users.ts'
import { randomBelow } from '../../../lib/random.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { changeUser, type UserContext } from './user-context.ts'

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

/**
 * The same for an address that somebody names: whoever can make any number of users, or name any number of addresses,
 * must not flood somebody else's mailbox either. Whoever asks may be a server that does so for all users.
 */
export const limitSendingTo = ({ call, found }: UserContext, address: string): Promise<unknown> =>
  attempting(
    call.platform.env,
    { pool: found.pool.id, what: 'code', user: `message to ${address.toLowerCase()}` },
    attempt => attempt.ended('wrong'),
  )

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

interface NewCode {
  readonly kind: MessageKind
  readonly purpose: CodePurpose
  /** What else becomes of the user. */
  readonly edit?: (user: PoolUser) => PoolUser
  /** As the user was named; otherwise what the user is called. */
  readonly username?: string
}

/** Gives a user a new code, and sends it. Throws a refusal when the user is gone by then. */
export async function sendNewCode(
  context: UserContext,
  stored: StoredUser,
  addressee: Addressee,
  { kind, purpose, edit = user => user, username = stored.user.username }: NewCode,
): Promise<void> {
  let code = ''
  const { user } = await changeUser(context, stored, async before => {
    const issued = await withCode(context, edit(before), purpose, addressee.address)
    code = issued.code
    return issued.user
  })
  await sendMessage(context, kind, user, addressee, { secret: code, username })
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
