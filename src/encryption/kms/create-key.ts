import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { Publications } from '../../records/publications.ts'
import { type Change, Records, StaleRevision } from '../../records/records.ts'
import { type KeyPlace, type KmsKeyRecord, kmsAliases, kmsKeys } from './key-records.ts'
import { KMS_KEY_PUBLICATION, publishKmsKey } from './published-keys.ts'
import { newMaterial } from './use-key.ts'

export type GivenKey = Pick<KmsKeyRecord, 'description' | 'policy' | 'tags' | 'manager'>

/** A new key, enabled; it is there once the change that it is part of is committed, and published. */
export async function addKey(
  env: Env,
  change: Change,
  place: KeyPlace,
  given: GivenKey,
  now: number,
): Promise<KmsKeyRecord> {
  const { id, sealed } = await newMaterial(env, place)
  const record: KmsKeyRecord = {
    ...given,
    created: now,
    state: 'Enabled',
    material: { [id]: sealed },
    current: id,
    rotations: [],
  }
  change.create(kmsKeys, { parent: '', id: place.id }, record)
  change.publish({ kind: KMS_KEY_PUBLICATION, id: place.id })
  return record
}

/** Tells the data plane of a key that was written. */
export const publishKey = (env: Env, { account, id }: KeyPlace): Promise<void> =>
  new Publications(env.DB, { [KMS_KEY_PUBLICATION]: publishKmsKey(env) }).publish(
    account,
    KMS_KEY_PUBLICATION,
    id,
  )

/** A key that a service has in every account and region is made when it is first asked for, with its alias. */
export async function managedKey(
  env: Env,
  account: Account,
  alias: string,
  given: Omit<GivenKey, 'manager'>,
  now: number,
): Promise<KeyPlace> {
  const records = new Records(env.DB, account)
  const known = await records.get(kmsAliases, '', alias)
  if (known) return { account, id: known.doc.target }
  const place = { account, id: crypto.randomUUID() }
  const change = records.change()
  await addKey(env, change, place, { ...given, manager: 'AWS' }, now)
  change.create(kmsAliases, { parent: '', id: alias }, { target: place.id, created: now, updated: now })
  try {
    await change.commit()
  } catch (error) {
    const raced = error instanceof StaleRevision && (await records.get(kmsAliases, '', alias))
    if (!raced) throw error
    return { account, id: raced.doc.target }
  }
  await publishKey(env, place)
  return place
}
