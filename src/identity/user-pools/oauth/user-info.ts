import { Refusal } from '../../../lib/refusal.ts'
import type { ClientSettings } from '../pool-records.ts'
import { claimedPool } from '../tokens/issue-tokens.ts'
import { userOfAccessToken } from '../tokens/user-of-token.ts'
import { fault, type OAuthFault } from './oauth-faults.ts'

/** What scopes beside `openid` let a client read. OpenID Connect Core 1.0, section 5.4. */
const OF_SCOPES: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  profile: [
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'address',
    'updated_at',
  ],
}

/**
 * Attributes of the user whose access token it is; values are texts, as Cognito answers them.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
 *
 * @param poolId the pool whose domain is asked
 * @param now milliseconds since the epoch
 */
export async function userInfo(
  db: D1Database,
  poolId: string,
  authorization: string | null,
  now: number,
): Promise<{ readonly ok: true; readonly claims: Readonly<Record<string, string>> } | OAuthFault> {
  const [, token] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  if (token === undefined) return fault('invalid_request', 'Bad OAuth2 request at UserInfo Endpoint')
  // Of tokens that name other pools none is asked for.
  if (claimedPool(token) !== poolId) return expired()
  try {
    const { found, stored, claims } = await userOfAccessToken(db, token, now)
    const scopes = String(claims.scope).split(' ')
    if (!scopes.includes('openid')) {
      return fault('invalid_token', 'Access token does not contain openid scope')
    }
    const { attributes, username } = stored.user
    const names = Object.keys(attributes).filter(name => isReadable(found.client.doc.settings, scopes, name))
    return {
      ok: true,
      claims: {
        ...Object.fromEntries(names.map(name => [name, attributes[name]!])),
        sub: attributes.sub!,
        username,
      },
    }
  } catch (error) {
    if (error instanceof Refusal) return expired()
    throw error
  }
}

const expired = (): OAuthFault =>
  fault(
    'invalid_token',
    'Access token is expired, disabled, or deleted, or the user has globally signed out.',
  )

function isReadable({ ReadAttributes }: ClientSettings, scopes: readonly string[], name: string): boolean {
  const limits = scopes.flatMap(scope => OF_SCOPES[scope] ?? [])
  if (limits.length > 0 && !limits.includes(name)) return false
  return ReadAttributes ? ReadAttributes.includes(name) : !name.includes(':')
}
