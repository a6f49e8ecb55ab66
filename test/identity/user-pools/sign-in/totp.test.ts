import { describe, expect, test } from 'vitest'
import { newTotpSecret, totpCode, totpStep } from '../../../../src/identity/user-pools/sign-in/totp.ts'
import { toBase32 } from '../../../../src/lib/base32.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
/** RFC 6238, appendix B: its codes have eight digits, of which apps show the last six. */
const SECRET = toBase32(utf8('12345678901234567890'))
const VECTORS = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
] as const

describe('one-time passwords by time', () => {
  test.each(VECTORS)('are those of RFC 6238 at %i', async (seconds, code) => {
    expect(await totpCode(SECRET, Math.floor(seconds / 30))).toBe(code.slice(2))
  })

  test('are taken one step early and one step late, and no more', async () => {
    const now = 1_700_000_010_000
    const step = Math.floor(now / 30_000)
    const taken = await Promise.all(
      [-2, -1, 0, 1, 2].map(async off => totpStep(SECRET, await totpCode(SECRET, step + off), now)),
    )
    expect(taken).toEqual([undefined, step - 1, step, step + 1, undefined])
  })

  test('have secrets that authenticator apps can read', () => {
    expect(newTotpSecret(bytes => new Uint8Array(bytes).fill(255))).toMatch(/^[A-Z2-7]{52}$/)
  })
})
