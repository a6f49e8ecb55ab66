import type { PublishedPool, PublishedPoolKey } from '../published.ts'
import { pathOfDomain } from './domain-address.ts'

/** RFC 7517. Keys that are announced and retired ones are among them: see pool-keys.ts. */
export const keySetOf = ({ keys }: PublishedPool): { readonly keys: readonly PublishedPoolKey[] } => ({
  keys,
})

/**
 * OpenID Connect Discovery 1.0, section 3. Without managed login there is no page to send users to, so nothing is
 * said of one; endpoints for tokens are there where the pool has a domain.
 */
export function configurationOf({ issuer, domain }: PublishedPool): Readonly<Record<string, unknown>> {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    ...(domain !== undefined && endpointsOf(new URL(issuer).origin, domain)),
    response_types_supported: ['code', 'token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'phone', 'profile'],
  }
}

function endpointsOf(origin: string, domain: string): Readonly<Record<string, unknown>> {
  const base = `${origin}${pathOfDomain(domain)}`
  return {
    token_endpoint: `${base}/oauth2/token`,
    revocation_endpoint: `${base}/oauth2/revoke`,
    userinfo_endpoint: `${base}/oauth2/userInfo`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: ['client_credentials', 'refresh_token'],
  }
}
