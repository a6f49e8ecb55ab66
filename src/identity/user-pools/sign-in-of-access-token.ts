import { clientAnywhere, type FoundClient, poolAnywhere } from './find-pool.ts'
import { type Claims, claimedPool, verifyOwnToken } from './issue-tokens.ts'
import { disabled, noSuchUser, notAuthorized } from './sign-in-refusals.ts'
import { SignIns } from './sign-ins.ts'
import { USER_SCOPE } from './tokens-of-user-claims.ts'
import { PoolUsers, type StoredUser } from './users.ts'

/** A user who calls with an access token of theirs. */
export interface SignedInUser {
  readonly found: FoundClient
  readonly users: PoolUsers
  readonly stored: StoredUser
  readonly claims: Claims
}

/**
 * The user whose access token it is. Throws a refusal for a token that is none, has expired, was revoked, or is not for
 * changing the user's own settings, and for users who are gone or disabled.
 *
 * @param now milliseconds since the epoch
 */
export async function signedInUser(db: D1Database, accessToken: string, now: number): Promise<SignedInUser> {
  const poolId = claimedPool(accessToken)
  const pool = poolId === undefined ? undefined : await poolAnywhere(db, poolId)
  const claims = pool && (await verifyOwnToken(pool.pool.doc, accessToken, 'access', now))
  if (!pool || !claims) {
    const isLate = pool && (await verifyOwnToken(pool.pool.doc, accessToken, 'access', expiryOf(accessToken)))
    throw notAuthorized(isLate ? 'Access Token has expired' : 'Invalid Access Token')
  }
  const { username, client_id: clientId, event_id: id, scope } = claims
  if (typeof username !== 'string' || typeof clientId !== 'string' || typeof id !== 'string') {
    throw notAuthorized('Invalid Access Token')
  }
  if (!String(scope).split(' ').includes(USER_SCOPE)) {
    throw notAuthorized('Access Token does not have required scopes')
  }
  const users = new PoolUsers(db, pool)
  const [signIn, stored, found] = await Promise.all([
    new SignIns(db, pool.account.id, pool.pool.id).get(id),
    users.get(username),
    clientAnywhere(db, clientId),
  ])
  if (!found) throw notAuthorized('Invalid Access Token')
  // Of another user, who has the name since the first one was removed, the token says nothing.
  if (stored?.user.attributes.sub !== claims.sub) throw noSuchUser()
  if (!signIn || signIn.ended) throw notAuthorized('Access Token has been revoked')
  if (!stored.user.enabled) throw disabled()
  return { found, users, stored, claims }
}

/** Just before a token expires, by what it says itself; milliseconds since the epoch. */
function expiryOf(token: string): number {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown }
    return typeof exp === 'number' ? (exp - 1) * 1000 : 0
  } catch {
    return 0
  }
}
