import type { KMS } from '@aws-sdk/client-kms'
import { managedKey, publishKey } from '../../../encryption/kms/create-key.ts'
import {
  aliasArn,
  type KeyPlace,
  type KmsKeyRecord,
  keyArn,
  kmsAliases,
  kmsKeys,
} from '../../../encryption/kms/key-records.ts'
import { KMS_KEY_PUBLICATION } from '../../../encryption/kms/published-keys.ts'
import type { Account } from '../../../lib/account.ts'
import { partsOfArn } from '../../../lib/arn.ts'
import type { Platform } from '../../../platform.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Stored } from '../../../records/records.ts'
import type { AccountContext as Context } from '../../account-context.ts'
import type { Handlers } from '../../wire/service.ts'
import { managedPolicy } from './key-policies.ts'
import { accessDenied, invalidState, noSuchKey, notFound, unknownBlobKey } from './refusals.ts'

export type KmsHandlers = Handlers<KMS, Platform>

export { type AccountContext as Context, accountContext as contextOf } from '../../account-context.ts'

/** Services' own keys, which exist by themselves. */
export const MANAGED_ALIASES = ['alias/aws/lambda'] as const

const KEY_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Which key a `KeyId` names: by id or ARN, or by an alias or its ARN where the operation takes one. Whether there is
 * such a key is not known yet.
 */
export async function placeOf(
  context: Context,
  text: string,
  aliases: 'aliases' | 'no aliases',
): Promise<KeyPlace> {
  const { account, resource } = namedBy(context, text)
  if (resource.startsWith('key/')) {
    const id = resource.slice('key/'.length)
    if (KEY_ID.test(id)) return { account, id }
  }
  if (resource.startsWith('alias/') && aliases === 'aliases') return placeOfAlias(context, account, resource)
  throw notFound(`Invalid keyId '${text}'`)
}

function namedBy({ account }: Context, text: string): { account: Account; resource: string } {
  if (!text.startsWith('arn:')) {
    return { account, resource: text.startsWith('alias/') ? text : `key/${text}` }
  }
  const { service, region, account: id, resource } = partsOfArn(text)
  if (service !== 'kms' || region !== account.region || id === '') throw notFound(`Invalid arn ${text}`)
  return { account: { id, region }, resource }
}

async function placeOfAlias(
  { platform, account: own, now }: Context,
  account: Account,
  name: string,
): Promise<KeyPlace> {
  const found = await platform.records(account).get(kmsAliases, '', name)
  if (found) return { account, id: found.doc.target }
  if (account.id !== own.id) throw unknownBlobKey()
  if (!MANAGED_ALIASES.some(alias => alias === name)) {
    throw notFound(`Alias ${aliasArn(account, name)} is not found.`)
  }
  const service = name.slice('alias/aws/'.length)
  const given = {
    description: `Default key that protects my ${service} functions when no other key is defined`,
    policy: managedPolicy(account, service),
    tags: {},
  }
  return managedKey(platform.env, account, name, given, now)
}

/** A key's record; refuses when there is none (any more). */
export async function findKey(context: Context, place: KeyPlace): Promise<Stored<KmsKeyRecord>> {
  const found = await context.platform.records(place.account).get(kmsKeys, '', place.id)
  const { deletion } = found?.doc ?? {}
  if (!found || (deletion !== undefined && deletion <= context.now)) throw noSuchKey(keyArn(place))
  return found
}

/** A key of the caller's own account that an operation names; aliases are not taken. */
export async function findOwnKey(
  context: Context,
  text: string,
): Promise<{ place: KeyPlace; stored: Stored<KmsKeyRecord> }> {
  const place = await ownPlace(context, text)
  return { place, stored: await findKey(context, place) }
}

async function ownPlace(context: Context, text: string): Promise<KeyPlace> {
  const place = await placeOf(context, text, 'no aliases')
  if (place.account.id !== context.account.id) {
    const { arn } = context.call.identity
    throw accessDenied(
      `User: ${arn} is not authorized to perform: kms:${context.call.operation} on resource: ${keyArn(place)}`,
    )
  }
  return place
}

/** A change of one key of the account's own: what `edit` answers is what it is from now on, everywhere. */
export async function changeKey(
  context: Context,
  text: string,
  edit: (key: KmsKeyRecord, place: KeyPlace) => KmsKeyRecord | Promise<KmsKeyRecord>,
): Promise<{ place: KeyPlace; key: KmsKeyRecord }> {
  const place = await ownPlace(context, text)
  const key = await change(context, async () => {
    const stored = await findKey(context, place)
    if (stored.doc.manager === 'AWS') {
      throw accessDenied(
        `User: ${context.call.identity.arn} is not authorized to perform: kms:${context.call.operation} on resource: ${keyArn(place)} because it is a key of a service`,
      )
    }
    const doc = await edit(stored.doc, place)
    await context.records
      .change()
      .replace(kmsKeys, stored, doc)
      .publish({ kind: KMS_KEY_PUBLICATION, id: place.id })
      .commit()
    return doc
  })
  await publishKey(context.platform.env, place)
  return { place, key }
}

/** `work` reads, decides and commits, and is run again when somebody else was faster. */
export const change = <T>({ call }: Context, work: () => Promise<T>): Promise<T> =>
  modifyOr(
    () => invalidState(`${call.operation}: others keep changing this at the same time. Try again.`),
    work,
  )

/** A key that is to be deleted can only be described, and kept after all. */
export function notPendingDeletion(key: KmsKeyRecord, place: KeyPlace): KmsKeyRecord {
  if (key.state === 'PendingDeletion') throw invalidState(`${keyArn(place)} is pending deletion.`)
  return key
}
