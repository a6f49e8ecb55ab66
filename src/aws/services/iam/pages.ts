import { readPageMarker, writePageMarker } from '../../../records/page-marker.ts'
import { LIMITS } from './limits.ts'
import { validationError } from './refusals.ts'

interface Asked {
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
export function pageOf<T>(
  list: string,
  all: readonly T[],
  keyOf: (item: T) => string,
  asked: Asked,
): Page<T> {
  const sorted = all.map(item => [keyOf(item), item] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  const position = asked.Marker === undefined ? [] : readPageMarker(list, asked.Marker)
  if (!position) throw validationError(`Invalid Marker.`)
  const [after = ''] = position
  const rest = sorted.filter(([key]) => key > after)
  const page = rest.slice(0, asked.MaxItems ?? LIMITS.pageSize)
  const isTruncated = rest.length > page.length
  return {
    items: page.map(([, item]) => item),
    IsTruncated: isTruncated,
    Marker: isTruncated ? writePageMarker(list, page.at(-1)![0]) : undefined,
  }
}
