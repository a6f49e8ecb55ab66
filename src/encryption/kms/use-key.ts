import type { Env } from '../../env.ts'
import { fromBase64, toBase64 } from '../../lib/base64.ts'
import { hex } from '../../lib/hash.ts'
import { randomBytes } from '../../lib/random.ts'
import { type Sealed, secretsOf } from '../secrets.ts'
import { decryptBlob, type EncryptionContext, encryptBlob, type readBlob } from './ciphertext.ts'
import { type KeyPlace, materialPurpose } from './key-records.ts'
import type { PublishedKmsKey } from './published-keys.ts'

/** The parts of a key that encrypting takes; its record and what is published of it have them. */
type Material = Pick<PublishedKmsKey, 'material' | 'current'>

const MATERIAL_BYTES = 32

/** New material of a key, sealed under its account's data key. Its id, 64 hexadecimal digits, is random, too. */
export async function newMaterial(
  env: Env,
  { account, id }: KeyPlace,
): Promise<{ readonly id: string; readonly sealed: Sealed }> {
  const material = hex(randomBytes(32))
  const raw = toBase64(randomBytes(MATERIAL_BYTES))
  return { id: material, sealed: await secretsOf(env).seal(account.id, materialPurpose(id, material), raw) }
}

/** `CiphertextBlob` of what is encrypted under a key; whether the key may be used is up to the caller. */
export async function encryptUnder(
  env: Env,
  place: KeyPlace,
  key: Material,
  plain: Uint8Array,
  context: EncryptionContext = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { account, id } = place
  const head = { account: account.id, region: account.region, id, material: key.current }
  return encryptBlob(head, await materialOf(env, place, key, key.current), plain, context)
}

/** Undefined when the blob was not made under this key and context. */
export async function decryptUnder(
  env: Env,
  place: KeyPlace,
  key: Material,
  blob: NonNullable<ReturnType<typeof readBlob>>,
  context: EncryptionContext = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!Object.hasOwn(key.material, blob.material)) return undefined
  return decryptBlob(blob, await materialOf(env, place, key, blob.material), context)
}

async function materialOf(
  env: Env,
  { account, id }: KeyPlace,
  { material }: Material,
  which: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return fromBase64(await secretsOf(env).open(account.id, materialPurpose(id, which), material[which]!))
}
