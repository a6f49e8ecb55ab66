import type { Env } from '../../env.ts'
import { DAY_MS } from '../../lib/utc-day.ts'
import { Records, StaleRevision, type Stored } from '../../records/records.ts'
import { publishKey } from './create-key.ts'
import { type KeyPlace, type KmsKeyRecord, kmsAliases, kmsKeys, type Rotation } from './key-records.ts'
import { KMS_KEY_PUBLICATION } from './published-keys.ts'
import { newMaterial } from './use-key.ts'

/** A key with new material: what it encrypted before is decrypted with what it was encrypted with. */
export async function rotated(
  env: Env,
  place: KeyPlace,
  key: KmsKeyRecord,
  rotation: Rotation,
): Promise<KmsKeyRecord> {
  const { id, sealed } = await newMaterial(env, place)
  return {
    ...key,
    material: { ...key.material, [id]: sealed },
    current: id,
    rotations: [...key.rotations, rotation],
  }
}

interface Due {
  account: string
  region: string
  id: string
}

/** Rotates and deletes the keys whose time has come, so many at a time; whatever is left waits for the next time. */
export async function tendDueKeys(env: Env, now: number, limit = 20): Promise<number> {
  // The kind stands in the text, since an index with a condition is not used for one that is bound.
  const { results } = await env.DB.prepare(
    `SELECT account, region, id FROM resources WHERE kind = 'kms.key' AND doc ->> '$.due' <= ?
     ORDER BY doc ->> '$.due' LIMIT ?`,
  )
    .bind(now, limit)
    .all<Due>()
  for (const { account: id, region, id: key } of results) {
    try {
      await tend(env, { account: { id, region }, id: key }, now)
    } catch (error) {
      // Somebody changed it at this moment.
      if (!(error instanceof StaleRevision)) console.warn(`key ${key} could not be tended yet`, error)
    }
  }
  return results.length
}

async function tend(env: Env, place: KeyPlace, now: number): Promise<void> {
  const records = new Records(env.DB, place.account)
  const stored = await records.get(kmsKeys, '', place.id)
  if (!stored || stored.doc.due === undefined || stored.doc.due > now) return
  if (stored.doc.deletion === undefined) await rotate(env, place, records, stored, now)
  else await remove(records, place, stored)
  await publishKey(env, place)
}

async function rotate(
  env: Env,
  place: KeyPlace,
  records: Records,
  stored: Stored<KmsKeyRecord>,
  now: number,
): Promise<void> {
  const key = stored.doc
  const { periodInDays } = key.rotation!
  const next = now + periodInDays * DAY_MS
  // One that is switched off is not rotated, but its time goes on.
  const turned =
    key.state === 'Enabled' ? await rotated(env, place, key, { at: now, type: 'AUTOMATIC' }) : key
  await records
    .change()
    .replace(kmsKeys, stored, { ...turned, rotation: { periodInDays, next }, due: next })
    .publish({ kind: KMS_KEY_PUBLICATION, id: place.id })
    .commit()
}

async function remove(records: Records, place: KeyPlace, stored: Stored<KmsKeyRecord>): Promise<void> {
  const change = records.change().remove(kmsKeys, stored)
  for (const alias of await records.all(kmsAliases, '')) {
    if (alias.doc.target === place.id) change.remove(kmsAliases, alias)
  }
  await change.publish({ kind: KMS_KEY_PUBLICATION, id: place.id }).commit()
}
