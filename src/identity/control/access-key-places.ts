import type { Stored } from '../../records/records.ts'
import type { AccessKeyRecord } from '../iam-records.ts'

/** "You can have a maximum of two access keys (active or inactive) at a time." */
export const MOST_ACCESS_KEYS = 2

type Key = Pick<Stored<AccessKeyRecord>, 'alias'>

/**
 * The place that a further key of an owner takes; undefined where there is none left. No two keys have one place, which
 * is the key's alias: the database sees to it, so that no more are made when several are asked for at a time.
 *
 * @param owner see {@link accessKeys} in `iam-records.ts`
 * @param keys all that the owner has
 */
export function freePlace(owner: string, keys: readonly Key[]): string | undefined {
  if (keys.length >= MOST_ACCESS_KEYS) return undefined
  const places = Array.from({ length: MOST_ACCESS_KEYS }, (_, place) => `${place + 1} ${owner}`)
  return places.find(place => keys.every(({ alias }) => alias !== place))
}

/** The same place of another owner: for a user that is renamed. */
export const placeAt = (owner: string, { alias }: Key): string | undefined =>
  alias && `${alias.split(' ', 1)[0]} ${owner}`
