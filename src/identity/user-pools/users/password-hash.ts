import { fromBase64, toBase64 } from '../../../lib/base64.ts'
import { hex } from '../../../lib/hash.ts'
import { randomBytes } from '../../../lib/random.ts'
import { sameBytes } from '../../../lib/same-bytes.ts'
import { srpPoolName, srpVerifier } from '../sign-in/srp.ts'
import type { StoredPassword } from './pool-user.ts'

/**
 * Passwords are kept by PBKDF2 with HMAC-SHA-256. OWASP asks for 600,000 rounds; Cloudflare refuses more than 100,000
 * ("Pbkdf2 failed: iteration counts above 100000 are not supported", which a local workerd does not say), some 13 ms of
 * CPU, so that is what is done. What makes up for it is that hashes are stored encrypted, and that tries are counted
 * (`attempts.ts`).
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 * https://github.com/cloudflare/workerd/issues/1346
 */
const ITERATIONS = 100_000

const SALT_BYTES = 16

/**
 * What is kept of a new password: for those who send it, and for those who prove by SRP that they know it.
 *
 * @param pool id of the pool
 * @param username as SRP hashes it: the user's `username`, whatever name they sign in by
 */
export async function hashPassword(
  pool: string,
  username: string,
  password: string,
  random: (bytes: number) => Uint8Array<ArrayBuffer> = randomBytes,
): Promise<StoredPassword> {
  const slow = random(SALT_BYTES)
  const salt = hex(random(SALT_BYTES))
  const who = { poolName: srpPoolName(pool), username }
  const hash = await pbkdf2(password, slow, ITERATIONS)
  return {
    hash: `pbkdf2-sha256$${ITERATIONS}$${toBase64(slow)}$${toBase64(hash)}`,
    salt,
    verifier: await srpVerifier(who, password, salt),
  }
}

/** Whether it is the password that was kept. Takes as long for a wrong one. */
export async function checkPassword(stored: StoredPassword, password: string): Promise<boolean> {
  const [scheme, iterations, salt, hash] = stored.hash.split('$')
  if (scheme !== 'pbkdf2-sha256' || !salt || !hash) throw new Error(`passwords of ${scheme} are not known`)
  const expected = fromBase64(hash)
  return sameBytes(await pbkdf2(password, fromBase64(salt), Number(iterations)), expected)
}

/** Takes as long as checking a password does, where there is none to check. */
export async function checkNoPassword(password: string): Promise<false> {
  await pbkdf2(password, new Uint8Array(SALT_BYTES), ITERATIONS)
  return false
}

/** Whether the parameters have changed since it was kept, so that it should be kept anew. */
export const isOutdated = (stored: StoredPassword): boolean =>
  !stored.hash.startsWith(`pbkdf2-sha256$${ITERATIONS}$`)

async function pbkdf2(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const utf8 = new TextEncoder().encode(password)
  const key = await crypto.subtle.importKey('raw', utf8, 'PBKDF2', false, ['deriveBits'])
  const rounds = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  return new Uint8Array(await crypto.subtle.deriveBits(rounds, key, 256))
}
