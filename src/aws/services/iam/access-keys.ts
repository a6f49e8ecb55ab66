import { freePlace } from '../../../identity/control/access-key-places.ts'
import { type AccessKeyRecord, accessKeys } from '../../../identity/iam-records.ts'
import type { Stored } from '../../../records/records.ts'
import type { Context, Draft } from './context.ts'
import { LIMITS } from './limits.ts'
import { limitExceeded, noSuchEntity } from './refusals.ts'

/** @param owner see {@link accessKeys} */
export async function createKey(
  { records }: Context,
  draft: Draft,
  owner: string,
  id: string,
  record: AccessKeyRecord,
): Promise<void> {
  const place = freePlace(owner, await records.all(accessKeys, owner))
  if (place === undefined) {
    throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${LIMITS.accessKeys}`)
  }
  draft.writes.create(accessKeys, { parent: owner, id }, record, place)
  draft.publish('key', id)
}

/** A key of one owner: another's is as good as none. */
export async function findKey(
  { records }: Context,
  owner: string,
  id: string,
): Promise<Stored<AccessKeyRecord>> {
  const found = await records.get(accessKeys, owner, id)
  if (!found) throw noSuchKey(id)
  return found
}

export const noSuchKey = (id: string) => noSuchEntity(`The Access Key with id ${id} cannot be found.`)
