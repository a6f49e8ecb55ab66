import { type Fields, setField } from '../lib/fields.ts'
import { CLOUDFLARE_HEADERS, forwardedFor, portOf } from '../lib/forwarded.ts'
import type { Exchange } from './exchange.ts'
import { EXPLAIN_HEADER } from './explanation.ts'

/** A request's headers as a proxy event has them. */
export interface EventHeaders {
  readonly single: Fields
  readonly multi: Record<string, string[]>
}

/** What the gateway itself says about the connection. */
export interface ForwardedHeaders {
  readonly 'X-Amzn-Trace-Id': string
  readonly 'X-Forwarded-For': string
  readonly 'X-Forwarded-Port': string
  readonly 'X-Forwarded-Proto': string
}

/**
 * Headers that API Gateway hands on to no back end ("Request" of its table), and what concerns only one connection
 * (RFC 9110, 7.6.1).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
export const NOT_PASSED_ON = [
  'connection',
  'content-md5',
  'expect',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
  'x-amzn-trace-id',
  'x-http-method-override',
  // A back end is not always the owner's.
  EXPLAIN_HEADER,
] as const

/** Headers that no function sees: these API Gateway puts itself, or was seen to drop; Cloudflare adds some for itself. */
const DROPPED: ReadonlySet<string> = new Set([
  ...NOT_PASSED_ON,
  'content-length',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
  ...CLOUDFLARE_HEADERS,
])

/**
 * Workers give names in lower case, which is also how HTTP/2 clients send them. API Gateway hands those on as they
 * came, except that it writes these few its own way; Lambda's documentation has such an event:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
 */
const WRITTEN: ReadonlyMap<string, string> = new Map([
  ['authorization', 'Authorization'],
  ['host', 'Host'],
  ['user-agent', 'User-Agent'],
])

/**
 * The headers of a request for a function. A header that was sent on several lines has one value, joined by commas:
 * Workers do not tell it from a list on one line (RFC 9110, 5.3, makes them equal).
 */
export function eventHeaders(exchange: Exchange): EventHeaders {
  const single: Fields = {}
  const multi: Record<string, string[]> = {}
  exchange.sentHeaders.forEach((value, name) => {
    if (DROPPED.has(name)) return
    // A signature is for the gateway; it would not verify anywhere else.
    if (name === 'authorization' && value.startsWith('AWS4-')) return
    const written = WRITTEN.get(name) ?? name
    setField(single, written, value)
    setField(multi, written, [value])
  })
  for (const [name, value] of Object.entries(forwardedHeaders(exchange)) as [string, string][]) {
    single[name] = value
    multi[name] = [value]
  }
  return { single, multi }
}

/** What the gateway adds to a request for a back end. */
export function forwardedHeaders({ request, url, trace, sourceIp }: Exchange): ForwardedHeaders {
  return {
    'X-Amzn-Trace-Id': trace.request,
    'X-Forwarded-For': forwardedFor(request.headers.get('x-forwarded-for'), sourceIp),
    'X-Forwarded-Port': portOf(url.host, url.scheme),
    'X-Forwarded-Proto': url.scheme,
  }
}

/**
 * Headers that no request parameter of an integration of AWS may set: API Gateway takes the mapping and answers every
 * request with 500. Recorded of `AWS` and `AWS_PROXY`:
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway/test_apigateway_integrations.py
 */
const UNMAPPABLE: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'proxy-authenticate',
  'te',
  'transfer-encoding',
])

const MAPPED_HEADER = 'integration.request.header.'

/** Whether an integration's request parameters set a header that a call of an AWS service cannot have. */
export function mapsUnmappableHeader(parameters: Readonly<Record<string, string>> = {}): boolean {
  return Object.keys(parameters).some(
    target =>
      target.startsWith(MAPPED_HEADER) && UNMAPPABLE.has(target.slice(MAPPED_HEADER.length).toLowerCase()),
  )
}
