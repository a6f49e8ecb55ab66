import { ByteLru } from '../../lib/byte-lru.ts'
import { Pattern } from './pattern.ts'

/**
 * Characters of all expressions that are kept: strangers may have chosen them, and one such as `a{1000}` takes up some
 * 10 KB a character once the linear-time engine has read it (measured). The longest that a JSONPath expression may
 * name still fits, as its filter tests every member of a list by it.
 */
const MOST_CHARACTERS = 10_000

/** By flags and expression. */
const known = new ByteLru<Pattern>(MOST_CHARACTERS)

/**
 * A pattern that templates and mappings name again with each request, made ready once.
 *
 * Throws a `SyntaxError` when `source` is no regular expression.
 *
 * @param flags any of `i`, `m` and `s`
 */
export function knownPattern(source: string, flags = ''): Pattern {
  const key = `${flags}/${source}`
  let pattern = known.get(key)
  if (!pattern) {
    pattern = new Pattern(source, flags)
    known.set(key, pattern, source.length)
  }
  return pattern
}
