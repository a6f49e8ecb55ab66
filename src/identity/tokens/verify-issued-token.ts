import type { Directory } from '../directory.ts'
import type { PublishedPool } from '../published.ts'
import { poolOfIssuer } from '../user-pools/pool-issuer.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import { poolKeySet } from './key-set.ts'
import { IssuerUnreachable } from './read-issuer.ts'
import { type ExpectedToken, type KeySet, type VerifiedToken, verifyToken } from './verify-token.ts'

/** As {@link VerifiedToken}; `unreachable`: nothing is known of the issuer's keys at the moment. */
export type IssuedToken = VerifiedToken | { readonly ok: false; readonly reason: 'unreachable' }

/** Verifies a token of any issuer that somebody has said to be trusted: an OpenID provider, or a user pool of Weir's. */
export type VerifyIssuedToken = (token: string, expected: ExpectedToken) => Promise<IssuedToken>

export interface Issuers {
  /** Knows the user pools of this Weir. */
  readonly directory: Pick<Directory, 'get'>
  readonly issuerKeys: Pick<IssuerKeys, 'of'>
}

export function issuedTokenVerifier({ directory, issuerKeys }: Issuers): VerifyIssuedToken {
  const keysOf = async (issuer: string): Promise<KeySet> => {
    const pool = await issuingPool(directory, issuer)
    // A Worker's request for its own address would pass it by, and what it would hear is known already.
    return pool ? poolKeySet(pool) : issuerKeys.of(issuer)
  }
  return async (token, expected) => {
    try {
      return await verifyToken(token, await keysOf(expected.issuer), expected)
    } catch (error) {
      if (error instanceof IssuerUnreachable) return { ok: false, reason: 'unreachable' }
      throw error
    }
  }
}

/** The user pool of this Weir that an issuer is; undefined for all others. */
export async function issuingPool(
  directory: Pick<Directory, 'get'>,
  issuer: string,
): Promise<PublishedPool | undefined> {
  const id = poolOfIssuer(issuer)
  const pool = id === undefined ? undefined : await directory.get('', 'pool', id)
  return pool?.issuer === issuer ? pool : undefined
}
