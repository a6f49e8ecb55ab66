import { readPageMarker } from '../../../records/page-marker.ts'
import type { Kind, Records, Stored } from '../../../records/records.ts'
import { takePage } from '../../../records/take-page.ts'
import { LIMITS } from './limits.ts'
import { badRequest } from './refusals.ts'

/** What a caller asks of a paged list. */
export interface PageRequest {
  readonly position?: string
  readonly limit?: number
}

/** One page as the wire writes it. */
export interface Answered<T> {
  readonly items: T[]
  readonly position?: string
}

/** Rows of one read: few, as documents may be large; more where a filter looks for enough small ones. */
const BATCH = 26
const FILTERED_BATCH = 500

/**
 * A page of a parent's resources in the order of their ids. Positions are opaque and belong to the list they came
 * from: `list` names it, including the filter, so that another list's position is refused and not misread.
 */
export async function pageOf<T, A>(
  records: Records,
  of: Kind<T>,
  parent: string,
  list: string,
  request: PageRequest,
  answer: (stored: Stored<T>) => A,
  matches?: (stored: Stored<T>) => boolean,
): Promise<Answered<A>> {
  const limit = pageSize(request.limit)
  const after = readPosition(list, request.position)
  const batch = matches ? FILTERED_BATCH : Math.min(limit + 1, BATCH)
  const rest = records.each(of, parent, { after, batch })
  const { items, next } = await takePage(list, matches ? only(rest, matches) : rest, limit, ({ id }) => [id])
  return { items: items.map(answer), position: next }
}

async function* only<T>(all: AsyncIterable<T>, matches: (item: T) => boolean): AsyncGenerator<T> {
  for await (const item of all) if (matches(item)) yield item
}

/** AWS answers a limit out of range like its nearest bound. */
export function pageSize(limit: number | undefined): number {
  if (limit === undefined || limit < 1) return LIMITS.pageSize.usual
  return Math.min(Math.floor(limit), LIMITS.pageSize.most)
}

export function readPosition(list: string, position: string | undefined): string | undefined {
  if (!position) return undefined
  const after = readPageMarker(list, position)?.[0]
  if (after === undefined) throw badRequest('Invalid position parameter specified')
  return after
}
