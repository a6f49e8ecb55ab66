import { readPageMarker } from '../../../records/page-marker.ts'
import { takePage } from '../../../records/take-page.ts'
import { badToken } from './refusals.ts'

interface Asked {
  readonly nextToken?: string
  readonly limit?: number
}

/**
 * One page of a list.
 *
 * @param list names the list with its filters: tokens of other lists are refused
 * @param rest what comes after an item, by its position; all of them without one
 * @param positionOf an item's place in the list
 */
export async function pageOf<T>(
  list: string,
  rest: (...after: string[]) => AsyncIterable<T> | Iterable<T>,
  positionOf: (item: T) => readonly string[],
  { nextToken, limit }: Asked,
  defaultLimit: number,
): Promise<{ items: T[]; nextToken: string | undefined }> {
  const position = nextToken === undefined ? [] : readPageMarker(list, nextToken)
  if (!position) throw badToken()
  const { items, next } = await takePage(list, rest(...position), limit ?? defaultLimit, positionOf)
  return { items, nextToken: next }
}
