import type { AuthenticationResultType } from '@aws-sdk/client-cognito-identity-provider'
import { validityOf } from '../pool-defaults.ts'
import { wrongCredentials } from '../refusals.ts'
import { USER_SCOPE } from '../scopes.ts'
import { sealText } from '../sign-in/sealed-texts.ts'
import type { SignInContext } from '../sign-in/sign-in-context.ts'
import { attributesInEvent, runTrigger, triggerOf } from '../triggers.ts'
import { readable } from '../users/attributes.ts'
import { GroupMembers } from '../users/group-members.ts'
import type { StoredUser } from '../users/users.ts'
import {
  attributeClaims,
  type GroupClaims,
  groupClaims,
  groupsInAccess,
  groupsInId,
  overriddenClaims,
  overriddenGroups,
  overriddenScopes,
  type TokenClaims,
} from './claims-of-user.ts'
import { type Claims, signToken } from './issue-tokens.ts'
import { type SignIn, SignIns } from './sign-ins.ts'

/** What tokens are made for, as the pool's function is told. */
export type TokenSource = 'Authentication' | 'NewPasswordChallenge' | 'RefreshTokens'

/** What a refresh token says: which sign-in it refreshes, and which of its tokens it is. */
export interface RefreshTokenText {
  readonly signIn: string
  readonly generation: number
}

/** The tokens of a user who has signed in just now. */
export async function newSignIn(
  context: SignInContext,
  stored: StoredUser,
  source: TokenSource,
): Promise<AuthenticationResultType> {
  const { found, now, env } = context
  const seconds = Math.floor(now / 1000)
  const signIn: SignIn = {
    id: crypto.randomUUID(),
    user: stored.key,
    client: found.client.id,
    expires: seconds + validityOf(found.client.doc.settings).refresh,
    ended: false,
    doc: { authTime: seconds, event: crypto.randomUUID(), generation: 0, rotated: now },
  }
  // Made first: nothing is written for a sign-in that a trigger stops.
  const tokens = await tokensOf(context, stored, signIn, source)
  const signIns = new SignIns(env.DB, found)
  if (!(await signIns.create(signIn, stored.user.attributes.sub!))) throw wrongCredentials()
  return { ...tokens, RefreshToken: await refreshTokenOf(context, signIn) }
}

/** A refresh token of the sign-in's generation. */
export const refreshTokenOf = ({ secrets, found }: SignInContext, { id, doc }: SignIn): Promise<string> =>
  sealText(secrets, found, 'refresh token', {
    signIn: id,
    generation: doc.generation,
  } satisfies RefreshTokenText)

/** An ID token and an access token of a sign-in. */
export async function tokensOf(
  context: SignInContext,
  stored: StoredUser,
  signIn: SignIn,
  source: TokenSource,
): Promise<AuthenticationResultType> {
  const { found, secrets, now } = context
  const { settings } = found.client.doc
  const validity = validityOf(settings)
  const iat = Math.floor(now / 1000)
  const claims = await claimsOf(context, stored, signIn, source)
  const sign = (use: keyof TokenClaims) =>
    signToken(secrets, found.account, found.pool, {
      ...claims[use],
      sub: stored.user.attributes.sub!,
      token_use: use,
      iat,
      exp: iat + validity[use],
      jti: crypto.randomUUID(),
    } satisfies Claims)
  const [IdToken, AccessToken] = await Promise.all([sign('id'), sign('access')])
  return { IdToken, AccessToken, ExpiresIn: validity.access, TokenType: 'Bearer' }
}

async function claimsOf(
  context: SignInContext,
  stored: StoredUser,
  signIn: SignIn,
  source: TokenSource,
): Promise<TokenClaims> {
  const { found, env } = context
  const { client } = found
  const groups = groupClaims(await new GroupMembers(env.DB, found).groupsOf(stored.key))
  const { username, attributes } = stored.user
  const common = {
    // Also where refresh tokens cannot be revoked: a global sign-out ends access tokens all the same.
    origin_jti: signIn.id,
    event_id: signIn.doc.event,
    auth_time: signIn.doc.authTime,
  }
  const id = {
    ...attributeClaims(readable(client.doc.settings, attributes)),
    ...common,
    'cognito:username': username,
    aud: client.id,
  }
  const access = { ...common, username, client_id: client.id, scope: USER_SCOPE, version: 2 }
  return withTrigger(context, stored, source, { id, access }, groups)
}

/** What the pool's function makes of them. https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html */
async function withTrigger(
  { found, callTrigger, metadata, traceId }: SignInContext,
  { user }: StoredUser,
  source: TokenSource,
  { id, access }: TokenClaims,
  groups: GroupClaims,
): Promise<TokenClaims> {
  const version = triggerOf(found.pool.doc.settings, 'PreTokenGeneration')?.version ?? '1'
  const isFirst = version === '1'
  const answers = isFirst ? 'claimsOverrideDetails' : 'claimsAndScopeOverrideDetails'
  const response = await runTrigger(callTrigger, found, 'PreTokenGeneration', {
    source: `TokenGeneration_${source}`,
    userName: user.username,
    clientId: found.client.id,
    request: {
      userAttributes: attributesInEvent(user),
      groupConfiguration: {
        groupsToOverride: groups.groups,
        iamRolesToOverride: groups.roles,
        preferredRole: groups.preferredRole ?? null,
      },
      ...(metadata && { clientMetadata: metadata }),
      ...(!isFirst && { scopes: [USER_SCOPE] }),
    },
    response: { [answers]: null },
    traceId,
  })
  const details = (response?.[answers] ?? {}) as Readonly<Record<string, unknown>>
  const inForce = overriddenGroups(groups, details.groupOverrideDetails)
  const idDetails = isFirst ? details : details.idTokenGeneration
  const accessDetails = isFirst ? undefined : details.accessTokenGeneration
  const scope = overriddenScopes(USER_SCOPE, accessDetails)
  return {
    id: overriddenClaims('id', { ...id, ...groupsInId(inForce) }, idDetails, version),
    access: overriddenClaims(
      'access',
      { ...access, scope, ...groupsInAccess(inForce) },
      accessDetails,
      version,
    ),
  }
}
