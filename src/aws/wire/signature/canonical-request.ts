import { percentEncode, respell } from './percent-encoding.ts'

/** Where services differ in what they sign. The defaults hold for every service but S3. */
export interface CanonicalRules {
  /** The path is escaped once, not the already escaped path once more. */
  readonly singleEncodePath: boolean
  /** Empty and `.` segments are dropped, `..` takes its predecessor with it. */
  readonly normalizePath: boolean
  /** A presigned request that declares no body hash signs the body's; S3's signs `UNSIGNED-PAYLOAD`. */
  readonly presignedBodySigned: boolean
}

export const STANDARD_RULES: CanonicalRules = {
  singleEncodePath: false,
  normalizePath: true,
  presignedBodySigned: true,
}

/** An object's key may contain anything a path may, so S3 takes paths as they are. */
export const S3_RULES: CanonicalRules = {
  singleEncodePath: true,
  normalizePath: false,
  presignedBodySigned: false,
}

export interface CanonicalParts {
  readonly method: string
  readonly path: string
  readonly query: string
  /** Lower-case names in order, as the signature lists them. */
  readonly signedHeaders: readonly string[]
  readonly payloadHash: string
}

/** @param headers one value for each signed header, in the same order */
export function canonicalRequest(parts: CanonicalParts, headers: readonly string[]): string {
  const lines = parts.signedHeaders.map((name, i) => `${name}:${headers[i]}\n`).join('')
  return `${parts.method}\n${parts.path}\n${parts.query}\n${lines}\n${parts.signedHeaders.join(';')}\n${parts.payloadHash}`
}

/** @param rawPath as on the wire */
export function canonicalPath(rawPath: string, rules: CanonicalRules): string {
  const path = rules.normalizePath ? withoutDotSegments(rawPath) : rawPath || '/'
  const spell = (segment: string) =>
    rules.singleEncodePath ? respell(segment, false) : percentEncode(segment)
  return path.split('/').map(spell).join('/')
}

/** Segment by segment as AWS's clients do it, which in `/a/.` leaves no slash at the end, unlike RFC 3986. */
function withoutDotSegments(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return kept.length === 0 ? '/' : `/${kept.join('/')}${path.endsWith('/') ? '/' : ''}`
}

const SIGNATURE_PARAMETER = 'X-Amz-Signature'

/**
 * Names and values in one spelling, ordered by name, then value. A `+` is a space, as it is to whatever reads the
 * query afterwards; AWS's clients never send one.
 *
 * @param presigned leave out the signature's own parameter; in any other request it would be an unsigned one
 */
export function canonicalQuery(rawQuery: string, presigned: boolean): string {
  const pairs: (readonly [name: string, value: string])[] = []
  for (const part of rawQuery.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = respell(equals < 0 ? part : part.slice(0, equals), true)
    if (presigned && name === SIGNATURE_PARAMETER) continue
    pairs.push([name, equals < 0 ? '' : respell(part.slice(equals + 1), true)])
  }
  return pairs
    .sort(([name1, value1], [name2, value2]) => order(name1, name2) || order(value1, value2))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** By character code; escaped text is ASCII. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const MOST_AMBIGUOUS_HEADERS = 4

/**
 * Values of the signed headers, trimmed and with runs of blanks made one: every reading that the request allows,
 * the likeliest first.
 *
 * There can be several because `Headers` joins repeated lines with a comma and a blank, while signatures join them
 * with a bare comma, and whether "a, b" was one line or two is no longer known. To HTTP the two are the same value
 * (RFC 9110, 5.3), so accepting either gives nothing away. Beyond a few such headers only "all" and "none" are tried.
 */
export function* headerReadings(headers: Headers, names: readonly string[]): Generator<readonly string[]> {
  const values = names.map(name => (headers.get(name) ?? '').replace(/[ \t]+/g, ' ').replace(/^ | $/g, ''))
  yield values
  const ambiguous = values.flatMap((value, i) => (value.includes(', ') ? [i] : []))
  if (ambiguous.length === 0) return
  const all = 2 ** Math.min(ambiguous.length, MOST_AMBIGUOUS_HEADERS) - 1
  const joined = (isJoined: (rank: number) => boolean) =>
    values.map((value, i) => {
      const rank = ambiguous.indexOf(i)
      return rank >= 0 && isJoined(rank) ? value.replaceAll(', ', ',') : value
    })
  yield joined(() => true)
  if (ambiguous.length > MOST_AMBIGUOUS_HEADERS) return
  for (let choice = 1; choice < all; choice++) yield joined(rank => (choice >> rank) % 2 === 1)
}
