import { isBodiless } from '../../lib/bodiless.ts'
import { setField } from '../../lib/fields.ts'
import { hasHeader } from '../../lib/header-list.ts'
import { compressReply } from '../compress-reply.ts'
import { addCors } from '../cors.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { type GatewayRefusal, type GatewayResponse, wordingOf } from '../gateway-responses.ts'
import { rateLimitHeaders } from '../rate-limit-headers.ts'
import type { OwnResponse } from '../responses/own-responses.ts'
import { RefusalSources } from '../responses/refusal-sources.ts'

/** Words the answer as HTTP: the integration's, or the gateway's own when a phase ended the request. */
export function respond(exchange: Exchange): void {
  const { refusal, reply } = exchange
  if (refusal) exchange.response = refuse(exchange, refusal)
  else if (reply) exchange.response = answer(exchange, compressReply(exchange, reply))
  else throw new Error('a request came to its end with neither an answer nor a refusal')
  if (exchange.cors) addCors(exchange, exchange.cors)
}

function answer(exchange: Exchange, { status, headers: given, body }: Reply): Response {
  const headers = [...given, ...signature(exchange), ...limits(exchange)]
  // Only calls of a back end are traced: MOCK answers are seen without the header.
  if (exchange.located.method.callsBackEnd) headers.push(['X-Amzn-Trace-Id', exchange.trace.response])
  if (!hasHeader(given, 'content-type')) headers.push(['Content-Type', 'application/json'])
  return new Response(isBodiless(status) ? null : body, {
    status,
    headers: toHeaders(headers),
    // What an integration calls encoded is encoded already.
    ...(hasHeader(given, 'content-encoding') && { encodeBody: 'manual' }),
  })
}

/**
 * The one place that words errors: as the API's owner defined it, else as the table has it, and nothing of what went
 * wrong inside.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
function refuse(exchange: Exchange, refusal: GatewayRefusal): Response {
  const builtIn = wordingOf(refusal)
  const own = exchange.api?.ownResponses?.for(refusal.type, builtIn.status)
  if (own) {
    try {
      return refuseInOwnWords(exchange, refusal, builtIn, own)
    } catch (error) {
      exchange.gateway.report(error, exchange.ids.requestId)
    }
  }
  return new Response(JSON.stringify({ [builtIn.member ?? 'message']: builtIn.message }), {
    status: builtIn.status,
    headers: toHeaders(errorHeaders(exchange, 'application/json', builtIn.errorType)),
  })
}

function refuseInOwnWords(
  exchange: Exchange,
  refusal: GatewayRefusal,
  { status, message, errorType }: GatewayResponse,
  own: OwnResponse,
): Response {
  const sources = new RefusalSources(exchange, refusal)
  const body = own.body(exchange.request.headers.get('accept'), sources) ?? {
    contentType: 'application/json',
    text: JSON.stringify({ message }),
  }
  const headers = own.headers(sources)
  const given = new Set(headers.map(([name]) => name.toLowerCase()))
  const usual = errorHeaders(exchange, body.contentType, errorType)
  return new Response(isBodiless(own.status ?? status) ? null : body.text, {
    status: own.status ?? status,
    headers: toHeaders([...usual.filter(([name]) => !given.has(name.toLowerCase())), ...headers]),
  })
}

const errorHeaders = (exchange: Exchange, contentType: string, errorType: string): Header[] => [
  ['Content-Type', contentType],
  ['x-amzn-ErrorType', errorType],
  ...signature(exchange),
  ...limits(exchange),
]

type Header = Reply['headers'][number]

const signature = ({ ids }: Exchange): Header[] => [
  ['x-amzn-RequestId', ids.requestId],
  ['x-amz-apigw-id', ids.extendedRequestId],
]

/** Of requests that nobody was asked about there are none. */
const limits = ({ admittance }: Exchange): Header[] => (admittance ? rateLimitHeaders(admittance) : [])

/** An object as long as no name repeats: Workers make a response of one in less time than of anything else. */
function toHeaders(headers: readonly Header[]): Headers | Record<string, string> {
  const record: Record<string, string> = {}
  for (const [name, value] of headers) {
    if (Object.hasOwn(record, name)) return appended(headers)
    setField(record, name, value)
  }
  return record
}

function appended(headers: readonly Header[]): Headers {
  const all = new Headers()
  for (const [name, value] of headers) all.append(name, value)
  return all
}
