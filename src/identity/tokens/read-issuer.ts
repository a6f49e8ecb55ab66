import { type JsonObject, parseJsonObject } from '../../lib/json-object.ts'
import { isLoopback, isPrivateHost } from '../../lib/private-host.ts'
import { readStream } from '../../lib/read-bounded.ts'
import { JwkSet } from './key-set.ts'

/** Nothing is known of an issuer's keys: it does not answer, or not as an issuer has to. */
export class IssuerUnreachable extends Error {}

export interface IssuerDocuments {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Whether this is a Weir in development, whose issuers may be on the same machine. */
  readonly isLocal: boolean
  readonly signal: AbortSignal
}

export interface PublishedKeys {
  readonly keys: JwkSet
  /** Milliseconds. */
  readonly freshFor: number
}

/**
 * Reads an issuer's keys from where its discovery document says that they are.
 * https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function readIssuer(issuer: string, documents: IssuerDocuments): Promise<PublishedKeys> {
  // "any terminating / MUST be removed before appending": the issuer's name has it all the same.
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { body: configuration } = await readDocument(at, documents)
  if (configuration.issuer !== issuer) throw new IssuerUnreachable(`${at} is not of the issuer ${issuer}`)
  const { jwks_uri: keysAt } = configuration
  if (typeof keysAt !== 'string') throw new IssuerUnreachable(`${at} does not say where the keys are`)
  const { body, headers } = await readDocument(keysAt, documents)
  if (!Array.isArray(body.keys)) throw new IssuerUnreachable(`${keysAt} has no keys`)
  return { keys: new JwkSet(body.keys), freshFor: freshnessOf(headers) }
}

/** Bytes. An issuer's documents have a few thousand. */
const LARGEST_DOCUMENT = 256 * 1024

async function readDocument(
  address: string,
  { fetch, isLocal, signal }: IssuerDocuments,
): Promise<{ readonly body: JsonObject; readonly headers: Headers }> {
  if (!isIssuerAddress(address, isLocal)) {
    throw new IssuerUnreachable(`${address} is no public address with https`)
  }
  const response = await ask(() =>
    // Nothing says that an issuer may send its readers elsewhere, and where that is could be anywhere.
    fetch(address, { headers: { accept: 'application/json' }, redirect: 'manual', signal }),
  )
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel()
    throw new IssuerUnreachable(`${address} answered ${response.status}`)
  }
  const bytes = await ask(() => readStream(response.body as ReadableStream<Uint8Array>, LARGEST_DOCUMENT))
  const body = bytes && parseJsonObject(bytes.toString('utf8'))
  if (!body) throw new IssuerUnreachable(`${address} answered with no JSON object, or too large a one`)
  return { body, headers: response.headers }
}

async function ask<T>(asking: () => Promise<T>): Promise<T> {
  try {
    return await asking()
  } catch (cause) {
    throw new IssuerUnreachable('the issuer does not answer', { cause })
  }
}

/**
 * Whether an issuer's documents may be read from there: over TLS, and from a public address, as functions and
 * integrations may; in development from anywhere over TLS, and from the same machine without.
 */
export function isIssuerAddress(address: string, isLocal: boolean): boolean {
  const url = URL.parse(address)
  if (url?.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return isLocal || !isPrivateHost(url.hostname)
  return isLocal && url.protocol === 'http:' && isLoopback(url.hostname)
}

/** Milliseconds for which keys count as fresh when the issuer does not say, and the bounds of what it may say. */
export const FRESH = { usual: 3_600_000, least: 300_000, most: 7_200_000 } as const

/** How long an answer is fresh by its own word, within bounds. */
function freshnessOf(headers: Headers): number {
  const { usual, least, most } = FRESH
  const control = headers.get('cache-control') ?? ''
  if (/\bno-(store|cache)\b/i.test(control)) return least
  const seconds = /\bmax-age=(\d{1,9})\b/i.exec(control)?.[1]
  return seconds === undefined ? usual : Math.min(Math.max(Number(seconds) * 1000, least), most)
}
