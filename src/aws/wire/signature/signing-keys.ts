const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const

/** What a signing key is good for: one day, one region, one service. */
export interface SigningScope {
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
}

/**
 * Derived signing keys, the most recently used ones kept: a derivation is four HMACs, nine round trips into Web
 * Crypto, and the same for all requests of a caller's day.
 *
 * Only finished keys are kept, never promises: on Workers a promise of one request must not be awaited in another.
 */
export class SigningKeys {
  readonly #capacity: number
  readonly #keys = new Map<string, CryptoKey>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#keys.size
  }

  /** The key that verifies signatures of this secret in this scope. */
  async keyFor(secretAccessKey: string, scope: SigningScope): Promise<CryptoKey> {
    // The secret itself, not the id it belongs to, so that a key whose secret was replaced is not taken for the
    // old one. It stands last because the other parts cannot contain a slash.
    const name = `${scope.date}/${scope.region}/${scope.service}/${secretAccessKey}`
    const known = this.#keys.get(name)
    if (known) {
      this.#keys.delete(name)
      this.#keys.set(name, known)
      return known
    }
    const key = await deriveSigningKey(secretAccessKey, scope)
    this.#keys.set(name, key)
    if (this.#keys.size > this.#capacity) this.#keys.delete(this.#keys.keys().next().value!)
    return key
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, step 4. */
async function deriveSigningKey(secretAccessKey: string, scope: SigningScope): Promise<CryptoKey> {
  const encoder = new TextEncoder()
  let bytes: BufferSource = encoder.encode(`AWS4${secretAccessKey}`)
  for (const part of [scope.date, scope.region, scope.service, 'aws4_request']) {
    const key = await crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign'])
    bytes = await crypto.subtle.sign(HMAC, key, encoder.encode(part))
  }
  return crypto.subtle.importKey('raw', bytes, HMAC, false, ['verify'])
}
