import { readPageMarker } from '../../../records/page-marker.ts'
import { takePage } from '../../../records/take-page.ts'
import { LIMITS } from './limits.ts'
import { validationError } from './refusals.ts'

export interface Asked {
  readonly Marker?: string
  readonly MaxItems?: number
}

interface Page<T> {
  readonly items: readonly T[]
  readonly IsTruncated: boolean
  readonly Marker: string | undefined
}

/**
 * One page of a list that is whole, because a quota bounds it.
 *
 * @param list names the list with its filters: markers of other lists are refused
 * @param keyOf orders the items, and tells them apart
 */
export async function pageOf<T>(
  list: string,
  all: readonly T[],
  keyOf: (item: T) => string,
  asked: Asked,
): Promise<Page<T>> {
  const sorted = all.map(item => [keyOf(item), item] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  const position = asked.Marker === undefined ? [] : readPageMarker(list, asked.Marker)
  if (!position) throw validationError(`Invalid Marker.`)
  const [after = ''] = position
  const rest = sorted.filter(([key]) => key > after)
  const { items, next } = await takePage(list, rest, asked.MaxItems ?? LIMITS.pageSize, ([key]) => [key])
  return { items: items.map(([, item]) => item), IsTruncated: next !== undefined, Marker: next }
}
