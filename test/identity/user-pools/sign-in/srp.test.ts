import { createHmac } from 'node:crypto'
import AuthenticationHelper from 'amazon-cognito-identity-js/lib/AuthenticationHelper'
import BigInteger from 'amazon-cognito-identity-js/lib/BigInteger'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isSrpTimestamp,
  javaBytes,
  modPow,
  N,
  readPublicNumber,
  srpClaimHolds,
  srpScrambler,
  srpServerNumber,
  srpVerifier,
} from '../../../../src/identity/user-pools/sign-in/srp.ts'
import { hashPassword } from '../../../../src/identity/user-pools/users/password-hash.ts'
import { hex } from '../../../../src/lib/hash.ts'
import { randomBytes } from '../../../../src/lib/random.ts'

const POOL = 'us-east-1_AbCdEfGhI'
const NOW = 'Mon Nov 3 07:56:32 UTC 2026'

/** What the real client answers to a challenge. */
async function clientSigns(
  client: InstanceType<typeof AuthenticationHelper>,
  {
    username,
    password,
    B,
    salt,
    block,
  }: Record<'username' | 'password' | 'B' | 'salt', string> & { block: Uint8Array },
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await new Promise<Uint8Array>((resolve, reject) =>
    client.getPasswordAuthenticationKey(
      username,
      password,
      new BigInteger(B, 16),
      new BigInteger(salt, 16),
      (error: unknown, key: Uint8Array) => (error ? reject(error) : resolve(key)),
    ),
  )
  const hmac = createHmac('sha256', key)
  for (const part of ['AbCdEfGhI', username, block, NOW]) hmac.update(part)
  return new Uint8Array(hmac.digest())
}

/** A whole sign-in of the real client, and whether the server takes what it signs. */
async function signsIn(username: string, real: string, given: string, serverSalt?: string): Promise<boolean> {
  const who = { poolName: 'AbCdEfGhI', username }
  const salt = serverSalt ?? hex(randomBytes(16))
  const verifier = await srpVerifier(who, real, salt)
  const client = new AuthenticationHelper('AbCdEfGhI')
  const A = readPublicNumber(client.largeAValue.toString(16))!
  const b = hex(randomBytes(32))
  const B = await srpServerNumber(verifier, b)
  const block = randomBytes(40)
  const signature = await clientSigns(client, { username, password: given, B, salt, block })
  const u = BigInt(`0x${await srpScrambler(A, B)}`)
  const exchange = { A, u, b: BigInt(`0x${b}`), verifier: BigInt(`0x${verifier}`) }
  return srpClaimHolds(who, exchange, { secretBlock: block, timestamp: NOW, signature })
}

describe('the server of SRP', () => {
  test('takes what the real client signs with the right password, and nothing else', async () => {
    expect(await signsIn('sarah', 'Correct-horse-1', 'Correct-horse-1')).toBe(true)
    expect(await signsIn('sarah', 'Correct-horse-1', 'Correct-horse-2')).toBe(false)
    expect(await signsIn('Ünï©ode', 'pässwörd 🔑', 'pässwörd 🔑')).toBe(true)
  })

  test('hashes a salt as the number that the client reads it as', async () => {
    expect(await signsIn('sarah', 'p', 'p', '00000000000000000000000000000001')).toBe(true)
    expect(await signsIn('sarah', 'p', 'p', '0f8a0000000000000000000000000000')).toBe(true)
    expect(await signsIn('sarah', 'p', 'p', 'ff000000000000000000000000000000')).toBe(true)
  })

  test('takes a password as it is kept', async () => {
    const stored = await hashPassword(POOL, 'sarah', 'Correct-horse-1')
    const again = await srpVerifier(
      { poolName: 'AbCdEfGhI', username: 'sarah' },
      'Correct-horse-1',
      stored.salt,
    )
    expect(again).toBe(stored.verifier)
  })

  test('refuses public numbers that would make the key known to everybody', () => {
    for (const bad of [0n, N, 2n * N]) expect(readPublicNumber(bad.toString(16))).toBeUndefined()
    for (const bad of ['', 'xyz', '-1', '1 ', 'f'.repeat(801)]) expect(readPublicNumber(bad)).toBeUndefined()
    expect(readPublicNumber('02')).toBe(2n)
  })

  test('writes numbers as the real client does', () => {
    const helper = new AuthenticationHelper('AbCdEfGhI')
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: N }), number => {
        expect(hex(javaBytes(number))).toBe(
          helper.padHex(new BigInteger(number.toString(16), 16)).toLowerCase(),
        )
      }),
    )
  })

  test('raises to powers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 40n }), (base, exponent) => {
        expect(modPow(base, exponent, 1009n)).toBe(base ** exponent % 1009n)
      }),
    )
  })

  test('knows the form of times', () => {
    expect(isSrpTimestamp(NOW)).toBe(true)
    expect(isSrpTimestamp('Mon Nov 03 07:56:32 UTC 2026')).toBe(false)
    expect(isSrpTimestamp('2026-11-03T07:56:32Z')).toBe(false)
  })
})
