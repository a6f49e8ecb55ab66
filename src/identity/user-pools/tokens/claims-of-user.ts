import { isJsonObject, type JsonObject } from '../../../lib/json-object.ts'
import type { GroupRecord } from '../pool-records.ts'
import { invalidResponse } from '../triggers.ts'
import type { Attributes } from '../users/attributes.ts'

/** What a user's groups put into tokens. */
export interface GroupClaims {
  readonly groups: readonly string[]
  /** ARNs. */
  readonly roles: readonly string[]
  readonly preferredRole?: string | undefined
}

/** What a token says, before it is signed. */
export type ClaimsSoFar = Record<string, unknown>

/** The claims of both tokens that a sign-in gives. */
export interface TokenClaims {
  readonly id: ClaimsSoFar
  readonly access: ClaimsSoFar
}

/**
 * Groups in the order of their precedence, and their roles. "If two groups with the same precedence have different
 * role ARNs, the cognito:preferred_role claim isn't set in users' tokens for both roles."
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
 */
export function groupClaims(groups: readonly GroupRecord[]): GroupClaims {
  const precedence = (group: GroupRecord) => group.Precedence ?? Number.POSITIVE_INFINITY
  const sorted = [...groups].sort((a, b) => precedence(a) - precedence(b) || (a.name < b.name ? -1 : 1))
  const withRole = sorted.filter(group => group.RoleArn)
  const [first] = withRole
  const preferred = new Set(
    withRole.filter(group => precedence(group) === precedence(first!)).map(group => group.RoleArn!),
  )
  return {
    groups: sorted.map(({ name }) => name),
    roles: [...new Set(withRole.map(({ RoleArn }) => RoleArn!))],
    preferredRole: preferred.size === 1 ? [...preferred][0] : undefined,
  }
}

/**
 * A user's attributes as an ID token has them: OpenID Connect's types for its own claims, texts for all others.
 * https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
 */
export function attributeClaims(attributes: Attributes): ClaimsSoFar {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, CLAIM_TYPES[name]?.(value) ?? value]),
  )
}

const CLAIM_TYPES: Readonly<Record<string, (value: string) => unknown>> = {
  email_verified: value => value === 'true',
  phone_number_verified: value => value === 'true',
  updated_at: value => (/^\d{1,15}$/.test(value) ? Number(value) : undefined),
  address: formatted => ({ formatted }),
}

export const groupsInId = ({ groups, roles, preferredRole }: GroupClaims): ClaimsSoFar => ({
  ...(groups.length > 0 && { 'cognito:groups': groups }),
  ...(roles.length > 0 && { 'cognito:roles': roles }),
  ...(preferredRole !== undefined && { 'cognito:preferred_role': preferredRole }),
})

export const groupsInAccess = ({ groups }: GroupClaims): ClaimsSoFar =>
  groups.length > 0 ? { 'cognito:groups': groups } : {}

/**
 * What a trigger cannot change.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
const FIXED = [
  'acr',
  'amr',
  'at_hash',
  'auth_time',
  'azp',
  'exp',
  'iat',
  'iss',
  'jti',
  'nbf',
  'nonce',
  'origin_jti',
  'sub',
  'token_use',
]
const FIXED_IN = {
  id: new Set([...FIXED, 'aud', 'cognito:username', 'event_id', 'identities']),
  access: new Set([...FIXED, 'client_id', 'device_key', 'event_id', 'scope', 'username', 'version']),
}

/** The groups that are in force when a trigger has had its say. Throws a refusal for an answer that is none. */
export function overriddenGroups(groups: GroupClaims, override: unknown): GroupClaims {
  if (override === undefined || override === null) return groups
  if (!isJsonObject(override)) throw unreadable('groupOverrideDetails')
  const { groupsToOverride, iamRolesToOverride, preferredRole } = override
  return {
    groups: textsOf(groupsToOverride, 'groupsToOverride') ?? groups.groups,
    roles: textsOf(iamRolesToOverride, 'iamRolesToOverride') ?? groups.roles,
    preferredRole: typeof preferredRole === 'string' ? preferredRole : groups.preferredRole,
  }
}

/** Claims with what a trigger adds, changes and takes away. Throws a refusal for an answer that is none. */
export function overriddenClaims(
  use: keyof TokenClaims,
  claims: ClaimsSoFar,
  override: unknown,
  version: '1' | '2' | '3',
): ClaimsSoFar {
  if (override === undefined || override === null) return claims
  if (!isJsonObject(override)) throw unreadable('the claims')
  const { claimsToAddOrOverride: added, claimsToSuppress } = override
  if (added !== undefined && added !== null && !isJsonObject(added)) throw unreadable('claimsToAddOrOverride')
  const result = { ...claims }
  for (const [name, value] of Object.entries((added ?? {}) as JsonObject)) {
    // "the claims that you can add are strings": from V2_0 on any JSON.
    if (version === '1' && typeof value !== 'string') throw unreadable(`claim ${name}`)
    if (!FIXED_IN[use].has(name)) result[name] = value
  }
  for (const name of textsOf(claimsToSuppress, 'claimsToSuppress') ?? []) {
    if (!FIXED_IN[use].has(name)) delete result[name]
  }
  return result
}

/** Scopes of an access token with what a trigger adds and takes away: texts that blanks separate. */
export function overriddenScopes(scope: string, override: unknown): string {
  if (!isJsonObject(override)) return scope
  const suppressed = new Set(textsOf(override.scopesToSuppress, 'scopesToSuppress'))
  const all = [...scope.split(' '), ...(textsOf(override.scopesToAdd, 'scopesToAdd') ?? [])]
  return [...new Set(all)].filter(one => one !== '' && !suppressed.has(one)).join(' ')
}

function textsOf(value: unknown, member: string): string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string')) throw unreadable(member)
  return value
}

const unreadable = (what: string) => invalidResponse(`Unrecognizable lambda output: ${what}`)
