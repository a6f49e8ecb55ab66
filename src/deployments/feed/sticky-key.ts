import { fromBase64 } from '../../lib/base64.ts'
import { fnv1a } from '../../lib/hash.ts'
import { parseJsonObject } from '../../lib/json-object.ts'
import type { StickyKey } from '../release.ts'
import type { Shift } from './shift.ts'

/** What is known of whoever makes a call: as much as there is. */
export interface CallSource {
  /** The request that the call is made for. */
  readonly request?: { readonly headers: Headers }
  /** Whoever signed it, where that is known. */
  readonly caller?: { readonly arn: string }
  /** Of a call that was accepted earlier: what {@link stickyKeyOf} said then. */
  readonly stickyKey?: string
}

/** Text by which a caller keeps its version; undefined for one that has none of the keys, or of a shift without any. */
export function stickyKeyOf({ sticky }: Shift, source: CallSource | undefined): string | undefined {
  if (!sticky || !source) return undefined
  if (source.stickyKey !== undefined) return source.stickyKey
  for (const key of sticky) {
    const found = textOf(key, source)
    if (found) return `${key.by === 'identity' ? '' : key.name.toLowerCase()}:${found}`
  }
  return undefined
}

function textOf(key: StickyKey, { request, caller }: CallSource): string | null | undefined {
  if (key.by === 'identity') return caller?.arn ?? (request && identityOf(request.headers))
  if (!request) return undefined
  return key.by === 'header' ? request.headers.get(key.name) : cookieOf(request.headers, key.name)
}

/**
 * Who calls, as the request itself says. It is believed without proof, since all that follows is which of two versions
 * answers; whether the request is answered at all is not decided here.
 */
function identityOf(headers: Headers): string | undefined {
  const authorization = headers.get('authorization')
  if (authorization) {
    const key = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)/.exec(authorization)?.[1]
    return key ?? subjectOf(authorization) ?? authorization
  }
  return headers.get('x-api-key') ?? undefined
}

/** Of a JSON Web Token: others that the same caller is given later have the same. */
function subjectOf(authorization: string): string | undefined {
  const payload = /^(?:Bearer +)?[\w-]+\.([\w-]+)\.[\w-]*$/i.exec(authorization)?.[1]
  if (payload === undefined) return undefined
  try {
    const text = new TextDecoder().decode(fromBase64(payload.replaceAll('-', '+').replaceAll('_', '/')))
    const subject = parseJsonObject(text)?.sub
    return typeof subject === 'string' ? subject : undefined
  } catch {
    return undefined
  }
}

function cookieOf(headers: Headers, name: string): string | undefined {
  const sent = headers.get('cookie')
  if (!sent) return undefined
  for (const pair of sent.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/**
 * Where in [0, 1) a key stands in a deployment: it gets the new version once that one's share is greater. So nobody has
 * to remember who got what, and nobody goes back while the share grows.
 */
export const positionOf = (deployment: string, key: string): number =>
  spread(fnv1a(`${deployment} ${key}`)) / 2 ** 32

/** FNV leaves texts that differ in their last character close to each other. The end of MurmurHash3 scatters them. */
function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
