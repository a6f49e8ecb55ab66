import { writePageMarker } from './page-marker.ts'

/** One page of a list, and the marker of the next one; undefined when nothing follows. */
export interface TakenPage<T> {
  readonly items: T[]
  readonly next: string | undefined
}

/**
 * Takes the first `limit` items, and reads no further than to the one after them.
 *
 * @param list names the list with its filters, for its markers
 * @param positionOf where an item stands in the list
 */
export async function takePage<T>(
  list: string,
  rest: AsyncIterable<T> | Iterable<T>,
  limit: number,
  positionOf: (item: T) => readonly string[],
): Promise<TakenPage<T>> {
  const items: T[] = []
  for await (const item of rest) {
    if (items.length === limit) return { items, next: writePageMarker(list, ...positionOf(items.at(-1)!)) }
    items.push(item)
  }
  return { items, next: undefined }
}
