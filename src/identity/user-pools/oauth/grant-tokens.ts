import { isJsonObject, parseJsonObject } from '../../../lib/json-object.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { FoundClient } from '../find-pool.ts'
import { flowsOf, validityOf } from '../pool-defaults.ts'
import type { SignInContext } from '../sign-in/sign-in-context.ts'
import { overriddenClaims, overriddenScopes } from '../tokens/claims-of-user.ts'
import { signToken } from '../tokens/issue-tokens.ts'
import { readRefreshToken, refresh } from '../tokens/refresh.ts'
import { runTrigger, triggerOf } from '../triggers.ts'
import { fault, type OAuthFault } from './oauth-faults.ts'

/** RFC 6749, section 5.1. */
export interface IssuedTokens {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  /** Seconds. */
  readonly expires_in: number
  readonly token_type: 'Bearer'
}

export type Granted = { readonly ok: true; readonly tokens: IssuedTokens } | OAuthFault

type Grant = (context: SignInContext, form: URLSearchParams) => Promise<Granted>

/**
 * A client's tokens for itself: nobody signs in, so it is its own subject.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
 */
async function clientCredentials(context: SignInContext, form: URLSearchParams): Promise<Granted> {
  const { found, secrets, now } = context
  const { account, pool, client } = found
  const { settings } = client.doc
  if (!mayBeItself(found)) return fault('unauthorized_client')
  const allowed = settings.AllowedOAuthScopes ?? []
  const asked = form.get('scope')?.split(' ').filter(Boolean) ?? []
  if (asked.some(scope => !allowed.includes(scope))) return fault('invalid_scope')
  const scopes = asked.length > 0 ? [...new Set(asked)] : allowed
  const expires_in = validityOf(settings).access
  const iat = Math.floor(now / 1000)
  try {
    const access_token = await signToken(secrets, account, pool, {
      ...(await claimsForClient(context, scopes, form)),
      sub: client.id,
      token_use: 'access',
      auth_time: iat,
      iat,
      exp: iat + expires_in,
      version: 2,
      jti: crypto.randomUUID(),
      client_id: client.id,
    })
    return { ok: true, tokens: { access_token, expires_in, token_type: 'Bearer' } }
  } catch (error) {
    if (error instanceof Refusal) return fault('invalid_request', error.message)
    throw error
  }
}

/**
 * Scopes, and what the pool's function makes of them: it is asked from the third version of its event on.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
async function claimsForClient(
  { found, callTrigger }: SignInContext,
  scopes: readonly string[],
  form: URLSearchParams,
): Promise<Readonly<Record<string, unknown>>> {
  const scope = scopes.join(' ')
  if (triggerOf(found.pool.doc.settings, 'PreTokenGeneration')?.version !== '3') return { scope }
  const clientMetadata = parseJsonObject(form.get('aws_client_metadata') ?? '')
  const response = await runTrigger(callTrigger, found, 'PreTokenGeneration', {
    source: 'TokenGeneration_ClientCredentials',
    userName: found.client.id,
    clientId: found.client.id,
    request: {
      userAttributes: {},
      groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null },
      scopes,
      ...(clientMetadata && { clientMetadata }),
    },
    response: { claimsAndScopeOverrideDetails: null },
  })
  const details = response?.claimsAndScopeOverrideDetails
  const ofAccess = isJsonObject(details) ? details.accessTokenGeneration : undefined
  return overriddenClaims('access', { scope: overriddenScopes(scope, ofAccess) }, ofAccess, '3')
}

/** Whether a client may have tokens for itself: only one that can keep a secret. */
const mayBeItself = ({ client: { doc } }: FoundClient): boolean =>
  doc.secret !== undefined &&
  doc.settings.AllowedOAuthFlowsUserPoolClient === true &&
  doc.settings.AllowedOAuthFlows?.includes('client_credentials') === true

async function refreshToken(context: SignInContext, form: URLSearchParams): Promise<Granted> {
  const { settings } = context.found.client.doc
  const text = form.get('refresh_token')
  if (!text) return fault('invalid_request')
  const mayRefresh =
    settings.RefreshTokenRotation?.Feature === 'ENABLED' || flowsOf(settings).has('ALLOW_REFRESH_TOKEN_AUTH')
  if (!mayRefresh) return fault('unauthorized_client')
  try {
    const result = await refresh(context, await readRefreshToken(context, text))
    return {
      ok: true,
      tokens: {
        access_token: result.AccessToken!,
        id_token: result.IdToken!,
        ...(result.RefreshToken !== undefined && { refresh_token: result.RefreshToken }),
        expires_in: result.ExpiresIn!,
        token_type: 'Bearer',
      },
    }
  } catch (error) {
    if (error instanceof Refusal) return fault('invalid_grant', error.message)
    throw error
  }
}

const GRANTS = new Map<string, Grant>([
  ['client_credentials', clientCredentials],
  ['refresh_token', refreshToken],
])

/** Tokens for a client that was authenticated; `form` is what it asks for. */
export async function grantTokens(context: SignInContext, form: URLSearchParams): Promise<Granted> {
  const type = form.get('grant_type')
  if (!type) return fault('invalid_request')
  const grant = GRANTS.get(type)
  if (grant) return grant(context, form)
  return type === 'authorization_code'
    ? fault('unsupported_grant_type', 'Weir has no managed login that could have given a code.')
    : fault('unsupported_grant_type')
}
