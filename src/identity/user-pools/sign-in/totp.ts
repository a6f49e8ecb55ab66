import { fromBase32, toBase32 } from '../../../lib/base32.ts'

/**
 * One-time passwords by time (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, a new one every 30
 * seconds. Web Crypto does all of it that is work, so no package does.
 */

const STEP_SECONDS = 30

/** How far a device's clock may be off, in steps: RFC 6238, section 5.2, advises one for delays alone. */
const DRIFT = 1

/** A new secret: 32 bytes, 52 letters and digits. */
export const newTotpSecret = (random: (bytes: number) => Uint8Array): string => toBase32(random(32))

/** The code of a step: RFC 4226, section 5.3. */
export async function totpCode(secret: string, step: number): Promise<string> {
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(step))
  const hmac = { name: 'HMAC', hash: 'SHA-1' }
  const key = await crypto.subtle.importKey('raw', fromBase32(secret), hmac, false, ['sign'])
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer))
  const at = mac.getUint8(mac.byteLength - 1) & 15
  return String((mac.getUint32(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/**
 * The step that a code is of, the newest first; undefined when it is of none that counts at this time. Whoever accepts
 * it has to see to it that no code of that step is accepted again (RFC 6238, section 5.2).
 *
 * @param now milliseconds since the epoch
 */
export async function totpStep(secret: string, code: string, now: number): Promise<number | undefined> {
  const current = Math.floor(now / 1000 / STEP_SECONDS)
  let found: number | undefined
  for (let step = current - DRIFT; step <= current + DRIFT; step += 1) {
    if ((await totpCode(secret, step)) === code) found = step
  }
  return found
}

/** Until when the code of a step may be accepted; milliseconds since the epoch. */
export const stepEnds = (step: number): number => (step + DRIFT + 1) * STEP_SECONDS * 1000
