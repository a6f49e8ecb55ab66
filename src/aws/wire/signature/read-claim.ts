import { amzDateOfHttpDate, parseAmzDate } from './amz-date.ts'
import { decodeFormComponent } from './percent-encoding.ts'
import { quote, type Refusal, refuse } from './refusals.ts'

export interface SignedRequest {
  readonly method: string
  /** As on the wire, still percent-encoded. */
  readonly rawPath: string
  /** Without the `?`; empty if there is none. */
  readonly rawQuery: string
  /** With the `Host` that the client named. */
  readonly headers: Headers
  /** Address of the client, where it is known. */
  readonly from?: string
}

/** What a signed request says about itself. Nothing of it is true before the signature is verified. */
export interface Claim {
  readonly kind: 'header' | 'presigned'
  readonly accessKeyId: string
  /** The scope's day, `YYYYMMDD`. */
  readonly date: string
  readonly region: string
  /** Signing name of the service, which is not always that of its endpoint. */
  readonly service: string
  /** Lower-case, in order. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly sessionToken: string | undefined
  /** When it was signed, `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string
  /** Seconds for which a presigned request holds, if it says so. */
  readonly expires: number | undefined
  /** Value of `x-amz-content-sha256`: hexadecimal, or {@link UNSIGNED_PAYLOAD}. */
  readonly contentSha256: string | undefined
}

export const ALGORITHM = 'AWS4-HMAC-SHA256'
export const TERMINATOR = 'aws4_request'
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'

const LONGEST_EXPIRY = 604_800
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
const REGION = /^[A-Za-z0-9-]{1,64}$/
const SERVICE = /^[A-Za-z0-9._-]{1,64}$/
const SHA256 = /^[0-9a-f]{64}$/i

