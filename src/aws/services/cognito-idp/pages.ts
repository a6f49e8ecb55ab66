import { readPageMarker } from '../../../records/page-marker.ts'
import type { Kind, Records, Stored } from '../../../records/records.ts'
import { takePage } from '../../../records/take-page.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'

/** What a caller asks of a list, however the operation calls it. */
export interface PageRequest {
  readonly limit: number | undefined
  readonly token: string | undefined
}

export interface AnsweredPage<A> {
  readonly items: A[]
  readonly next: string | undefined
}

/** Documents of one read: pools and clients are of a few thousand characters each. */
const BATCH = 61

/**
 * A page of a parent's resources in the order of their ids. Tokens are opaque and belong to the list they came from,
 * which `list` names, so that another list's token is refused and not misread.
 */
export async function pageOf<T, A>(
  records: Records,
  of: Kind<T>,
  parent: string,
  list: string,
  { limit, token }: PageRequest,
  answer: (stored: Stored<T>) => A,
): Promise<AnsweredPage<A>> {
  const after = readToken(list, token)?.[0]
  const size = pageSize(limit)
  const rest = records.each(of, parent, { after, batch: Math.min(size + 1, BATCH) })
  const { items, next } = await takePage(list, rest, size, ({ id }) => [id])
  return { items: items.map(answer), next }
}

/** Some operations take 0 for as many as there may be. */
export const pageSize = (limit: number | undefined): number => limit || LIMITS.pageSize

export function readToken(list: string, token: string | undefined): readonly string[] | undefined {
  if (token === undefined) return undefined
  const position = readPageMarker(list, token)
  if (!position) throw invalidParameter('Invalid pagination token.')
  return position
}
