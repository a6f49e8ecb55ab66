import { describe, expect, test } from 'vitest'
import {
  checkNoPassword,
  checkPassword,
  hashPassword,
  isOutdated,
} from '../../../../src/identity/user-pools/users/password-hash.ts'

const POOL = 'us-east-1_AbCdEfGhI'

describe('a password that is kept', () => {
  test('is known again, and no other is', async () => {
    const stored = await hashPassword(POOL, 'sarah', 'Correct-horse-1')
    expect(await checkPassword(stored, 'Correct-horse-1')).toBe(true)
    expect(await checkPassword(stored, 'Correct-horse-2')).toBe(false)
    expect(await checkPassword(stored, '')).toBe(false)
  })

  test('is another text each time', async () => {
    const [one, other] = await Promise.all([0, 1].map(() => hashPassword(POOL, 'sarah', 'Correct-horse-1')))
    expect(one!.hash).not.toBe(other!.hash)
    expect(one!.salt).not.toBe(other!.salt)
    expect(one!.verifier).not.toBe(other!.verifier)
  })

  // By Python's hashlib.pbkdf2_hmac('sha256', b'Correct-horse-1', bytes(range(16)), 1000).
  test('is checked with the parameters that it was kept with', async () => {
    const stored = {
      hash: 'pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw==$+0FoCzkIjsPS5XbZZ9h/boi3S3HwsAdSS3vcwbdn7j0=',
      salt: '00',
      verifier: '01',
    }
    expect(await checkPassword(stored, 'Correct-horse-1')).toBe(true)
    expect(isOutdated(stored)).toBe(true)
    expect(isOutdated(await hashPassword(POOL, 'sarah', 'x'))).toBe(false)
  })

  test('is none where there is none', async () => {
    expect(await checkNoPassword('Correct-horse-1')).toBe(false)
  })
})
