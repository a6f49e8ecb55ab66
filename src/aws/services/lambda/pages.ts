import { invalidParameter } from '../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../functions/control/limits.ts'
import { readPageMarker } from '../../../records/page-marker.ts'
import { takePage } from '../../../records/take-page.ts'

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
  const rest = after(readMarker(list, Marker), limit + 1)
  const { items, next } = await takePage(list, rest, limit, positionOf)
  return { items, NextMarker: next }
}

/** Where resources stand in a list in the order of their ids. */
export const byId = ({ id }: { readonly id: string }): readonly string[] => [id]

function readMarker(list: string, marker: string | undefined): readonly string[] {
  if (!marker) return []
  const position = readPageMarker(list, marker)
  if (!position) throw invalidParameter('The Marker is not one that this list gave.')
  return position
}
