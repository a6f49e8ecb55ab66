import { type Env, isLocal } from '../env.ts'
import { fromBase64 } from '../lib/base64.ts'
import { Refusal } from '../lib/refusal.ts'

/** Development only: data on a laptop must outlive restarts without anybody keeping a secret. */
const LOCAL_SECRET = 'd2Vpci1sb2NhbC1kZXZlbG9wbWVudC1rZXktMzJiISE='

const HOW_TO = 'Set one with: openssl rand -base64 32 | npx wrangler secret put WEIR_ENCRYPTION_KEY'

const unusable = (message: string): Refusal =>
  new Refusal('InvalidParameterValueException', message, { members: { Type: 'User' } })

/** The operator's secret of 32 bytes, base64. Refuses when there is none: nothing secret is ever stored in the clear. */
function encryptionSecret(env: Env): string {
  const secret = env.WEIR_ENCRYPTION_KEY ?? (isLocal(env) ? LOCAL_SECRET : undefined)
  if (!secret) throw unusable(`This needs an encryption key, and this Weir has none. ${HOW_TO}`)
  return secret
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer> | undefined
  try {
    bytes = fromBase64(secret)
  } catch {
    // Refused below like a secret of the wrong length.
  }
  if (bytes?.length !== 32) {
    throw unusable(`The encryption key of this Weir is not 32 bytes in base64. ${HOW_TO}`)
  }
  return bytes
}

/**
 * Keys made from the secret, one a purpose. Only finished keys are kept, never promises: on Workers a promise of one
 * request must not be awaited in another.
 */
export class DerivedKey {
  readonly #derive: (secret: Uint8Array<ArrayBuffer>) => Promise<CryptoKey>
  #secret: string | undefined
  #key: CryptoKey | undefined

  constructor(derive: (secret: Uint8Array<ArrayBuffer>) => Promise<CryptoKey>) {
    this.#derive = derive
  }

  async of(env: Env): Promise<CryptoKey> {
    const secret = encryptionSecret(env)
    if (this.#key && this.#secret === secret) return this.#key
    const key = await this.#derive(secretBytes(secret))
    this.#secret = secret
    this.#key = key
    return key
  }
}
