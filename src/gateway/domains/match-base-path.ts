import { decodeSegment } from '../../lib/fields.ts'
import { slashAfter } from '../../lib/url-parts.ts'

/** What stands behind a base path of a custom domain. */
export interface DomainMapping {
  /** Without slashes at its ends: '', 'v1', 'orders/v2'. */
  readonly basePath: string
  readonly apiId: string
  /** Absent: callers name the stage behind the base path. */
  readonly stage?: string
}

export interface MatchedMapping {
  readonly mapping: DomainMapping
  /** What follows the base path, as it was sent: '' or from a slash on. */
  readonly rest: string
}

/**
 * The mapping that serves a path: the one whose base path is its longest beginning, part by part.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
 *
 * Slashes that double the first one do not count, as in front of a stage's name.
 *
 * @param path as it was sent, still percent-encoded
 */
export function matchBasePath(mappings: readonly DomainMapping[], path: string): MatchedMapping | undefined {
  let found: MatchedMapping | undefined
  for (const mapping of mappings) {
    if (found && mapping.basePath.length <= found.mapping.basePath.length) continue
    const end = endOfBasePath(path, mapping.basePath)
    if (end >= 0) found = { mapping, rest: path.slice(end) }
  }
  return found
}

const SLASH = 0x2f

/** Where the base path ends in the path; -1 when the path begins otherwise. */
function endOfBasePath(path: string, basePath: string): number {
  if (basePath === '') return 0
  let at = 0
  while (path.charCodeAt(at) === SLASH) at += 1
  for (const expected of basePath.split('/')) {
    const end = slashAfter(path, at)
    if (decodeSegment(path.slice(at, end)) !== expected) return -1
    at = end + 1
  }
  return at - 1
}
