import { Refusal } from '../../../lib/refusal.ts'
import { readPageMarker } from '../../../records/page-marker.ts'
import { takePage } from '../../../records/take-page.ts'

interface Asked {
  readonly Marker?: string
  readonly Limit?: number
}

interface Page<T> {
  readonly items: T[]
  readonly Truncated: boolean
  readonly NextMarker: string | undefined
}

/**
 * One page of a list.
 *
 * @param list names the list with its filters: markers of other lists are refused
 * @param rest what comes after an item; all of them after undefined
 * @param positionOf an item's place in the list
 */
export async function pageOf<T>(
  list: string,
  rest: (after: string | undefined) => AsyncIterable<T> | Iterable<T>,
  positionOf: (item: T) => string,
  asked: Asked,
  defaultLimit: number,
): Promise<Page<T>> {
  const position = asked.Marker === undefined ? [] : readPageMarker(list, asked.Marker)
  if (!position) throw new Refusal('InvalidMarkerException', 'The marker is not valid for this list')
  const { items, next } = await takePage(list, rest(position[0]), asked.Limit ?? defaultLimit, item => [
    positionOf(item),
  ])
  return { items, Truncated: next !== undefined, NextMarker: next }
}
