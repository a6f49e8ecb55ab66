import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  passwordFault,
  temporaryPassword,
} from '../../../../src/identity/user-pools/users/password-policy.ts'

const policy = fc.record({
  MinimumLength: fc.integer({ min: 6, max: 99 }),
  RequireUppercase: fc.boolean(),
  RequireLowercase: fc.boolean(),
  RequireNumbers: fc.boolean(),
  RequireSymbols: fc.boolean(),
})

describe('a policy for passwords', () => {
  it('takes the temporary passwords that are made for it', () => {
    fc.assert(
      fc.property(
        policy,
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (asked, numbers) => {
          const below = (n: number) => Math.floor(numbers.next().value! * n)
          expect(passwordFault(asked, temporaryPassword(asked, below))).toBeUndefined()
        },
      ),
    )
  })

  it('takes every symbol that is documented, and blanks between other characters', () => {
    const asked = { MinimumLength: 6, RequireSymbols: true }
    for (const symbol of '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+- ') {
      expect(passwordFault(asked, `abc${symbol}def`)).toBeUndefined()
    }
    for (const none of ['abcdefg', 'abcdéfg']) {
      expect(passwordFault(asked, none)).toBe(
        'Password did not conform with policy: Password must have symbol characters',
      )
    }
  })

  it('takes no blanks before or behind all others', () => {
    for (const password of [' abcdef', 'abcdef ']) {
      expect(passwordFault({ MinimumLength: 6 }, password)).toBe(
        'Password did not conform with policy: Password has a blank where none may be',
      )
    }
  })

  it('counts characters, not the units that they are kept in', () => {
    expect(passwordFault({ MinimumLength: 6 }, '𝕏𝕏𝕏𝕏𝕏')).toBe(
      'Password did not conform with policy: Password not long enough',
    )
    expect(passwordFault({ MinimumLength: 6 }, '𝕏𝕏𝕏𝕏𝕏𝕏')).toBeUndefined()
  })
})
