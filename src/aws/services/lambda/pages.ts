import { invalidParameter } from '../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../functions/control/limits.ts'
import { readPageMarker, writePageMarker } from '../../../records/page-marker.ts'

/** Items of a page: Lambda gives fewer than are asked for where it likes, and never more than fifty. */
export const pageSize = (maxItems: number | undefined): number =>
  Math.min(maxItems ?? LIMITS.pageSize, LIMITS.pageSize)

/** Of the list that is named, with its filter: markers of other lists are refused. */
export const writeMarker = writePageMarker

export function readMarker(list: string, marker: string | undefined): readonly string[] {
  if (!marker) return []
  const position = readPageMarker(list, marker)
  if (!position) throw invalidParameter('The Marker is not one that this list gave.')
  return position
}
