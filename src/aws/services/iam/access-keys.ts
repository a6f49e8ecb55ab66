import { type AccessKeyRecord, accessKeys } from '../../../identity/iam-records.ts'
import type { Stored } from '../../../records/records.ts'
import type { Context, Draft } from './context.ts'
import { LIMITS } from './limits.ts'
import { limitExceeded, noSuchEntity } from './refusals.ts'

/**
 * An owner has two places for keys, and no two keys have one: the database sees to it, so that no more are made when
 * several are asked for at a time. The place is the key's alias.
 */
const placesOf = (owner: string): string[] =>
  Array.from({ length: LIMITS.accessKeys }, (_, place) => `${place + 1} ${owner}`)

/** The same place of another owner: for a user that is renamed. */
export const placeOfKey = (owner: string, { alias }: Stored<AccessKeyRecord>): string | undefined =>
  alias && `${alias.split(' ', 1)[0]} ${owner}`

/** @param owner see {@link accessKeys} */
export async function createKey(
  { records }: Context,
  draft: Draft,
  owner: string,
  id: string,
  record: AccessKeyRecord,
): Promise<void> {
  const keys = await records.all(accessKeys, owner)
  const place = placesOf(owner).find(each => keys.every(({ alias }) => alias !== each))
  if (keys.length >= LIMITS.accessKeys || place === undefined) {
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
