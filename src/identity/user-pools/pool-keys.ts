import type { Secrets } from '../../encryption/secrets.ts'
import { toBase64 } from '../../lib/base64.ts'
import { sha256 } from '../../lib/hash.ts'
import { LONGEST_TOKEN_SECONDS } from './pool-defaults.ts'
import { type PoolKeyRecord, poolKeyPurpose } from './pool-records.ts'

/** 2048 bits, as Cognito's own; RFC 7518, section 3.3, allows no fewer. */
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const

/**
 * A new pair of keys for the tokens of a pool. The private one leaves this function only sealed.
 *
 * @param account twelve digits
 * @param now milliseconds since the epoch
 */
export async function newPoolKey(secrets: Secrets, account: string, now: number): Promise<PoolKeyRecord> {
  const pair = (await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])) as CryptoKeyPair
  const { n, e } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey
  const pkcs8 = new Uint8Array((await crypto.subtle.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer)
  const kid = toBase64(await sha256(n!))
  return {
    public: { kid, kty: 'RSA', alg: 'RS256', use: 'sig', n: n!, e: e! },
    private: await secrets.seal(account, poolKeyPurpose(kid), toBase64(pkcs8)),
    created: now,
  }
}

/** Milliseconds. How long a key signs: what a key is worth to whoever finds it out grows with its age. */
export const SIGNING_MS = 90 * 24 * 3_600_000

/**
 * Milliseconds. How long a key is published before it signs: verifiers that keep keys for a day, as AWS's own library
 * for JWTs lets them, know it by then.
 */
export const ANNOUNCED_MS = 24 * 3_600_000

/** Milliseconds. The longest that a token holds, and an hour for clocks that differ and calls on their way. */
export const RETIRED_MS = LONGEST_TOKEN_SECONDS * 1000 + 3_600_000

/** When the keys change next: one is announced, begins to sign, or is forgotten. Milliseconds since the epoch. */
export function nextKeyChange(keys: readonly PoolKeyRecord[]): number {
  const { signing, announced, retired } = rolesOf(keys)
  const change = announced ? announced.created + ANNOUNCED_MS : signing.created + SIGNING_MS
  return Math.min(change, ...retired.map(key => key.retired! + RETIRED_MS))
}

/**
 * The keys of a pool as they have to be now, the one that signs first.
 *
 * @param announce makes a new key
 */
export async function changeKeys(
  keys: readonly PoolKeyRecord[],
  now: number,
  announce: () => Promise<PoolKeyRecord>,
): Promise<PoolKeyRecord[]> {
  const { signing, announced, retired } = rolesOf(keys)
  const known = retired.filter(key => now < key.retired! + RETIRED_MS)
  if (announced) {
    return now < announced.created + ANNOUNCED_MS
      ? [signing, announced, ...known]
      : [announced, { ...signing, retired: now }, ...known]
  }
  return now < signing.created + SIGNING_MS ? [signing, ...known] : [signing, await announce(), ...known]
}

function rolesOf(keys: readonly PoolKeyRecord[]) {
  const [signing, announced] = keys.filter(({ retired }) => retired === undefined)
  if (!signing) throw new Error('the pool has no key to sign with')
  return { signing, announced, retired: keys.filter(({ retired }) => retired !== undefined) }
}
