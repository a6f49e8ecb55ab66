import { fromBase64, toBase64 } from '../lib/base64.ts'
import { randomBytes } from '../lib/random.ts'

/** Base64, both. */
export interface Encrypted {
  readonly iv: string
  readonly data: string
}

/** AES-256-GCM. What it is `boundTo` has to be known again to have it back. */
export async function encrypt(
  key: CryptoKey,
  boundTo: string,
  plain: Uint8Array<ArrayBuffer>,
): Promise<Encrypted> {
  const iv = randomBytes(12)
  const additionalData = new TextEncoder().encode(boundTo)
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain)
  return { iv: toBase64(iv), data: toBase64(new Uint8Array(data)) }
}

/** Throws when it was not encrypted with this key for this, or was altered. */
export async function decrypt(
  key: CryptoKey,
  boundTo: string,
  { iv, data }: Encrypted,
): Promise<Uint8Array<ArrayBuffer>> {
  const additionalData = new TextEncoder().encode(boundTo)
  return new Uint8Array(
    await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: fromBase64(iv), additionalData },
      key,
      fromBase64(data),
    ),
  )
}

/** @param raw 32 bytes */
export const aesKey = (raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
