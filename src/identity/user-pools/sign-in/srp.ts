import { hex, sha256 } from '../../../lib/hash.ts'
import { joinBytes } from '../../../lib/join-bytes.ts'

/**
 * The Secure Remote Password protocol as Cognito's clients speak it: SRP-6a (RFC 5054) with the prime of 3072 bits,
 * SHA-256, and g = 2 where the RFC has 5. What is beyond the RFC is in `AuthenticationHelper.js` of
 * https://github.com/aws-amplify/amplify-js/tree/main/packages/amazon-cognito-identity-js: numbers are hashed as Java
 * writes them, and the shared number becomes a key by HKDF.
 *
 * `bigint` takes no constant time. What an observer of times could learn of is `b`, which is drawn for one sign-in.
 */

/** The prime of RFC 5054's group of 3072 bits. */
export const N = BigInt(
  `0x${[
    'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD',
    'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED',
    'EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F',
    '83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B',
    'E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510',
    '15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7',
    'ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C',
    'BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF',
  ].join('')}`,
)

const G = 2n

/** Who signs in, as both sides hash it: the part of the pool's id after `_`, and the name of the user. */
export interface SrpIdentity {
  readonly poolName: string
  readonly username: string
}

/** `us-east-1_AbCdEfGhI` -> `AbCdEfGhI` */
export const srpPoolName = (pool: string): string => pool.slice(pool.indexOf('_') + 1)

/** What a server keeps of a password, hexadecimal. */
export interface SrpSecret {
  readonly salt: string
  readonly verifier: string
}

/** What a password leaves behind. `salt` is hexadecimal. */
export async function srpVerifier(who: SrpIdentity, password: string, salt: string): Promise<string> {
  const inner = await sha256(`${who.poolName}${who.username}:${password}`)
  const x = await hashOf(javaBytes(BigInt(`0x${salt}`)), inner)
  return modPow(G, x, N).toString(16)
}

/** The client's public number, or undefined for one that no honest client sends (RFC 5054, section 2.5.4). */
export function readPublicNumber(text: string): bigint | undefined {
  if (!/^[0-9a-fA-F]{1,800}$/.test(text)) return undefined
  const A = BigInt(`0x${text}`)
  return A % N === 0n ? undefined : A
}

/** The server's public number `B` for its private one, both hexadecimal. */
export async function srpServerNumber(verifier: string, b: string): Promise<string> {
  const kv = (await multiplier()) * BigInt(`0x${verifier}`)
  const B = (kv + modPow(G, BigInt(`0x${b}`), N)) % N
  if (B === 0n) throw new Error('SRP_B is zero')
  return B.toString(16)
}

/** What both public numbers make: `u`, hexadecimal. */
export async function srpScrambler(A: bigint, B: string): Promise<string> {
  const u = await hashOf(javaBytes(A), javaBytes(BigInt(`0x${B}`)))
  if (u === 0n) throw new Error('the hash of both public numbers is zero')
  return u.toString(16)
}

export interface SrpExchange {
  /** The client's public number. */
  readonly A: bigint
  /** Of {@link srpScrambler}. */
  readonly u: bigint
  /** The server's private number. */
  readonly b: bigint
  readonly verifier: bigint
}

/** The key that both sides share when the client knows the password: 16 bytes. */
async function sharedKey({ A, u, b, verifier }: SrpExchange): Promise<Uint8Array<ArrayBuffer>> {
  const S = modPow((A % N) * modPow(verifier, u, N), b, N)
  const material = await crypto.subtle.importKey('raw', javaBytes(S), 'HKDF', false, ['deriveBits'])
  const salted = { name: 'HKDF', hash: 'SHA-256', salt: javaBytes(u), info: KEY_INFO }
  return new Uint8Array(await crypto.subtle.deriveBits(salted, material, 128))
}

const KEY_INFO = new TextEncoder().encode('Caldera Derived Key')

/** What the client signs: the challenge it was given, and when. */
export interface SrpClaim {
  readonly secretBlock: Uint8Array
  /** As it was sent: `Mon Nov 23 07:56:32 UTC 2026`. */
  readonly timestamp: string
  readonly signature: Uint8Array<ArrayBuffer>
}

/** Whether the client knew the password. */
export async function srpClaimHolds(
  who: SrpIdentity,
  exchange: SrpExchange,
  { secretBlock, timestamp, signature }: SrpClaim,
): Promise<boolean> {
  const utf8 = new TextEncoder()
  const parts = [utf8.encode(`${who.poolName}${who.username}`), secretBlock, utf8.encode(timestamp)]
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', await sharedKey(exchange), hmac, false, ['verify'])
  return crypto.subtle.verify('HMAC', key, signature, joinBytes(parts))
}

/** `ddd MMM D HH:mm:ss UTC YYYY`, as the service asks for it. */
export const isSrpTimestamp = (text: string): boolean => SRP_TIMESTAMP.test(text)

const SRP_TIMESTAMP =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [1-3]?\d \d\d:\d\d:\d\d UTC \d{4}$/

let k: bigint | undefined

async function multiplier(): Promise<bigint> {
  k ??= await hashOf(javaBytes(N), javaBytes(G))
  return k
}

async function hashOf(...parts: readonly Uint8Array[]): Promise<bigint> {
  return BigInt(`0x${hex(await sha256(joinBytes(parts)))}`)
}

/** As Java's `BigInteger.toByteArray` writes what is not negative: with a zero before a first bit that is set. */
export function javaBytes(number: bigint): Uint8Array<ArrayBuffer> {
  let text = number.toString(16)
  if (text.length % 2 === 1) text = `0${text}`
  if (/^[89a-f]/.test(text)) text = `00${text}`
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
  )
}

/** From the exponent's first bit on, so that multiplying with a small base costs next to nothing. */
export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const reduced = base % modulus
  let power = 1n
  for (const bit of exponent.toString(2)) {
    power = (power * power) % modulus
    if (bit === '1') power = (power * reduced) % modulus
  }
  return power
}
