import type { AttributeType, CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import {
  type Attributes,
  changedAttributes,
  checkAttributes,
  checkRemoval,
  isVerifiable,
  isVerified,
  VERIFIABLE,
  type Verifiable,
  withoutEmpty,
} from '../../../identity/user-pools/users/attributes.ts'
import { checkPreferredName } from '../../../identity/user-pools/users/name-rules.ts'
import type { PoolUser } from '../../../identity/user-pools/users/pool-user.ts'
import { changeUser, type UserContext, type Whom } from './user-context.ts'
import {
  type Addressee,
  detailsOf,
  limitSending,
  limitSendingTo,
  requireMessenger,
  sendMessage,
  withCode,
} from './user-messages.ts'

/**
 * Writes attributes of a user, and sends a code to each address that has changed, is not said to be verified, and is
 * verified by the pool by itself. Where the pool keeps the old address until then, it stays.
 *
 * @returns where codes went
 */
export async function updateAttributes(
  context: UserContext,
  whom: Whom,
  given: readonly AttributeType[],
): Promise<CodeDeliveryDetailsType[]> {
  const { found, client, now } = context
  const { doc: pool } = found.pool
  let sent: (Addressee & { readonly code: string })[] = []
  // Once, however often the change is made anew; an administrator's are for nobody to count.
  let isCounted = false
  const { user } = await changeUser(context, whom, async before => {
    sent = []
    const wanted = checkAttributes(pool, given, { client: client?.doc.settings, before: before.attributes })
    checkPreferredName(pool.settings, wanted)
    const changed = changedAddresses(context, before, wanted)
    if (changed.length > 0 && client && !isCounted) {
      await limitSending(context, before.username)
      for (const { address } of changed) await limitSendingTo(context, address)
      isCounted = true
    }
    const kept = changed.filter(({ attribute }) => isKeptUntilVerified(context, attribute))
    const written = { ...wanted }
    for (const { attribute } of kept) delete written[attribute]
    let after: PoolUser = {
      ...before,
      attributes: changedAttributes(before.attributes, written),
      modified: now,
    }
    for (const addressee of changed) {
      requireMessenger(context, addressee.attribute)
      const issued = await withCode(context, after, `attribute ${addressee.attribute}`, addressee.address)
      after = issued.user
      sent.push({ ...addressee, code: issued.code })
    }
    return after
  })
  for (const { code, ...addressee } of sent) {
    await sendMessage(context, 'attribute update', user, addressee, { secret: code })
  }
  return sent.map(detailsOf)
}

/** The new addresses that have yet to be verified. */
function changedAddresses({ found }: UserContext, user: PoolUser, wanted: Attributes): Addressee[] {
  const { AutoVerifiedAttributes = [] } = found.pool.doc.settings
  return VERIFIABLE.flatMap(attribute => {
    const address = wanted[attribute]
    if (!address || address === user.attributes[attribute] || isVerified(wanted, attribute)) return []
    return AutoVerifiedAttributes.includes(attribute) ? [{ attribute, address }] : []
  })
}

/** Whether a pool keeps a user's old address until the new one is verified; it does not where there is none. */
const isKeptUntilVerified = ({ found }: UserContext, attribute: Verifiable): boolean => {
  const { UserAttributeUpdateSettings } = found.pool.doc.settings
  return UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate?.includes(attribute) === true
}

/**
 * A user whose address is verified now: the one that a code went to. Undefined when that is neither the user's nor to
 * become it.
 */
export function withVerified(
  context: UserContext,
  user: PoolUser,
  attribute: Verifiable,
  address: string | undefined,
): PoolUser | undefined {
  const isOwn = address !== undefined && user.attributes[attribute] === address
  if (address === undefined || (!isOwn && !isKeptUntilVerified(context, attribute))) return undefined
  const attributes = { ...user.attributes, [attribute]: address, [`${attribute}_verified`]: 'true' }
  return { ...user, attributes, modified: context.now }
}

export async function deleteAttributes(
  context: UserContext,
  whom: Whom,
  names: readonly string[],
): Promise<void> {
  const { found, client, now } = context
  checkRemoval(found.pool.doc, names, client?.doc.settings)
  await changeUser(context, whom, before => {
    const left = Object.entries(before.attributes).filter(([attribute]) => !names.includes(attribute))
    const codes = { ...before.codes }
    for (const attribute of names) if (isVerifiable(attribute)) delete codes[`attribute ${attribute}`]
    return { ...before, attributes: withoutEmpty(Object.fromEntries(left)), codes, modified: now }
  })
}
