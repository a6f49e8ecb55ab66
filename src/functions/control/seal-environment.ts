import { DerivedKey } from '../../encryption/root-secret.ts'
import type { Env } from '../../env.ts'
import { fromBase64, toBase64 } from '../../lib/base64.ts'
import type { SealedEnvironment } from '../manifest.ts'

const environmentKey = new DerivedKey(secret =>
  crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']),
)

/** Encrypts variables for storage. They are bound to the function: another one cannot decrypt them as its own. */
export async function sealEnvironment(
  env: Env,
  uid: string,
  variables: Readonly<Record<string, string>>,
): Promise<SealedEnvironment> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const data = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(uid) },
    await environmentKey.of(env),
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
    await environmentKey.of(env),
    fromBase64(sealed.data),
  )
  return JSON.parse(new TextDecoder().decode(data))
}

/** Whether two sealed environments hold the same variables; equal ones are sealed differently each time. */
export async function sameEnvironment(
  env: Env,
  uid: string,
  one: SealedEnvironment | undefined,
  other: SealedEnvironment | undefined,
): Promise<boolean> {
  if (!one || !other) return one === other
  if (one.iv === other.iv && one.data === other.data) return true
  return sameVariables(await openEnvironment(env, uid, one), await openEnvironment(env, uid, other))
}

export function sameVariables(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every(name => Object.hasOwn(other, name) && one[name] === other[name])
  )
}
