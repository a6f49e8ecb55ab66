import { type Fields, setField } from './fields.ts'

/** A request's query, decoded. Both null without a parameter, as a proxy event has it. */
export interface Query {
  /** The last value of each name. */
  readonly single: Fields | null
  readonly multi: Record<string, string[]> | null
}

const NONE: Query = { single: null, multi: null }

/**
 * Decodes `query` (without its question mark): names and values are form-encoded (a plus is a space), and a name
 * without `=` has an empty value.
 *
 * @param separators what ends a parameter; to some a semicolon does, too
 */
export function parseQuery(query: string, separators: '&' | '&;'): Query {
  const splits = separators === '&;' ? SEMICOLON : AMPERSAND
  if (query === '') return NONE
  const single: Fields = {}
  const multi: Record<string, string[]> = {}
  let found = false
  let at = 0
  while (at <= query.length) {
    let end = at
    let equals = -1
    for (; end < query.length; end += 1) {
      const char = query.charCodeAt(end)
      if (char === AMPERSAND || char === splits) break
      if (char === EQUALS && equals < 0) equals = end
    }
    if (end > at) {
      const name = decode(query.slice(at, equals < 0 ? end : equals))
      const value = equals < 0 ? '' : decode(query.slice(equals + 1, end))
      setField(single, name, value)
      const values = Object.hasOwn(multi, name) ? multi[name] : undefined
      if (values) values.push(value)
      else setField(multi, name, [value])
      found = true
    }
    at = end + 1
  }
  return found ? { single, multi } : NONE
}

const AMPERSAND = 0x26
const SEMICOLON = 0x3b
const EQUALS = 0x3d

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return decodeLeniently(spaced)
  }
}

/** For bytes that are not UTF-8 and percent signs that encode nothing: neither may cost the rest of the value. */
function decodeLeniently(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, run => {
    const bytes = new Uint8Array(run.length / 3)
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(run.slice(i * 3 + 1, i * 3 + 3), 16)
    return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes)
  })
}
