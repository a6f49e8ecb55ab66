import type { Env } from '../../env.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { SealedEnvironment } from '../manifest.ts'

/** Development only: data on a laptop must outlive restarts without anybody keeping a secret. */
const LOCAL_KEY = 'd2Vpci1sb2NhbC1kZXZlbG9wbWVudC1rZXktMzJiISE='

const keys = new Map<string, Promise<CryptoKey>>()

function encryptionKey(env: Env): Promise<CryptoKey> {
  const text = env.WEIR_ENCRYPTION_KEY ?? (env.WEIR_LOCAL ? LOCAL_KEY : undefined)
  if (!text) {
    throw new Refusal(
      'InvalidParameterValueException',
      'Environment variables need an encryption key. Set one with: openssl rand -base64 32 | npx wrangler secret put WEIR_ENCRYPTION_KEY',
    )
  }
  let key = keys.get(text)
  if (!key) {
    const raw = Uint8Array.from(atob(text), character => character.charCodeAt(0))
    key = crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
    keys.set(text, key)
  }
  return key
}

/** Encrypts variables for storage. They are bound to the function: another one cannot decrypt them as its own. */
export async function sealEnvironment(
  env: Env,
  uid: string,
  variables: Readonly<Record<string, string>>,
): Promise<SealedEnvironment> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const data = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(uid) },
    await encryptionKey(env),
    new TextEncoder().encode(JSON.stringify(variables)),
  )
  return { iv: toBase64(iv), data: toBase64(new Uint8Array(data)) }
}

export async function openEnvironment(
  env: Env,
  uid: string,
  sealed: SealedEnvironment,
): Promise<Record<string, string>> {
  const data = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: fromBase64(sealed.iv), additionalData: new TextEncoder().encode(uid) },
    await encryptionKey(env),
    fromBase64(sealed.data),
  )
  return JSON.parse(new TextDecoder().decode(data))
}

const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), character => character.charCodeAt(0))
