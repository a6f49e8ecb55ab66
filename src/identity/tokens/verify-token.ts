import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose'
import type { JsonObject } from '../../lib/json-object.ts'

/** Public keys of one issuer. */
export interface KeySet {
  /** What its tokens may be signed with; a subset of {@link ALGORITHMS}. */
  readonly algorithms: ReadonlySet<string>
  /** Undefined where the issuer has no key of that id that fits the algorithm. */
  key(kid: string, algorithm: string): CryptoKey | undefined | Promise<CryptoKey | undefined>
}

/**
 * Signatures with key pairs, of RFC 7518, RFC 8037 and RFC 9864. Secrets that both sides share (HS…) have no place here:
 * a public key would be taken for one.
 */
export const ALGORITHMS: ReadonlySet<string> = new Set([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
])

/** Characters. `AssumeRoleWithWebIdentity` takes no longer ones. */
export const LONGEST_TOKEN = 20_000

/**
 * By how many seconds an issuer's clock may be ahead: a token is sent as soon as it is made. The end of a token has no
 * such allowance, as whoever holds it renews it before.
 */
export const CLOCK_SKEW_SECONDS = 30

export interface ExpectedToken {
  /** Claim `iss`, to the letter. */
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** One of them has to be in the claim `aud`. Absent: whoever it is meant for. */
  readonly audiences?: readonly string[]
  /** Whether a token without `aud` is meant for its `client_id`, as access tokens of user pools are. */
  readonly clientIsAudience?: boolean
}

export type TokenFault =
  | 'malformed'
  | 'too-large'
  | 'algorithm'
  | 'unknown-key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not-yet-valid'

export interface TokenHeader extends JsonObject {
  readonly alg: string
  readonly kid: string
}

export interface TokenClaims extends JsonObject {
  readonly iss: string
  /** Seconds since the epoch. */
  readonly exp: number
}

export interface ReadToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

export type VerifiedToken =
  | { readonly ok: true; readonly claims: TokenClaims; readonly header: TokenHeader }
  | { readonly ok: false; readonly reason: TokenFault }

/**
 * Whether a token is what an issuer signed, and counts now. Keys come from `keys` alone: what the token itself says of
 * where they are (`jwk`, `jku`, `x5u`, `x5c`) is not even looked at.
 *
 * https://www.rfc-editor.org/rfc/rfc7519#section-7.2, https://www.rfc-editor.org/rfc/rfc8725
 *
 * @param token a JWS in its compact form
 */
export async function verifyToken(
  token: string,
  keys: KeySet,
  expected: ExpectedToken,
): Promise<VerifiedToken> {
  const read = readToken(token)
  if (typeof read === 'string') return refused(read)
  const { header, claims } = read
  const { alg, kid } = header
  if (typeof alg !== 'string' || !ALGORITHMS.has(alg) || !keys.algorithms.has(alg))
    return refused('algorithm')
  // Before any key is looked for: a token of another issuer is no reason to ask this one for its keys.
  if (claims.iss !== expected.issuer) return refused('issuer')
  if (typeof kid !== 'string' || kid === '') return refused('unknown-key')
  const key = await keys.key(kid, alg)
  if (!key) return refused('unknown-key')
  if (!(await isSigned(token, key, alg))) return refused('signature')
  const fault = faultOf(claims, expected)
  return fault ? refused(fault) : { ok: true, claims: claims as TokenClaims, header: header as TokenHeader }
}

/** What a token says, of which nothing is certain yet: enough to find out whose keys to ask for. */
export function readToken(token: string): ReadToken | 'malformed' | 'too-large' {
  if (token.length > LONGEST_TOKEN) return 'too-large'
  if (!COMPACT.test(token)) return 'malformed'
  try {
    const header: JsonObject = { ...decodeProtectedHeader(token) }
    // "If any of the listed extension Header Parameters are not understood", the JWS is invalid: none is here.
    // https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
    if ('crit' in header) return 'malformed'
    return { header, claims: decodeJwt(token) }
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return 'malformed'
    throw error
  }
}

/** Three parts in base64url, none of them empty; five are an encrypted token. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/

async function isSigned(token: string, key: CryptoKey, algorithm: string): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}

function faultOf(
  claims: JsonObject,
  { now, audiences, clientIsAudience }: ExpectedToken,
): TokenFault | undefined {
  const seconds = now / 1000
  const { exp, nbf, iat, aud } = claims
  // A token that never ended could not be taken back.
  if (!isTime(exp) || ![nbf, iat].every(time => time === undefined || isTime(time))) return 'malformed'
  if (exp <= seconds) return 'expired'
  const begins = Math.max((nbf as number | undefined) ?? 0, (iat as number | undefined) ?? 0)
  if (begins > seconds + CLOCK_SKEW_SECONDS) return 'not-yet-valid'
  const meant = aud === undefined && clientIsAudience ? claims.client_id : aud
  const named = Array.isArray(meant) ? meant : [meant]
  if (audiences && !audiences.some(audience => named.includes(audience))) return 'audience'
  return undefined
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const refused = (reason: TokenFault): VerifiedToken => ({ ok: false, reason })
