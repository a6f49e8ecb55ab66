import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  conditionOf,
  type ListFilter,
  readFilter,
} from '../../../../src/identity/user-pools/users/list-filter.ts'
import type { PoolUser } from '../../../../src/identity/user-pools/users/pool-user.ts'
import { poolWith } from './pool-of-users.ts'

const ATTRIBUTES = [
  'username',
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
  'cognito:user_status',
  'status',
  'sub',
] as const

/** Texts that are apt to confuse: quotes, backslashes, wildcards of SQL, and characters of every length in UTF-8. */
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', 'é', '"', '\\', '%', '_', "'", ' ', '☃', '𝕏'),
  maxLength: 4,
})

const filter: fc.Arbitrary<ListFilter> = fc.record({
  attribute: fc.constantFrom(...ATTRIBUTES),
  match: fc.constantFrom('equals' as const, 'begins' as const),
  value: text,
})

const written = ({ attribute, match, value }: ListFilter, blank: string): string =>
  `${blank}${attribute}${blank}${match === 'equals' ? '=' : '^='}${blank}"${value.replace(/["\\]/g, '\\$&')}"${blank}`

describe('a filter of a list of users', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(filter, fc.constantFrom('', ' ', '  '), (asked, blank) => {
        expect(readFilter(written(asked, blank))).toEqual(asked)
      }),
    )
  })

  it('is refused when it is none, and never read as something else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), anything => {
        const read = readFilter(anything)
        if (read === undefined) return anything.trim() === ''
        return 'fault' in read || ATTRIBUTES.some(name => name === read.attribute)
      }),
    )
    for (const none of [
      'name',
      'name "x"',
      'name = x',
      'name == "x"',
      'name = "x" or sub = "y"',
      'name = "x',
    ]) {
      expect(readFilter(none)).toEqual({ fault: 'Error while parsing filter.' })
    }
    for (const unknown of ['custom:team', 'constructor', 'address']) {
      expect(readFilter(`${unknown} = "x"`)).toEqual({ fault: `Invalid search attribute: ${unknown}` })
    }
    expect(readFilter('')).toBeUndefined()
  })

  it('finds whom reading all of them finds', async () => {
    const statuses = ['CONFIRMED', 'UNCONFIRMED', 'FORCE_CHANGE_PASSWORD'] as const
    const user = fc.record({
      attributes: fc.dictionary(
        fc.constantFrom('email', 'phone_number', 'name', 'given_name', 'family_name', 'preferred_username'),
        text.filter(value => value !== ''),
      ),
      status: fc.constantFrom(...statuses),
      enabled: fc.boolean(),
      name: text.filter(name => name !== ''),
    })
    const some = fc.uniqueArray(user, { selector: ({ name }) => name, minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(some, fc.array(filter, { minLength: 5, maxLength: 15 }), async (made, filters) => {
        const { users } = await poolWith({})
        const all = made.map(
          ({ name, attributes, status, enabled }): PoolUser => ({
            username: name,
            attributes: { ...attributes, sub: crypto.randomUUID() },
            status,
            enabled,
            created: 0,
            modified: 0,
          }),
        )
        for (const one of all) await users.create(one)
        for (const asked of filters) {
          const found = await users.list({ limit: 60, where: conditionOf(asked) })
          expect(new Set(found.users.map(({ user }) => user.username))).toEqual(
            new Set(all.filter(one => matches(one, asked)).map(({ username }) => username)),
          )
        }
      }),
      { numRuns: 15 },
    )
  })
})

/** By the words of the documentation, one user at a time. */
function matches(user: PoolUser, { attribute, match, value }: ListFilter): boolean {
  const found =
    attribute === 'username'
      ? user.username
      : attribute === 'status'
        ? user.enabled
          ? 'Enabled'
          : 'Disabled'
        : attribute === 'cognito:user_status'
          ? user.status
          : user.attributes[attribute]
  if (found === undefined) return false
  const sought = attribute === 'cognito:user_status' ? value.toUpperCase() : value
  return match === 'equals' ? found === sought : found.startsWith(sought)
}
