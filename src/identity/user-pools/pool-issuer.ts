/**
 * Claim `iss` of a pool's tokens.
 *
 * @param origin of this Weir when the pool is created: it stays what it was
 */
export const issuerOf = (origin: string, poolId: string): string => `${origin}/${poolId}`

/** The pool that an issuer is, if it is one of a Weir: whether there is such a pool is not known yet. */
export const poolOfIssuer = (issuer: string): string | undefined => POOL_ID.exec(issuer)?.[1]

const POOL_ID = /\/([\w-]+_[0-9a-zA-Z]+)$/
