/** Why a request's signature is not accepted, in no protocol's words. */
export type RefusalReason =
  | 'not-signed'
  | 'incomplete'
  | 'unsupported-algorithm'
  | 'unsupported-payload'
  | 'invalid-scope'
  | 'header-not-signed'
  | 'outside-clock-skew'
  | 'presigned-expired'
  | 'unknown-key'
  | 'expired-token'
  | 'throttled'
  | 'body-mismatch'
  | 'signature-mismatch'

/** A "no" as a value. `code` is what the JSON protocols answer, `queryCode` what awsQuery services answer. */
export interface Refusal {
  readonly ok: false
  readonly reason: RefusalReason
  readonly code: string
  readonly queryCode: string
  readonly message: string
  readonly status: number
}

interface Wording {
  readonly jsonCode: string
  readonly queryCode: string
  readonly status: number
  /** Said when the place that refuses has nothing more exact to say. */
  readonly message: string
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

// Codes and statuses: the "Common Errors" page of each service's API reference. InvalidSignatureException is on
// none of them, but is what services with JSON protocols send where awsQuery services send SignatureDoesNotMatch
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html).
const INCOMPLETE = { jsonCode: 'IncompleteSignatureException', queryCode: 'IncompleteSignature', status: 400 }
const INVALID = { jsonCode: 'InvalidSignatureException', queryCode: 'SignatureDoesNotMatch', status: 403 }

const WORDINGS = {
  'not-signed': {
    jsonCode: 'MissingAuthenticationTokenException',
    queryCode: 'MissingAuthenticationToken',
    status: 403,
    message: 'Missing Authentication Token',
  },
  incomplete: { ...INCOMPLETE, message: 'The request signature does not conform to AWS standards.' },
  'unsupported-algorithm': {
    ...INCOMPLETE,
    message: 'The signing algorithm is not supported. Sign with AWS4-HMAC-SHA256.',
  },
  'unsupported-payload': {
    ...INCOMPLETE,
    message: 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.',
  },
  'invalid-scope': { ...INVALID, message: MISMATCH },
  'header-not-signed': { ...INVALID, message: MISMATCH },
  'outside-clock-skew': { ...INVALID, message: MISMATCH },
  'presigned-expired': {
    jsonCode: 'RequestExpired',
    queryCode: 'RequestExpired',
    status: 400,
    message: 'Request has expired.',
  },
  'unknown-key': {
    jsonCode: 'UnrecognizedClientException',
    queryCode: 'InvalidClientTokenId',
    status: 403,
    message: 'The security token included in the request is invalid.',
  },
  'expired-token': {
    jsonCode: 'ExpiredTokenException',
    queryCode: 'ExpiredToken',
    status: 403,
    message: 'The security token included in the request is expired',
  },
  // SDKs try again: the key may be right.
  throttled: {
    jsonCode: 'ThrottlingException',
    queryCode: 'Throttling',
    status: 400,
    message: 'Rate exceeded',
  },
  'body-mismatch': {
    ...INVALID,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  'signature-mismatch': { ...INVALID, message: MISMATCH },
} satisfies Record<RefusalReason, Wording>

export function refuse(reason: RefusalReason, message?: string): Refusal {
  const wording: Wording = WORDINGS[reason]
  return {
    ok: false,
    reason,
    code: wording.jsonCode,
    queryCode: wording.queryCode,
    message: message ?? wording.message,
    status: wording.status,
  }
}

/** What a caller that does not serve anonymous requests answers when nothing is signed. */
export const NOT_SIGNED: Refusal = refuse('not-signed')

/** The caller's own text inside a message: short, and free of characters that XML cannot carry. */
export const quote = (text: string): string => `'${text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?')}'`
