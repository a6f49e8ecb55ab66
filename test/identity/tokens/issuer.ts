import { base64url, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { PublishedPool } from '../../../src/identity/published.ts'
import type { JsonObject } from '../../../src/lib/json-object.ts'

/** 2026-03-04 05:06:07 UTC */
export const NOW = Date.UTC(2026, 2, 4, 5, 6, 7)
const SECONDS = NOW / 1000

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export async function signingKey(kid = 'k1', alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** Claims of a token that counts for an hour. */
export const claimsOf = (issuer: string, more: JsonObject = {}): JsonObject => ({
  iss: issuer,
  sub: '7c1e0b2a-0000-4000-8000-000000000001',
  iat: SECONDS - 10,
  exp: SECONDS + 3600,
  ...more,
})

export const sign = (key: SigningKey, claims: JsonObject, header: JsonObject = {}): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey)

/** A token as somebody writes one who has no key: signed with nothing, or with what is said. */
export const written = (header: unknown, claims: unknown, signature: Uint8Array | string = 'AAAA'): string =>
  [header, claims]
    .map(part => base64url.encode(typeof part === 'string' ? part : JSON.stringify(part)))
    .concat(typeof signature === 'string' ? signature : base64url.encode(signature))
    .join('.')

/** A user pool as the data plane knows it. */
export const poolOf = (
  id: string,
  keys: readonly SigningKey[],
  over: Partial<PublishedPool> = {},
): PublishedPool => ({
  schema: 1,
  account: '123456789012',
  region: 'us-east-1',
  issuer: `http://localhost:8787/${id}`,
  keys: keys.map(key => key.publicJwk as unknown as PublishedPool['keys'][number]),
  ...over,
})
