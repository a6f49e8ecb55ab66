import { invalidParameter } from '../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../functions/control/limits.ts'
import { readPageMarker, writePageMarker } from '../../../records/page-marker.ts'

/** What every list is asked with. */
interface Asked {
  readonly Marker?: string
  readonly MaxItems?: number
}

interface ListPage<T> {
  readonly items: readonly T[]
  readonly NextMarker: string | undefined
}

/**
 * One page of a list. Lambda gives fewer items than are asked for where it likes, and never more than fifty.
 *
 * @param list names the list with its filters: markers of other lists are refused
 * @param after gives what comes after a position, in order; `atOnce` is more than the page takes
 * @param positionOf where an item stands in it
 */
export async function pageOf<T>(
  list: string,
  { Marker, MaxItems }: Asked,
  after: (position: readonly string[], atOnce: number) => AsyncIterable<T> | Iterable<T>,
  positionOf: (item: T) => readonly string[],
): Promise<ListPage<T>> {
  const limit = Math.min(MaxItems ?? LIMITS.pageSize, LIMITS.pageSize)
  const items: T[] = []
  for await (const item of after(readMarker(list, Marker), limit + 1)) {
    if (items.length === limit) {
      return { items, NextMarker: writePageMarker(list, ...positionOf(items.at(-1)!)) }
    }
    items.push(item)
  }
  return { items, NextMarker: undefined }
}

/** Where resources stand in a list in the order of their ids. */
export const byId = ({ id }: { readonly id: string }): readonly string[] => [id]

function readMarker(list: string, marker: string | undefined): readonly string[] {
  if (!marker) return []
  const position = readPageMarker(list, marker)
  if (!position) throw invalidParameter('The Marker is not one that this list gave.')
  return position
}
