import { Records } from '../../../records/records.ts'
import { type FoundClient, type FoundPool, poolAnywhere } from '../find-pool.ts'
import { clients } from '../pool-records.ts'
import { disabled, noSuchUser, notAuthorized } from '../refusals.ts'
import { USER_SCOPE } from '../scopes.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import { type Claims, claimedPool, isOver, verifyOwnToken } from './issue-tokens.ts'
import { SignIns } from './sign-ins.ts'

export interface TokenUser {
  readonly found: FoundClient
  readonly stored: StoredUser
  readonly claims: Claims
}

/**
 * Whose access token it is, if it still holds: signed by the pool it names, not over, for changing the user's own
 * account, and of a sign-in that nobody has ended. Throws a refusal otherwise, and for users who are gone or disabled.
 *
 * @param now milliseconds since the epoch
 * @param find finds the pool that a token names
 */
export async function userOfAccessToken(
  db: D1Database,
  token: string,
  now: number,
  find = (poolId: string): Promise<FoundPool | undefined> => poolAnywhere(db, poolId),
): Promise<TokenUser> {
  const poolId = claimedPool(token)
  const owned = poolId === undefined ? undefined : await find(poolId)
  const claims = owned && (await verifyOwnToken(owned.pool.doc, token, 'access', now))
  if (!claims) throw notAuthorized(owned && (await isOver(owned.pool.doc, token, now)) ? EXPIRED : INVALID)
  const { client_id: clientId, origin_jti: signInId, scope } = claims
  if (typeof clientId !== 'string' || typeof signInId !== 'string') throw notAuthorized(INVALID)
  if (!String(scope).split(' ').includes(USER_SCOPE)) {
    throw notAuthorized('Access Token does not have required scopes')
  }
  const { account, pool } = owned
  const [client, stored, signIn] = await Promise.all([
    new Records(db, account).get(clients, pool.id, clientId),
    new PoolUsers(db, owned).bySub(claims.sub),
    new SignIns(db, owned).get(signInId),
  ])
  if (!client) throw notAuthorized(INVALID)
  if (!stored) throw noSuchUser()
  if (!signIn || signIn.ended) throw notAuthorized('Access Token has been revoked')
  if (!stored.user.enabled) throw disabled()
  return { found: { account, pool, client }, stored, claims }
}

const INVALID = 'Invalid Access Token'
const EXPIRED = 'Access Token has expired'
