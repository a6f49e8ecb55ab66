import { claimedPool } from '../../../identity/user-pools/tokens/issue-tokens.ts'
import { addressGroup } from '../../../lib/address-group.ts'
import type { Platform } from '../../../platform.ts'
import { BucketTable } from '../../../protection/bucket-table.ts'
import type { Call } from '../../wire/service.ts'
import type { CognitoHandlers } from './context.ts'
import type { CognitoParts } from './parts.ts'
import { rateExceeded } from './refusals.ts'

/**
 * Requests a second of a category's operations that nobody signs. "Amazon Cognito enforces a maximum request rate for
 * API operations", by category: https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#category_operations
 * There they are an account's, and counted over all of a Region; here they are a pool's, and counted by each isolate.
 */
export const CATEGORIES = {
  UserAuthentication: 120,
  /** "A separate quota that is three times the UserAuthentication category quota": an attempt takes several steps. */
  ChallengeResponses: 360,
  UserCreation: 50,
  UserAccountRecovery: 30,
  UserToken: 120,
  UserRead: 120,
  UserUpdate: 25,
  UserResourceUpdate: 25,
} as const

const CATEGORY_OF: Readonly<Record<string, keyof typeof CATEGORIES>> = {
  InitiateAuth: 'UserAuthentication',
  RespondToAuthChallenge: 'ChallengeResponses',
  SignUp: 'UserCreation',
  ConfirmSignUp: 'UserCreation',
  ForgotPassword: 'UserAccountRecovery',
  ConfirmForgotPassword: 'UserAccountRecovery',
  ChangePassword: 'UserAccountRecovery',
  // As it writes to users like ForgotPassword.
  ResendConfirmationCode: 'UserAccountRecovery',
  GetTokensFromRefreshToken: 'UserToken',
  RevokeToken: 'UserToken',
  GlobalSignOut: 'UserToken',
  GetUser: 'UserRead',
  UpdateUserAttributes: 'UserUpdate',
  DeleteUserAttributes: 'UserUpdate',
  DeleteUser: 'UserUpdate',
  GetUserAttributeVerificationCode: 'UserUpdate',
  VerifyUserAttribute: 'UserUpdate',
  AssociateSoftwareToken: 'UserResourceUpdate',
  VerifySoftwareToken: 'UserResourceUpdate',
  SetUserMFAPreference: 'UserResourceUpdate',
}

/** Of a category's requests one address may send so many: the others are for everybody else. */
const SHARE_OF_AN_ADDRESS = 0.5

/** Pools' categories that are remembered, and so many of addresses. */
const MOST_BUCKETS = 10_000

type Handler = (input: never, call: Call<Platform>) => Promise<unknown>

/**
 * The same operations, within the quotas of their categories. Of a pool that this isolate has not met nothing is
 * counted: whether a client may have it looked up is the matter of the guard of strangers.
 */
export function withinQuotas<H extends CognitoHandlers>(handlers: H, parts: Pick<CognitoParts, 'met'>): H {
  const pools = new BucketTable(MOST_BUCKETS)
  const addresses = new BucketTable(MOST_BUCKETS)

  const mayCall = (operation: string, input: NamesPool, { platform, sourceIp }: Call<Platform>): boolean => {
    const category = CATEGORY_OF[operation]
    const pool = category && poolOf(parts, input)
    if (pool === undefined) return true
    const now = platform.clock()
    const rate = CATEGORIES[category!]
    const ofAddress = rate * SHARE_OF_AN_ADDRESS
    if (
      sourceIp !== undefined &&
      !addresses.take(
        `${pool} ${category} ${addressGroup(sourceIp)}`,
        { burst: ofAddress, rate: ofAddress },
        now,
      )
    ) {
      return false
    }
    return pools.take(`${pool} ${category}`, { burst: rate, rate }, now)
  }

  const limited = Object.entries(handlers as Record<string, Handler>).map(([operation, handler]) => {
    if (!CATEGORY_OF[operation]) return [operation, handler]
    const within = async (input: NamesPool, call: Call<Platform>) => {
      if (!mayCall(operation, input, call)) throw rateExceeded()
      return handler(input as never, call)
    }
    return [operation, within]
  })
  return Object.fromEntries(limited) as H
}

interface NamesPool {
  readonly ClientId?: string
  readonly AccessToken?: string
}

/** The pool that a request says it is for, where there is one. */
function poolOf(
  { met }: Pick<CognitoParts, 'met'>,
  { ClientId, AccessToken }: NamesPool,
): string | undefined {
  if (ClientId !== undefined) return met.clients.known(ClientId)
  const claimed = AccessToken === undefined ? undefined : claimedPool(AccessToken)
  return claimed === undefined ? undefined : met.pools.known(claimed)
}
