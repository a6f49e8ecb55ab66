import { readPageMarker } from '../../../records/page-marker.ts'
import { takePage } from '../../../records/take-page.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'

/**
 * One page of a list.
 *
 * @param list names the list: tokens of other lists are refused
 * @param rest what comes after an item; all of them after undefined
 */
export async function pageOf<T extends { readonly id: string }>(
  list: string,
  rest: (after: string | undefined) => AsyncIterable<T>,
  token: string | undefined,
): Promise<{ readonly items: T[]; readonly NextToken: string | undefined }> {
  // An empty one asks for the first page: clients send what they were given.
  const position = token ? readPageMarker(list, token) : []
  if (!position) throw invalidParameter('NextToken')
  const { items, next } = await takePage(list, rest(position[0]), LIMITS.pageSize, ({ id }) => [id])
  return { items, NextToken: next }
}
