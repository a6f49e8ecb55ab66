import { importJWK, type JWK } from 'jose'
import { isJsonObject, type JsonObject } from '../../lib/json-object.ts'
import type { PublishedPool } from '../published.ts'
import { ALGORITHMS, type KeySet } from './verify-token.ts'

/** Keys of a set that are looked at: an issuer has a handful. */
const MOST_KEYS = 100

/** Characters of a key at most: an RSA key of 16,384 bits has 2,731. */
const LARGEST_KEY = 4_096

/** All that is ever looked at. What else an issuer says of a key, certificates above all, is not kept. */
const MEMBERS = ['kid', 'kty', 'crv', 'alg', 'use', 'key_ops', 'n', 'e', 'x', 'y'] as const

function publicParts(key: JsonObject): JsonObject {
  return Object.fromEntries(MEMBERS.flatMap(name => (name in key ? [[name, key[name]]] : [])))
}

/**
 * Public keys as issuers publish them (RFC 7517), each made ready when a token first asks for it, and kept. What cannot
 * be used to verify a signature is as if it were not there.
 */
export class JwkSet implements KeySet {
  readonly algorithms: ReadonlySet<string>
  /** Characters of the keys. */
  readonly size: number
  readonly #keys: readonly JsonObject[]
  readonly #imported = new Map<JsonObject, Map<string, CryptoKey | undefined>>()

  constructor(keys: readonly unknown[], algorithms = ALGORITHMS) {
    this.algorithms = algorithms
    const parts = keys.slice(0, MOST_KEYS).filter(isJsonObject).map(publicParts)
    const sized = parts.map(key => ({ key, size: JSON.stringify(key).length }))
    const kept = sized.filter(({ size }) => size <= LARGEST_KEY)
    this.#keys = kept.map(({ key }) => key)
    this.size = kept.reduce((sum, { size }) => sum + size, 0)
  }

  key(kid: string, algorithm: string): CryptoKey | undefined | Promise<CryptoKey | undefined> {
    // Keys of different types may share an id: https://www.rfc-editor.org/rfc/rfc7517#section-4.5
    const jwk = this.#keys.find(key => key.kid === kid && fits(key, algorithm))
    if (!jwk) return undefined
    const imported = this.#imported.get(jwk)
    return imported?.has(algorithm) ? imported.get(algorithm) : this.#import(jwk, algorithm)
  }

  /** Two requests may do it at the same time: on Workers none may wait for what another one began. */
  async #import(jwk: JsonObject, algorithm: string): Promise<CryptoKey | undefined> {
    const key = await importKey(jwk, algorithm)
    const imported = this.#imported.get(jwk) ?? new Map<string, CryptoKey | undefined>()
    this.#imported.set(jwk, imported.set(algorithm, key))
    return key
  }
}

/** Type of key, and curve, by algorithm: https://www.rfc-editor.org/rfc/rfc7518#section-3.1 */
const KEY_TYPES: Readonly<Record<string, { readonly kty: string; readonly crv?: string }>> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
}
const RSA = { kty: 'RSA', crv: undefined }

function fits({ kty, crv, alg, use, key_ops: operations }: JsonObject, algorithm: string): boolean {
  const type = KEY_TYPES[algorithm] ?? RSA
  return (
    kty === type.kty &&
    (type.crv === undefined || crv === type.crv) &&
    (alg === undefined || alg === algorithm) &&
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
  )
}

/** Bits. "A key of size 2048 bits or larger MUST be used": https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const LEAST_MODULUS = 2048

async function importKey(jwk: JsonObject, algorithm: string): Promise<CryptoKey | undefined> {
  // Only what is public of it, whatever else an issuer gives away.
  const { kty, crv, n, e, x, y } = jwk
  const members = Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => typeof value === 'string')
  try {
    const key = (await importJWK(Object.fromEntries(members) as JWK, algorithm)) as CryptoKey
    const { modulusLength } = key.algorithm as { readonly modulusLength?: number }
    return modulusLength !== undefined && modulusLength < LEAST_MODULUS ? undefined : key
  } catch {
    // An issuer may publish a key that nobody can use, beside those that are.
    return undefined
  }
}

/** What user pools sign with. */
export const POOL_ALGORITHMS: ReadonlySet<string> = new Set(['RS256'])

/** What is published stays the same object for as long as it says the same. */
const poolKeySets = new WeakMap<PublishedPool, KeySet>()

/** The keys of a user pool's tokens; ready ones are kept for as long as the pool's publication is. */
export function poolKeySet(published: PublishedPool): KeySet {
  let keys = poolKeySets.get(published)
  if (!keys) {
    keys = new JwkSet(published.keys, POOL_ALGORITHMS)
    poolKeySets.set(published, keys)
  }
  return keys
}
