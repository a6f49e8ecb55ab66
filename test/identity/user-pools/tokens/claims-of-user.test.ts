import { describe, expect, test } from 'vitest'
import type { GroupRecord } from '../../../../src/identity/user-pools/pool-records.ts'
import {
  attributeClaims,
  groupClaims,
  overriddenClaims,
  overriddenGroups,
  overriddenScopes,
} from '../../../../src/identity/user-pools/tokens/claims-of-user.ts'

const group = (name: string, Precedence?: number, RoleArn?: string): GroupRecord => ({
  name,
  created: 0,
  modified: 0,
  ...(Precedence !== undefined && { Precedence }),
  ...(RoleArn !== undefined && { RoleArn }),
})

describe('groups in tokens', () => {
  test('prefer the role of the group that comes first', () => {
    const groups = [group('c'), group('b', 5, 'role/b'), group('a', 7, 'role/a'), group('d', 0)]
    expect(groupClaims(groups)).toEqual({
      groups: ['d', 'b', 'a', 'c'],
      roles: ['role/b', 'role/a'],
      preferredRole: 'role/b',
    })
  })

  test('prefer no role where groups of one precedence have different ones', () => {
    expect(groupClaims([group('a', 1, 'role/a'), group('b', 1, 'role/b')]).preferredRole).toBeUndefined()
    expect(groupClaims([group('a', 1, 'role/a'), group('b', 1, 'role/a')])).toMatchObject({
      roles: ['role/a'],
      preferredRole: 'role/a',
    })
    expect(groupClaims([])).toEqual({ groups: [], roles: [], preferredRole: undefined })
  })

  test('are what a function makes of them', () => {
    const groups = groupClaims([group('a', 1, 'role/a')])
    expect(overriddenGroups(groups, undefined)).toBe(groups)
    expect(overriddenGroups(groups, { groupsToOverride: [], preferredRole: 'role/x' })).toEqual({
      groups: [],
      roles: ['role/a'],
      preferredRole: 'role/x',
    })
    expect(() => overriddenGroups(groups, { groupsToOverride: 'a' })).toThrow('groupsToOverride')
    expect(() => overriddenGroups(groups, ['a'])).toThrow('groupOverrideDetails')
  })
})

describe('claims', () => {
  test("have OpenID Connect's types, and texts for all that is the pool's own", () => {
    const attributes = {
      email: 's@example.com',
      email_verified: 'true',
      phone_number_verified: 'false',
      updated_at: '1700000000',
      address: '1 Weir Lane',
      'custom:seats': '3',
    }
    expect(attributeClaims(attributes)).toEqual({
      ...attributes,
      email_verified: true,
      phone_number_verified: false,
      updated_at: 1_700_000_000,
      address: { formatted: '1 Weir Lane' },
    })
  })

  test('that tokens stand on are not for functions to change', () => {
    const access = { sub: 's', client_id: 'c', scope: 'x', username: 'u', exp: 1, plan: 'free' }
    const override = {
      claimsToAddOrOverride: { sub: 'y', client_id: 'y', scope: 'y', username: 'y', plan: 'gold' },
      claimsToSuppress: ['sub', 'exp', 'scope'],
    }
    expect(overriddenClaims('access', access, override, '2')).toEqual({ ...access, plan: 'gold' })
    expect(overriddenClaims('access', access, null, '2')).toBe(access)
    expect(() => overriddenClaims('id', {}, { claimsToAddOrOverride: [] }, '2')).toThrow(
      'claimsToAddOrOverride',
    )
    expect(() => overriddenClaims('id', {}, 'x', '2')).toThrow('the claims')
  })

  test('of access tokens have scopes that functions add and take away', () => {
    expect(overriddenScopes('a b', undefined)).toBe('a b')
    expect(overriddenScopes('a b', { scopesToAdd: ['c', 'a'], scopesToSuppress: ['b'] })).toBe('a c')
    expect(overriddenScopes('a', { scopesToSuppress: ['a'] })).toBe('')
  })
})
