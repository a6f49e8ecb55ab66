import type { Sealed } from '../../../encryption/secrets.ts'
import { secretsOf } from '../../../encryption/secrets.ts'
import type { Env } from '../../../env.ts'
import { accountId } from '../../../identity/credentials.ts'
import { fromBase64, toBase64 } from '../../../lib/base64.ts'
import { hex } from '../../../lib/hash.ts'
import { randomBytes } from '../../../lib/random.ts'
import { selfSignedCertificate } from './certificate.ts'

/** What notifications of a year are signed with, whoever's topics they are of: who verifies one trusts this Weir. */
export interface SigningKey {
  /** In the name of the certificate. */
  readonly id: string
  /** By the version of the signature: SHA-1 for the first, SHA-256 for the second. */
  readonly keys: Readonly<Record<'1' | '2', CryptoKey>>
}

interface KeptKey {
  readonly schema: 1
  readonly id: string
  /** PKCS #8 in base64, sealed. */
  readonly private: Sealed
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }

const keyOf = (year: number): string => `signing-keys/topics/${year}.json`

const certificateKey = (id: string): string => `signing-keys/topics/${id}.pem`

const purposeOf = (id: string): string => `topics' signing key ${id}`

const known = new WeakMap<Env, Map<number, SigningKey>>()

/**
 * The key of a year, which is made when it is first needed. Its certificate stays where it is, as a notification may be
 * verified at any time.
 *
 * @param now epoch milliseconds
 */
export async function signingKey(env: Env, now: number): Promise<SigningKey> {
  const year = new Date(now).getUTCFullYear()
  let keys = known.get(env)
  if (!keys) {
    keys = new Map()
    known.set(env, keys)
  }
  let key = keys.get(year)
  if (!key) {
    key = await opened(env, (await keptKey(env, year)) ?? (await makeKey(env, year)))
    keys.set(year, key)
  }
  return key
}

async function keptKey(env: Env, year: number): Promise<KeptKey | undefined> {
  return (await (await env.STORE.get(keyOf(year)))?.json<KeptKey>()) ?? undefined
}

async function makeKey(env: Env, year: number): Promise<KeptKey> {
  const pair = (await crypto.subtle.generateKey({ ...RSA, hash: 'SHA-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const serial = randomBytes(16)
  // Positive, and in the shortest form that there is.
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const id = hex(serial)
  const certificate = await selfSignedCertificate(pair, {
    name: 'Weir notifications',
    serial,
    from: Date.UTC(year, 0, 1),
    // What is published in the last hours of a year is verified in the next.
    to: Date.UTC(year + 2, 0, 1),
  })
  const pkcs8 = new Uint8Array((await crypto.subtle.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer)
  const sealed = await secretsOf(env).seal(accountId(env), purposeOf(id), toBase64(pkcs8))
  // First, so that no signature names a certificate that is not there.
  await env.STORE.put(certificateKey(id), certificate)
  const kept: KeptKey = { schema: 1, id, private: sealed }
  const written = await env.STORE.put(keyOf(year), JSON.stringify(kept), {
    onlyIf: { etagDoesNotMatch: '*' },
  })
  // Another topic was quicker.
  return written ? kept : (await keptKey(env, year))!
}

async function opened(env: Env, { id, private: sealed }: KeptKey): Promise<SigningKey> {
  const pkcs8 = fromBase64(await secretsOf(env).open(accountId(env), purposeOf(id), sealed))
  const imported = (hash: string) =>
    crypto.subtle.importKey('pkcs8', pkcs8, { name: RSA.name, hash }, false, ['sign'])
  return { id, keys: { '1': await imported('SHA-1'), '2': await imported('SHA-256') } }
}

/** Where the certificate of a key is, below Weir's own address and that of SNS. */
export const certificatePath = (id: string): string => `/SimpleNotificationService-${id}.pem`

/** The path of a certificate, with its key's id. */
export const CERTIFICATE_PATH = /^\/SimpleNotificationService-([0-9a-f]{32})\.pem$/

/** Answers whoever verifies a notification. */
export async function serveCertificate(env: Env, id: string): Promise<Response> {
  const found = await env.STORE.get(certificateKey(id))
  if (!found) return new Response('There is no such certificate.\n', { status: 404 })
  return new Response(found.body, {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=86400' },
  })
}
