import { type Buffer, isUtf8 } from 'node:buffer'
import type { Caller } from '../../identity/caller.ts'
import type { Account } from '../../lib/account.ts'
import { commonLogTime } from '../../lib/common-log-time.ts'
import { type Fields, setField } from '../../lib/fields.ts'
import { CLOUDFLARE_HEADERS, forwardedFor, portOf, sourceIpOf } from '../../lib/forwarded.ts'
import { mediaTypeOf } from '../../lib/media-type.ts'
import { parseQuery } from '../../lib/query-string.ts'
import type { UrlAddress } from './address.ts'

/** Who signed a request. */
export interface UrlCaller extends Pick<Caller, 'accessKeyId' | 'account' | 'arn'> {
  /** As `GetCallerIdentity` has it. */
  readonly userId: string
}

/** What an event is made of. */
export interface UrlRequest {
  readonly request: Request
  readonly address: UrlAddress
  /** Bytes as they were sent. */
  readonly body: Buffer
  /** Of the function. */
  readonly account: Account
  /** Absent on a URL that asks for no signature. */
  readonly caller: UrlCaller | undefined
  readonly requestId: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** Value of `X-Amzn-Trace-Id` for the function. */
  readonly trace: string
}

/**
 * The event that a function gets of a request of its URL (payload format 2.0), as JSON.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload
 */
export function urlEvent(exchange: UrlRequest): string {
  const { request, address, body, caller, receivedAt } = exchange
  const { rawPath, url, urlId } = address
  const { multi } = parseQuery(url.query, '&')
  const cookie = request.headers.get('cookie')
  const isText = body.length === 0 || (isTextType(request.headers.get('content-type')) && isUtf8(body))
  const sourceIp = sourceIpOf(request)
  return JSON.stringify({
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: url.query,
    ...(cookie !== null && { cookies: cookie.split(/; ?/) }),
    headers: headersOf(exchange, sourceIp),
    ...(multi && { queryStringParameters: joined(multi) }),
    requestContext: {
      accountId: caller ? caller.account : 'anonymous',
      apiId: urlId,
      authentication: null,
      ...(caller && { authorizer: { iam: iamOf(caller) } }),
      domainName: url.host,
      domainPrefix: urlId,
      http: {
        method: request.method,
        path: rawPath,
        protocol: (request.cf as { httpProtocol?: string } | undefined)?.httpProtocol ?? 'HTTP/1.1',
        sourceIp,
        userAgent: request.headers.get('user-agent') ?? '',
      },
      requestId: exchange.requestId,
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(receivedAt),
      timeEpoch: receivedAt,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText,
  })
}

/** Headers of the one connection (RFC 9110, 7.6.1), and what Cloudflare adds for itself. */
const DROPPED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  ...CLOUDFLARE_HEADERS,
])

/** In lower case; several lines of a name are one value, joined by commas. */
function headersOf({ request, address, trace }: UrlRequest, sourceIp: string): Fields {
  const fields: Fields = {}
  request.headers.forEach((value, name) => {
    if (DROPPED.has(name)) return
    // A signature is for Weir; Lambda is seen to keep it to itself, too.
    if (name === 'authorization' && value.startsWith('AWS4-')) return
    setField(fields, name, value)
  })
  fields['x-amzn-trace-id'] = trace
  fields['x-forwarded-for'] = forwardedFor(request.headers.get('x-forwarded-for'), sourceIp)
  fields['x-forwarded-port'] = portOf(address.url.host, address.url.scheme)
  fields['x-forwarded-proto'] = address.url.scheme
  return fields
}

function joined(multi: Readonly<Record<string, readonly string[]>>): Fields {
  const fields: Fields = {}
  for (const [name, values] of Object.entries(multi)) setField(fields, name, values.join(','))
  return fields
}

const iamOf = ({ accessKeyId, account, arn, userId }: UrlCaller) => ({
  accessKey: accessKeyId,
  accountId: account,
  callerId: userId,
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: arn,
  userId,
})

/** "If the content type of the request is binary, the body is base64-encoded": what is not known as text is. */
function isTextType(contentType: string | null): boolean {
  const type = mediaTypeOf(contentType)
  return type.startsWith('text/') || TEXT.test(type)
}

const TEXT = /^application\/(?:json|xml|javascript|ecmascript|graphql|[a-z0-9.+-]+\+(?:json|xml))$/
