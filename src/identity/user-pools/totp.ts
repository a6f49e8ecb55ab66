/**
 * One-time passwords by time (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, a new one every 30
 * seconds. Web Crypto does all of it that is work, so no package does.
 */

export const STEP_SECONDS = 30

/** How far a device's clock may be off, in steps: RFC 6238, section 5.2, advises one for delays alone. */
const DRIFT = 1

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648, section 6, without padding. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >>> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text
}

/** Throws on what is not base32. */
export function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const character of text.replace(/=+$/, '')) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) throw new Error('not base32')
    value = (value << 5) | digit
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push(value >>> bits)
      value &= (1 << bits) - 1
    }
  }
  return Uint8Array.from(bytes)
}

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
