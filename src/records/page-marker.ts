import { fromBase64Url, toBase64Url } from '../lib/base64.ts'

/**
 * Where the next page of a list begins, as an opaque text. `list` names the list it belongs to with its filter, so
 * that another list's marker is refused and not misread.
 */
export function writePageMarker(list: string, ...position: readonly string[]): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify([list, ...position])))
}

/** The position that was written; undefined for a text that this list did not give. */
export function readPageMarker(list: string, marker: string): readonly string[] | undefined {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder().decode(fromBase64Url(marker)))
  } catch {
    return undefined
  }
  if (!Array.isArray(content) || content[0] !== list) return undefined
  return content.every((part): part is string => typeof part === 'string') ? content.slice(1) : undefined
}