/**
 * Reads what a request claims, in its `Authorization` header or its query string, without its body.
 *
 * @returns undefined if the request is not signed at all, a refusal if it is but cannot be valid
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function readClaim(request: SignedRequest): Claim | Refusal | undefined {
  const authorization = request.headers.get('authorization')
  const query = queryParameters(request.rawQuery)
  const presigned =
    query.has('X-Amz-Algorithm') || query.has('X-Amz-Credential') || query.has('X-Amz-Signature')
  if (presigned && authorization?.startsWith('AWS4-')) {
    return refuse(
      'incomplete',
      "Only one authentication mechanism is allowed: either the 'X-Amz-' query-string parameters or the Authorization header.",
    )
  }
  if (presigned) return readPresigned(request, query)
  // A header that is there and empty says as little as none.
  return authorization ? readAuthorization(request, authorization) : undefined
}

function readAuthorization(request: SignedRequest, authorization: string): Claim | Refusal {
  const { headers } = request
  const [algorithm = ''] = authorization.split(' ', 1)
  if (algorithm.startsWith('AWS4-') && algorithm !== ALGORITHM) return refuseAlgorithm(algorithm)

  const parameters = new Map<string, string>()
  for (const pair of algorithm === ALGORITHM ? authorization.slice(algorithm.length).split(',') : []) {
    const text = pair.trim()
    if (text === '') continue
    const equals = text.indexOf('=')
    // AWS repeats the whole header in the two messages below; the part in question is enough to find the mistake
    // and does not carry a token of another scheme into somebody's log.
    if (equals < 0) {
      return refuse(
        'incomplete',
        `${quote(text)} not a valid key=value pair (missing equal-sign) in Authorization header.`,
      )
    }
    const name = text.slice(0, equals).trim()
    if (parameters.has(name)) {
      return refuse('incomplete', `Authorization header has more than one ${quote(name)} parameter.`)
    }
    parameters.set(name, text.slice(equals + 1).trim())
  }
  const date = headers.get('x-amz-date') ?? headers.get('date')
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter(name => !parameters.get(name))
    .map(name => `Authorization header requires '${name}' parameter. `)
  if (!date) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
  }
  if (missing.length > 0) {
    const scheme = /^(?:AWS4-HMAC-SHA256$|[A-Za-z0-9-]{1,32}(?= ))/.exec(authorization)?.[0] ?? ''
    return refuse('incomplete', `${missing.join('')}Authorization=${scheme}`)
  }
  return assemble(request, {
    kind: 'header',
    credential: parameters.get('Credential')!,
    signature: parameters.get('Signature')!,
    signedHeaders: parameters.get('SignedHeaders')!,
    amzDate: headers.has('x-amz-date') ? date! : (amzDateOfHttpDate(date!) ?? date!),
    expires: undefined,
    sessionToken: headers.get('x-amz-security-token') ?? undefined,
    contentSha256: headers.get('x-amz-content-sha256') ?? undefined,
  })
}

function readPresigned(
  request: SignedRequest,
  query: ReadonlyMap<string, readonly string[]>,
): Claim | Refusal {
  const first = (name: string): string | undefined => query.get(name)?.[0]
  const algorithm = first('X-Amz-Algorithm')
  if (algorithm && algorithm !== ALGORITHM) return refuseAlgorithm(algorithm)
  const missing = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Signature',
    'X-Amz-SignedHeaders',
    'X-Amz-Date',
  ]
    .filter(name => !first(name))
    .map(name => `AWS query-string parameters must include '${name}'. `)
  if (missing.length > 0) {
    return refuse('incomplete', `${missing.join('')}Re-examine the query-string parameters.`)
  }
  for (const [name, values] of query) {
    if (values.length > 1)
      return refuse('incomplete', `The query string has more than one '${name}' parameter.`)
  }
  const expires = first('X-Amz-Expires')
  const invalid = expires === undefined ? undefined : invalidExpiry(expires)
  if (invalid) return refuse('incomplete', invalid)
  return assemble(request, {
    kind: 'presigned',
    credential: first('X-Amz-Credential')!,
    signature: first('X-Amz-Signature')!,
    signedHeaders: first('X-Amz-SignedHeaders')!,
    amzDate: first('X-Amz-Date')!,
    expires: expires === undefined ? undefined : Number(expires),
    sessionToken: first('X-Amz-Security-Token') ?? request.headers.get('x-amz-security-token') ?? undefined,
    contentSha256: request.headers.get('x-amz-content-sha256') ?? first('X-Amz-Content-Sha256'),
  })
}

type Raw = Omit<Claim, 'accessKeyId' | 'date' | 'region' | 'service' | 'signedHeaders'> & {
  readonly credential: string
  readonly signedHeaders: string
}

/** What both forms have to get right, in the order in which AWS complains. */
function assemble(request: SignedRequest, raw: Raw): Claim | Refusal {
  const { credential, amzDate, contentSha256 } = raw
  const elements = credential.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = elements
  if (elements.length !== 5 || accessKeyId === '') {
    return refuse(
      'incomplete',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got ${quote(credential)}`,
    )
  }
  if (parseAmzDate(amzDate) === undefined) {
    return refuse(
      'incomplete',
      `Date must be in ISO-8601 'basic format'. Got ${quote(amzDate)}. See http://en.wikipedia.org/wiki/ISO_8601`,
    )
  }
  if (terminator !== TERMINATOR) {
    return refuse(
      'invalid-scope',
      `Credential should be scoped with a valid terminator: '${TERMINATOR}', not ${quote(terminator)}. `,
    )
  }
  if (date !== amzDate.slice(0, 8)) {
    return refuse(
      'invalid-scope',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ${quote(date)} != '${amzDate.slice(0, 8)}', from '${amzDate}'.`,
    )
  }
  if (!REGION.test(region)) {
    return refuse('invalid-scope', `Credential should be scoped to a valid region, not ${quote(region)}. `)
  }
  if (!SERVICE.test(service)) {
    return refuse('invalid-scope', `Credential should be scoped to correct service, not ${quote(service)}. `)
  }
  if (contentSha256 !== undefined && contentSha256 !== UNSIGNED_PAYLOAD && !SHA256.test(contentSha256)) {
    return refuse('unsupported-payload')
  }
  const signedHeaders = raw.signedHeaders.toLowerCase().split(';').sort()
  const refusal = checkSignedHeaders(request.headers, signedHeaders)
  if (refusal) return refusal
  const { kind, signature, sessionToken, expires } = raw
  return {
    kind,
    accessKeyId,
    date,
    region,
    service,
    signedHeaders,
    signature,
    sessionToken,
    amzDate,
    expires,
    contentSha256,
  }
}

/**
 * `host` and every `x-amz-` header must be signed: an unsigned one could be changed or added on the way, and
 * `x-amz-target` decides what is done.
 */
function checkSignedHeaders(headers: Headers, signedHeaders: readonly string[]): Refusal | undefined {
  if (!signedHeaders.includes('host')) {
    return refuse(
      'header-not-signed',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )
  }
  for (const name of headers.keys()) {
    if (name.startsWith('x-amz-') && !signedHeaders.includes(name)) {
      return refuse('header-not-signed', `${quote(name)} must be a 'SignedHeader' in the AWS Authorization.`)
    }
  }
  for (const name of signedHeaders) {
    // Asking `Headers` for a name that cannot be one throws.
    if (!HEADER_NAME.test(name) || !headers.has(name)) {
      return refuse(
        'incomplete',
        `${quote(name)} is named as a SignedHeader, but it does not exist in the HTTP request.`,
      )
    }
  }
  return undefined
}

function refuseAlgorithm(algorithm: string): Refusal {
  const name = algorithm.startsWith('AWS4-ECDSA-P256-SHA256')
    ? `${quote(algorithm)} (Signature Version 4A)`
    : quote(algorithm)
  return refuse('unsupported-algorithm', `${name} is not supported. Sign with '${ALGORITHM}'.`)
}

/** Sentences as S3 writes them, the one service that words these errors. */
function invalidExpiry(expires: string): string | undefined {
  if (!/^[+-]?\d{1,15}$/.test(expires)) return 'X-Amz-Expires should be a number'
  if (Number(expires) < 1) return 'X-Amz-Expires must be positive'
  if (Number(expires) > LONGEST_EXPIRY) {
    return `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${LONGEST_EXPIRY} seconds`
  }
  return undefined
}

/** All values of those query parameters that belong to a signature. */
function queryParameters(rawQuery: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>()
  // Most requests have none, and those that do spell the prefix out.
  if (!rawQuery.includes('X-Amz-')) return parameters
  for (const part of rawQuery.split('&')) {
    const equals = part.indexOf('=')
    const spelled = decodeFormComponent(equals < 0 ? part : part.slice(0, equals))
    // Presigning moves this one over from the headers, and some clients leave it spelled as a header.
    const name = /^x-amz-content-sha256$/i.test(spelled) ? 'X-Amz-Content-Sha256' : spelled
    if (!PARAMETERS.has(name)) continue
    const value = equals < 0 ? '' : decodeFormComponent(part.slice(equals + 1))
    parameters.set(name, [...(parameters.get(name) ?? []), value])
  }
  return parameters
}

const PARAMETERS: ReadonlySet<string> = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Content-Sha256',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
])
