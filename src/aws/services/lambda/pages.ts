import { invalidParameter } from '../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../functions/control/limits.ts'

/** Items of a page: Lambda gives fewer than are asked for where it likes, and never more than fifty. */
export const pageSize = (maxItems: number | undefined): number =>
  Math.min(maxItems ?? LIMITS.pageSize, LIMITS.pageSize)

/**
 * Markers are opaque and belong to the list they came from: `list` names it with its filter, so that another list's
 * marker is refused and not misread.
 */
export function writeMarker(list: string, ...position: readonly string[]): string {
  const bytes = new TextEncoder().encode(JSON.stringify([list, ...position]))
  return btoa(String.fromCharCode(...bytes))
}

export function readMarker(list: string, marker: string | undefined): readonly string[] {
  if (!marker) return []
  try {
    const bytes = Uint8Array.from(atob(marker), character => character.charCodeAt(0))
    const content: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (
      Array.isArray(content) &&
      content[0] === list &&
      content.every((part): part is string => typeof part === 'string')
    ) {
      return content.slice(1)
    }
  } catch {
    // Not one of ours: refused below like one of another list.
  }
  throw invalidParameter('The Marker is not one that this list gave.')
}
