import { type Fields, ownField } from '../../lib/fields.ts'

/** A piece of a URI: text as it is, a stage variable's name, or a path variable's. */
type Piece =
  | { readonly text: string }
  | { readonly stageVariable: string }
  | { readonly pathVariable: string; readonly inQuery: boolean }

const VARIABLE = /\$\{stageVariables\.(\w+)\}|\{([^{}/?#]+)\}/g

/** From here on path variables count: the host is the owner's alone. */
const AUTHORITY = /^[a-z]+:\/\/[^/?#]*/i

const HAS_HOST = /^https?:\/\/[^/\\?#]/i

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=[/?]|$)/i

/** Where a request goes, or why nowhere. `climbs`: a value would leave the path that the URI's owner wrote. */
export type ResolvedUri = URL | 'no-endpoint' | 'climbs'

/**
 * The URI of an integration over HTTP, cut up once: `https://${stageVariables.host}/pets/{id}?verbose=true`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
 */
export class HttpUri {
  readonly #pieces: readonly Piece[]
  readonly #hasDots: boolean

  constructor(uri: string) {
    const authority = (
      AUTHORITY.exec(uri.replace(/\$\{stageVariables\.\w+\}/g, all => '$'.repeat(all.length)))?.[0] ?? ''
    ).length
    const pieces: Piece[] = []
    let at = 0
    for (const match of uri.matchAll(VARIABLE)) {
      const [all, stageVariable, pathVariable] = match
      if (stageVariable === undefined && match.index < authority) continue
      pieces.push({ text: uri.slice(at, match.index) })
      pieces.push(
        stageVariable === undefined
          ? { pathVariable: pathVariable!, inQuery: uri.lastIndexOf('?', match.index) >= 0 }
          : { stageVariable },
      )
      at = match.index + all.length
    }
    pieces.push({ text: uri.slice(at) })
    this.#pieces = pieces
    this.#hasDots = DOT_SEGMENT.test(uri)
  }

  /**
   * @param path decoded values of path variables; one without a value stays as it is written
   * @param greedy the variable, if any, whose value is several segments of a path
   */
  resolve(variables: Fields, path: Fields, greedy?: string): ResolvedUri {
    let uri = ''
    for (const piece of this.#pieces) {
      if ('text' in piece) uri += piece.text
      else if ('stageVariable' in piece) uri += ownField(variables, piece.stageVariable) ?? ''
      else {
        const { pathVariable: name, inQuery } = piece
        const value = ownField(path, name)
        if (value === undefined) uri += `{${name}}`
        else if (inQuery) uri += encodeURIComponent(value.toWellFormed())
        else uri += name === greedy ? value.split('/').map(encodeSegment).join('/') : encodeSegment(value)
      }
    }
    // Of an empty host, URLs make the first segment of the path: somebody else's.
    const url = HAS_HOST.test(uri) ? URL.parse(uri) : null
    if (!url || url.username || url.password || url.hostname.includes('{')) return 'no-endpoint'
    if (!this.#hasDots && DOT_SEGMENT.test(uri)) return 'climbs'
    url.hash = ''
    return url
  }
}

/** What may stand in a path as it is (RFC 3986, 3.3) and `encodeURIComponent` encodes all the same. */
const IN_PATHS = /%(?:3A|40|24|26|2B|2C|3B|3D)/g

const encodeSegment = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replace(IN_PATHS, decodeURIComponent)

/** Adds parameters to a URL's query, behind those that its owner wrote. Names and values as they are, not encoded. */
export function addQuery(url: URL, parameters: Iterable<readonly [name: string, value: string]>): void {
  const added = Array.from(parameters, pair =>
    pair.map(text => encodeURIComponent(text.toWellFormed())).join('='),
  )
  if (added.length > 0) url.search = [url.search.slice(1), ...added].filter(Boolean).join('&')
}
