import { setField } from '../../lib/fields.ts'
import { compressReply } from '../compress-reply.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { GATEWAY_RESPONSES, type GatewayRefusal } from '../gateway-responses.ts'

/** Statuses whose responses have no body (RFC 9110, 15). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** Words the answer as HTTP: the integration's, or the gateway's own when a phase ended the request. */
export function respond(exchange: Exchange): void {
  const { refusal, reply } = exchange
  if (refusal) exchange.response = refuse(exchange, refusal)
  else if (reply) exchange.response = answer(exchange, compressReply(exchange, reply))
  else throw new Error('a request came to its end with neither an answer nor a refusal')
}

function answer(exchange: Exchange, { status, headers: given, body }: Reply): Response {
  const headers = [...given, ...signature(exchange)]
  // Only calls of a back end are traced: MOCK answers are seen without the header.
  if (exchange.located.method.callsBackEnd) headers.push(['X-Amzn-Trace-Id', exchange.trace.response])
  if (!names(given, 'content-type')) headers.push(['Content-Type', 'application/json'])
  return new Response(BODILESS.has(status) ? null : body, {
    status,
    headers: toHeaders(headers),
    // What an integration calls encoded is encoded already.
    ...(names(given, 'content-encoding') && { encodeBody: 'manual' }),
  })
}

/**
 * The one place that words errors: a row of the table, and nothing of what went wrong inside.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
function refuse(exchange: Exchange, refusal: GatewayRefusal): Response {
  const { status, message, errorType } = { ...GATEWAY_RESPONSES[refusal.type], ...refusal }
  const headers: Header[] = [
    ['Content-Type', 'application/json'],
    ['x-amzn-ErrorType', errorType],
    ...signature(exchange),
  ]
  return new Response(JSON.stringify({ message }), { status, headers: toHeaders(headers) })
}

type Header = Reply['headers'][number]

const signature = ({ ids }: Exchange): Header[] => [
  ['x-amzn-RequestId', ids.requestId],
  ['x-amz-apigw-id', ids.extendedRequestId],
]

const names = (headers: readonly Header[], lowerCaseName: string): boolean =>
  headers.some(([name]) => name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName)

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
