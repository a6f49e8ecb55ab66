import type { Secrets } from '../../encryption/secrets.ts'
import { toBase64 } from '../../lib/base64.ts'
import { sha256 } from '../../lib/hash.ts'
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
