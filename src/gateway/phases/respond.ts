import type { Exchange, Reply } from '../exchange.ts'
import { GATEWAY_RESPONSES, type GatewayRefusal } from '../gateway-responses.ts'

/** Statuses whose responses have no body (RFC 9110, 15). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** Words the answer as HTTP: the integration's, or the gateway's own when a phase ended the request. */
export function respond(exchange: Exchange): void {
  const { refusal, reply } = exchange
  if (refusal) exchange.response = refuse(exchange, refusal)
  else if (reply) exchange.response = answer(exchange, reply)
  else throw new Error('a request came to its end with neither an answer nor a refusal')
}

function answer(exchange: Exchange, { status, headers: given, body }: Reply): Response {
  const headers = new Headers()
  let encoded = false
  for (const [name, value] of given) {
    headers.append(name, value)
    encoded ||= name.toLowerCase() === 'content-encoding'
  }
  if (!headers.has('content-type')) headers.set('Content-Type', 'application/json')
  sign(exchange, headers)
  // Only calls of a back end are traced: MOCK answers are seen without the header.
  if (exchange.located.method.callsBackEnd) headers.set('X-Amzn-Trace-Id', exchange.trace.response)
  return new Response(BODILESS.has(status) ? null : body, {
    status,
    headers,
    // What an integration calls encoded is encoded already.
    ...(encoded && { encodeBody: 'manual' }),
  })
}

/**
 * The one place that words errors: a row of the table, and nothing of what went wrong inside.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
function refuse(exchange: Exchange, refusal: GatewayRefusal): Response {
  const { status, message, errorType } = { ...GATEWAY_RESPONSES[refusal.type], ...refusal }
  const headers = new Headers({ 'Content-Type': 'application/json', 'x-amzn-ErrorType': errorType })
  sign(exchange, headers)
  return new Response(JSON.stringify({ message }), { status, headers })
}

function sign({ ids }: Exchange, headers: Headers): void {
  headers.set('x-amzn-RequestId', ids.requestId)
  headers.set('x-amz-apigw-id', ids.extendedRequestId)
}
