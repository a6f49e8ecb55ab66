import { joinBytes } from '../../lib/join-bytes.ts'
import { randomBytes } from '../../lib/random.ts'
import { derivedFrom } from '../root-secret.ts'

/** Pairs that have to be given again to decrypt. */
export type EncryptionContext = Readonly<Record<string, string>>

/** What a blob says of itself: which key decrypts it. */
export interface BlobHead {
  readonly account: string
  readonly region: string
  /** Of the key. */
  readonly id: string
  /** Which of the key's materials: one that was rotated has several. */
  readonly material: string
}

interface Blob extends BlobHead {
  /** All that comes before the encrypted bytes, salt and all. */
  readonly head: Uint8Array<ArrayBuffer>
  readonly salt: Uint8Array<ArrayBuffer>
  readonly encrypted: Uint8Array<ArrayBuffer>
}

/**
 * A blob: `W`, version, length of the place, the place (`account/region/key/material`), a salt, and the bytes encrypted
 * with AES-256-GCM. The salt makes of the material a key of this blob's own, so that however many are made under one key
 * no two share key and nonce, which can then be always the same.
 */
const MAGIC = 0x57
const VERSION = 1
const SALT = 32
const TAG = 16
const NONCE = new Uint8Array(12)

/** @param material 32 bytes */
export async function encryptBlob(
  place: BlobHead,
  material: Uint8Array<ArrayBuffer>,
  plain: Uint8Array,
  context: EncryptionContext,
): Promise<Uint8Array<ArrayBuffer>> {
  const name = new TextEncoder().encode([place.account, place.region, place.id, place.material].join('/'))
  const salt = randomBytes(SALT)
  const head = joinBytes([Uint8Array.of(MAGIC, VERSION, name.length), name, salt])
  const encrypted = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: NONCE, additionalData: authenticated(head, context) },
    await keyOf(material, salt),
    plain as Uint8Array<ArrayBuffer>,
  )
  return joinBytes([head, new Uint8Array(encrypted)])
}

/** Undefined for what no key of any Weir made. */
export function readBlob(blob: Uint8Array): Blob | undefined {
  if (blob[0] !== MAGIC || blob[1] !== VERSION) return undefined
  const begin = 3 + blob[2]!
  if (blob.length < begin + SALT + TAG) return undefined
  const [account, region, id, material, ...more] = new TextDecoder()
    .decode(blob.subarray(3, begin))
    .split('/')
  if (!account || !region || !id || !material || more.length > 0) return undefined
  return {
    account,
    region,
    id,
    material,
    head: blob.slice(0, begin + SALT),
    salt: blob.slice(begin, begin + SALT),
    encrypted: blob.slice(begin + SALT),
  }
}

/** Undefined when the blob was altered, or made under another context. */
export async function decryptBlob(
  { head, salt, encrypted }: Blob,
  material: Uint8Array<ArrayBuffer>,
  context: EncryptionContext,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const key = await keyOf(material, salt)
  try {
    const additionalData = authenticated(head, context)
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: 'AES-GCM', iv: NONCE, additionalData }, key, encrypted),
    )
  } catch {
    return undefined
  }
}

const keyOf = (material: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  derivedFrom(
    material,
    'weir: blob of a KMS key',
    { name: 'AES-GCM', length: 256 },
    ['encrypt', 'decrypt'],
    salt,
  )

/** Pairs in one order, however they were given. */
function authenticated(head: Uint8Array, context: EncryptionContext): Uint8Array<ArrayBuffer> {
  const pairs = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1))
  return joinBytes([head, new TextEncoder().encode(JSON.stringify(pairs))])
}
