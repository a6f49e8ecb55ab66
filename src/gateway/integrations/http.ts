import { Buffer } from 'node:buffer'
import { readStream } from '../../lib/read-bounded.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { LIMITS } from '../limits.ts'
import type { IntegrationAnswer } from '../mapping/map-response.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { type HttpAnswer, headersOf, ownHeaders, prepareHttpExchange, setHeaders } from './http-exchange.ts'
import type { Integrate } from './integrations.ts'
import { mapped } from './mapped-integration.ts'

/**
 * `HTTP`: mappings make the request for the back end of the client's, and the client's answer of the back end's, whose
 * status the selection patterns are for. Both are in memory, as mappings read them.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
 */
export function prepareHttp(integration: SnapshotIntegration): Integrate {
  const send = prepareHttpExchange(integration)
  return mapped(integration, async (exchange, request) => {
    const { path, query, body, contentType } = request
    const accept = exchange.request.headers.get('accept') || 'application/json'
    const headers = new Headers(body.length > 0 ? { accept, 'content-type': contentType } : { accept })
    const refusal = setHeaders(headers, request.headers)
    if (refusal) return { refusal }
    ownHeaders(exchange, headers)
    const answer = await send(exchange, {
      path,
      query,
      headers,
      body: body.length > 0 ? body : null,
      encoded: false,
    })
    return 'refusal' in answer ? answer : readAnswer(answer)
  })
}

/** An answer with its body, within the time of its integration; or why there is none. */
async function readAnswer({
  response,
  abandon,
  finished,
  failure,
}: HttpAnswer): Promise<IntegrationAnswer | { readonly refusal: GatewayRefusal }> {
  let body: Buffer<ArrayBuffer> | undefined
  try {
    body = response.body ? await readStream(response.body, LIMITS.body) : Buffer.alloc(0)
  } catch {
    const refusal = failure()
    abandon()
    return { refusal }
  }
  if (!body) {
    abandon()
    return { refusal: misconfigured('The endpoint answered with more than 10 MB') }
  }
  finished()
  return {
    outcome: String(response.status),
    headers: headersOf(response),
    body,
  }
}
