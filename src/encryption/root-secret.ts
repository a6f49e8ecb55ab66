import { type Env, isLocal } from '../env.ts'
import { fromBase64 } from '../lib/base64.ts'
import { hex, sha256 } from '../lib/hash.ts'
import { joinBytes } from '../lib/join-bytes.ts'
import { Refusal } from '../lib/refusal.ts'

/** Development only: data on a laptop must outlive restarts without anybody keeping a secret. */
const LOCAL_SECRET = 'd2Vpci1sb2NhbC1kZXZlbG9wbWVudC1rZXktMzJiISE='

const HOW_TO = 'Set one with: openssl rand -base64 32 | npx wrangler secret put WEIR_ENCRYPTION_KEY'

const unusable = (message: string): Refusal =>
  new Refusal('InvalidParameterValueException', message, { members: { Type: 'User' } })

/**
 * The operator's secrets, base64, the current one first. Refuses when there is none: nothing secret is ever stored in
 * the clear.
 */
function encryptionSecrets(env: Env): readonly string[] {
  const current = env.WEIR_ENCRYPTION_KEY ?? (isLocal(env) ? LOCAL_SECRET : undefined)
  if (!current) throw unusable(`This needs an encryption key, and this Weir has none. ${HOW_TO}`)
  const others = env.WEIR_ENCRYPTION_KEY_PREVIOUS?.split(',').map(text => text.trim()) ?? []
  return [...new Set([current, ...others.filter(text => text !== '')])]
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer> | undefined
  try {
    bytes = fromBase64(secret)
  } catch {
    // Refused below like a secret of the wrong length.
  }
  if (bytes?.length !== 32) {
    throw unusable(`An encryption key of this Weir is not 32 bytes in base64. ${HOW_TO}`)
  }
  return bytes
}

/** A key made of one root secret, with the secret's name: a short hash, which tells nothing of it. */
export interface RootKey {
  readonly id: string
  readonly key: CryptoKey
}

const ID_BYTES = 6

/** Twelve hexadecimal digits. */
async function idOf(bytes: Uint8Array): Promise<string> {
  const text = new TextEncoder().encode('weir: name of a root secret\n')
  return hex((await sha256(joinBytes([text, bytes]))).subarray(0, ID_BYTES))
}

/** The root secrets themselves, the current one first. */
export const rootSecrets = (
  env: Env,
): Promise<ReadonlyArray<{ readonly id: string; readonly bytes: Uint8Array<ArrayBuffer> }>> =>
  Promise.all(
    encryptionSecrets(env).map(async secret => {
      const bytes = secretBytes(secret)
      return { id: await idOf(bytes), bytes }
    }),
  )

/**
 * Keys made from the root secrets for one purpose. Only finished keys are kept, never promises: on Workers a promise of one
 * request must not be awaited in another.
 */
export class DerivedKey {
  readonly #derive: (secret: Uint8Array<ArrayBuffer>) => Promise<CryptoKey>
  #secrets: string | undefined
  #keys: readonly RootKey[] = []

  constructor(derive: (secret: Uint8Array<ArrayBuffer>) => Promise<CryptoKey>) {
    this.#derive = derive
  }

  /** Of the secret that new things are made under. */
  async of(env: Env): Promise<CryptoKey> {
    return (await this.all(env))[0]!.key
  }

  /** The current one first, then those that things made earlier, or by another release, may be under. */
  async all(env: Env): Promise<readonly RootKey[]> {
    const secrets = encryptionSecrets(env)
    const name = secrets.join()
    if (this.#secrets === name) return this.#keys
    const keys = await Promise.all(
      (await rootSecrets(env)).map(async ({ id, bytes }) => ({ id, key: await this.#derive(bytes) })),
    )
    this.#secrets = name
    this.#keys = keys
    return keys
  }
}

/** A key for one purpose alone, that tells nothing of the secret or of other purposes' keys: RFC 5869. */
export async function derivedFrom(
  secret: Uint8Array<ArrayBuffer>,
  purpose: string,
  algorithm: Parameters<SubtleCrypto['deriveKey']>[2],
  usages: string[],
  salt = new Uint8Array(32),
): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode(purpose)
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info },
    material,
    algorithm,
    false,
    usages,
  )
}
