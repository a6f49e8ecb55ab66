import { Buffer } from 'node:buffer'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { LIMITS } from '../limits.ts'
import { type MappedRequest, prepareRequestMapping } from '../mapping/map-request.ts'
import { prepareResponseMapping } from '../mapping/map-response.ts'
import { MISCONFIGURED } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { type HttpAnswer, headersOf, ownHeaders, prepareHttpExchange, setHeaders } from './http-exchange.ts'
import type { Integrate } from './integrations.ts'

/**
 * `HTTP`: mappings make the request for the back end of the client's, and the client's answer of the back end's, whose
 * status the selection patterns are for. Both are in memory, as mappings read them.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
 */
export function prepareHttp(integration: SnapshotIntegration): Integrate {
  const mapRequest = prepareRequestMapping(integration)
  const mapResponse = prepareResponseMapping(integration)
  const send = prepareHttpExchange(integration)
  return async exchange => {
    const mapped = await mapRequest(exchange)
    if ('refusal' in mapped) return mapped
    const headers = mappedHeaders(exchange, mapped)
    if (!headers) return { refusal: { type: 'DEFAULT_4XX' } }
    const answer = await send(exchange, {
      path: mapped.path,
      query: mapped.query,
      headers,
      body: mapped.body.length > 0 ? mapped.body : null,
      encoded: false,
    })
    if ('refusal' in answer) return answer
    const body = await readAnswer(answer)
    if ('type' in body) return { refusal: body }
    const { response } = answer
    return mapResponse(mapped.sources, {
      outcome: String(response.status),
      headers: headersOf(response),
      body,
    })
  }
}

/** Mapped ones over those that API Gateway sends by itself; undefined when one of them cannot be sent. */
function mappedHeaders(
  exchange: Exchange,
  { headers: mapped, body, contentType }: MappedRequest,
): Headers | undefined {
  const headers = new Headers({ accept: exchange.request.headers.get('accept') || 'application/json' })
  if (body.length > 0) headers.set('content-type', contentType)
  if (!setHeaders(headers, mapped)) return undefined
  ownHeaders(exchange, headers)
  return headers
}

/** The body of an answer, within the time of its integration; or why there is none. */
async function readAnswer(answer: HttpAnswer): Promise<Buffer<ArrayBuffer> | GatewayRefusal> {
  const { response, abandon, finished, failure } = answer
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of (response.body ?? []) as ReadableStream<Uint8Array>) {
      size += chunk.byteLength
      if (size > LIMITS.body) {
        abandon()
        return MISCONFIGURED
      }
      chunks.push(chunk)
    }
  } catch {
    const refusal = failure()
    abandon()
    return refusal
  }
  finished()
  return Buffer.concat(chunks, size)
}
