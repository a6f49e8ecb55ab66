import { Refusal } from '../../lib/refusal.ts'
import { Records } from '../../records/records.ts'
import { type FoundClient, poolAnywhere } from './find-pool.ts'
import { type Claims, claimedPool, verifyOwnToken } from './issue-tokens.ts'
import { clients } from './pool-records.ts'
import { PoolUsers, type StoredUser } from './users.ts'

/** The scope without which a token is not for a user's own account. */
const OWN_ACCOUNT = 'aws.cognito.signin.user.admin'

export interface TokenUser {
  readonly found: FoundClient
  readonly stored: StoredUser
  readonly claims: Claims
}

/**
 * Whose access token it is, if it still holds: signed by the pool it names, not over, and neither its sign-in nor all of
 * the user's ended since. Throws a NotAuthorizedException otherwise.
 *
 * @param now milliseconds since the epoch
 */
export async function userOfAccessToken(db: D1Database, token: string, now: number): Promise<TokenUser> {
  const poolId = claimedPool(token)
  const owned = poolId === undefined ? undefined : await poolAnywhere(db, poolId)
  const claims = owned && (await verifyOwnToken(owned.pool.doc, token, 'access', now))
  if (!claims || typeof claims.client_id !== 'string') throw invalid()
  if (
    !String(claims.scope ?? '')
      .split(' ')
      .includes(OWN_ACCOUNT)
  ) {
    throw new Refusal('NotAuthorizedException', 'Access Token does not have required scopes')
  }
  const { account, pool } = owned
  const [client, stored, isEnded] = await Promise.all([
    new Records(db, account).get(clients, pool.id, claims.client_id),
    new PoolUsers(db, owned).find(claims.sub),
    signInEnded(db, pool.id, claims.origin_jti),
  ])
  if (!client) throw invalid()
  if (!stored) throw new Refusal('UserNotFoundException', 'User does not exist.')
  if (!stored.user.enabled) throw new Refusal('NotAuthorizedException', 'User is disabled.')
  const { signedOutAt } = stored.user
  if (isEnded || (signedOutAt !== undefined && claims.iat * 1_000 < signedOutAt)) {
    throw new Refusal('NotAuthorizedException', 'Access Token has been revoked')
  }
  return { found: { account, pool, client }, stored, claims }
}

async function signInEnded(db: D1Database, pool: string, id: unknown): Promise<boolean> {
  if (typeof id !== 'string') return false
  const row = await db
    .prepare('SELECT ended FROM pool_sign_ins WHERE pool = ? AND id = ?')
    .bind(pool, id)
    .first<{ ended: number }>()
  return row !== null && row.ended !== 0
}

const invalid = () => new Refusal('NotAuthorizedException', 'Invalid Access Token')
