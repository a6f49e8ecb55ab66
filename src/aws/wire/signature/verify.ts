import { sha256Hex } from '../../../lib/hash.ts'
import { formatAmzDate, parseAmzDate } from './amz-date.ts'
import {
  type CanonicalParts,
  type CanonicalRules,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  headerReadings,
  STANDARD_RULES,
} from './canonical-request.ts'
import { ALGORITHM, type Claim, type SignedRequest, TERMINATOR, UNSIGNED_PAYLOAD } from './read-claim.ts'
import { type Refusal, refuse } from './refusals.ts'
import { SigningKeys } from './signing-keys.ts'

export { S3_RULES } from './canonical-request.ts'
export { type Claim, readClaim, type SignedRequest } from './read-claim.ts'
export type { Refusal } from './refusals.ts'

/** What belongs to an access key id. Further members are the caller's and come back as the identity. */
export interface Secret {
  readonly secretAccessKey: string
}

/**
 * Finds the secret of an access key id: undefined if there is none, or if the session token is not the one that
 * belongs to it; `expired` if the token was right once; `throttled` if nobody looked.
 *
 * @param from address of the client, where it is known
 */
export type LookUp<T extends Secret> = (
  accessKeyId: string,
  sessionToken: string | undefined,
  from: string | undefined,
) => Promise<T | 'expired' | 'throttled' | undefined>

export interface VerifyOptions {
  /** Where the service differs from the others. */
  readonly rules?: CanonicalRules
  readonly signingKeys?: SigningKeys
}

const SKEW = 5 * 60_000

/** One isolate sees few callers a day, and a key is a few hundred bytes. */
const isolateSigningKeys = new SigningKeys(256)

type Verified<T> = { readonly ok: true; readonly identity: T } | Refusal

/**
 * Verifies that whoever owns the claimed access key signed this very request, at about this time.
 *
 * @param claim what {@link readClaim} read from the same request
 * @param bodySha256 lower-case hexadecimal SHA-256 of the body; needed unless {@link needsBodyHash} says otherwise
 * @param now milliseconds since the epoch
 */
export async function verifyClaim<T extends Secret>(
  claim: Claim,
  request: SignedRequest,
  bodySha256: string | undefined,
  lookUp: LookUp<T>,
  now: number,
  options: VerifyOptions = {},
): Promise<Verified<T>> {
  const head = await verifyHead(claim, request, lookUp, now, options)
  if (!head.ok) return head
  return (await verifyBody(claim, request, bodySha256, head.identity, options)) ?? head
}

/**
 * All of a verification that needs no body, so that nobody's large one need be read: the time, the access key and,
 * if the request declares the hash of its body, the signature, which covers the declared hash.
 *
 * The request is verified only when {@link verifyBody} has nothing to refuse either.
 */
export async function verifyHead<T extends Secret>(
  claim: Claim,
  request: SignedRequest,
  lookUp: LookUp<T>,
  now: number,
  options: VerifyOptions = {},
): Promise<Verified<T>> {
  const untimely = checkTime(claim, now)
  if (untimely) return untimely
  const identity = await lookUp(claim.accessKeyId, claim.sessionToken, request.from)
  if (identity === undefined) return refuse('unknown-key')
  if (identity === 'expired') return refuse('expired-token')
  if (identity === 'throttled') return refuse('throttled')
  const payloadHash = declaredHash(claim, options)
  if (payloadHash === undefined) return { ok: true, identity }
  const refusal = await verifySignature(claim, request, payloadHash, identity, options)
  return refusal ?? { ok: true, identity }
}

/** What {@link verifyHead} left open: that the body is the one that was signed. */
export async function verifyBody(
  claim: Claim,
  request: SignedRequest,
  bodySha256: string | undefined,
  identity: Secret,
  options: VerifyOptions = {},
): Promise<Refusal | undefined> {
  const hashed = needsBodyHash(claim, options.rules)
  if (!hashed) return undefined
  if (bodySha256 === undefined) throw new TypeError('This claim needs the hash of the body')
  if (claim.contentSha256 === undefined) return verifySignature(claim, request, bodySha256, identity, options)
  return claim.contentSha256.toLowerCase() === bodySha256 ? undefined : refuse('body-mismatch')
}

/** What stands for the body in the signature, as far as the request tells without it, as the client spelled it. */
function declaredHash(claim: Claim, options: VerifyOptions): string | undefined {
  return claim.contentSha256 ?? (needsBodyHash(claim, options.rules) ? undefined : UNSIGNED_PAYLOAD)
}

async function verifySignature(
  claim: Claim,
  request: SignedRequest,
  payloadHash: string,
  { secretAccessKey }: Secret,
  { rules = STANDARD_RULES, signingKeys = isolateSigningKeys }: VerifyOptions,
): Promise<Refusal | undefined> {
  const parts: CanonicalParts = {
    method: request.method,
    path: canonicalPath(request.rawPath, rules),
    query: canonicalQuery(request.rawQuery, claim.kind === 'presigned'),
    signedHeaders: claim.signedHeaders,
    payloadHash,
  }
  const signature = signatureBytes(claim.signature)
  if (!signature) return refuse('signature-mismatch')
  const key = await signingKeys.keyFor(secretAccessKey, claim)
  const scope = `${claim.date}/${claim.region}/${claim.service}/${TERMINATOR}`
  const encoder = new TextEncoder()
  for (const headers of headerReadings(request.headers, claim.signedHeaders)) {
    const digest = await sha256Hex(canonicalRequest(parts, headers))
    const stringToSign = `${ALGORITHM}\n${claim.amzDate}\n${scope}\n${digest}`
    // Web Crypto compares in constant time.
    if (await crypto.subtle.verify('HMAC', key, signature, encoder.encode(stringToSign))) return undefined
  }
  return refuse('signature-mismatch')
}

/** Whether the body is part of what was signed. */
function needsBodyHash(claim: Claim, rules: CanonicalRules = STANDARD_RULES): boolean {
  if (claim.contentSha256 !== undefined) return claim.contentSha256 !== UNSIGNED_PAYLOAD
  return claim.kind === 'header' || rules.presignedBodySigned
}

/** In whole seconds, because dates of signatures are. */
function checkTime(claim: Claim, now: number): Refusal | undefined {
  const signed = parseAmzDate(claim.amzDate)!
  const current = Math.floor(now / 1000) * 1000
  const at = formatAmzDate
  if (signed > current + SKEW) {
    return refuse(
      'outside-clock-skew',
      `Signature not yet current: ${claim.amzDate} is still later than ${at(current + SKEW)} (${at(current)} + 5 min.)`,
    )
  }
  if (claim.expires !== undefined) {
    return signed + claim.expires * 1000 < current ? refuse('presigned-expired') : undefined
  }
  if (signed < current - SKEW) {
    return refuse(
      'outside-clock-skew',
      `Signature expired: ${claim.amzDate} is now earlier than ${at(current - SKEW)} (${at(current)} - 5 min.)`,
    )
  }
  return undefined
}

function signatureBytes(signature: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[0-9a-f]{64}$/.test(signature)) return undefined
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(signature.slice(2 * i, 2 * i + 2), 16))
}
