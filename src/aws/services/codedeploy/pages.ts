import { readPageMarker } from '../../../records/page-marker.ts'
import { takePage } from '../../../records/take-page.ts'
import { refuse } from './context.ts'
import { LIMITS } from './limits.ts'

interface Page<T> {
  readonly items: T[]
  readonly nextToken: string | undefined
}

/**
 * One page of a list.
 *
 * @param list names the list with its filters: tokens of other lists are refused
 * @param rest what comes after a position, in order, and more of it than a page takes
 * @param positionOf where an item stands in it
 */
export async function pageOf<T>(
  list: string,
  token: string | undefined,
  rest: (
    position: readonly string[],
    atOnce: number,
  ) => AsyncIterable<T> | Iterable<T> | Promise<Iterable<T>>,
  positionOf: (item: T) => readonly string[],
): Promise<Page<T>> {
  const position = token === undefined ? [] : readPageMarker(list, token)
  if (!position) throw refuse('InvalidNextToken', 'The next token was specified in an invalid format')
  const items = await rest(position, LIMITS.pageSize + 1)
  const page = await takePage(list, items, LIMITS.pageSize, positionOf)
  return { items: page.items, nextToken: page.next }
}

/** Names that are at hand, in their order. */
export const pageOfNames = (list: string, token: string | undefined, names: readonly string[]) =>
  pageOf(
    list,
    token,
    ([last = '']) => names.filter(name => name > last),
    name => [name],
  )
