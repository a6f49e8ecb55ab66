import { isBodiless } from '../../lib/bodiless.ts'
import { type HeaderFates, reshapeHeaders } from '../../lib/reshape-headers.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { REFUSALS } from '../gateway-responses.ts'
import { LIMITS } from '../limits.ts'
import { ExchangeSources } from '../mapping/exchange-sources.ts'
import { prepareRequestParameters } from '../mapping/map-request.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import { NOT_PASSED_ON } from '../request-headers.ts'
import { RESPONSE_HEADERS_OF_HTTP_PROXIES } from '../response-headers.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { boundStream } from './bound-stream.ts'
import { proxiedBody } from './http-body.ts'
import {
  clientHeaders,
  type HttpAnswer,
  headersOf,
  ownHeaders,
  prepareHttpExchange,
  setHeaders,
} from './http-exchange.ts'
import type { Integrate, IntegrationResult } from './integrations.ts'

/**
 * `HTTP_PROXY`: the back end gets the request and the client its answer, both as they come: neither is read into
 * memory. Parameter mappings add to the request.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
 */
export function prepareHttpProxy(integration: SnapshotIntegration): Integrate {
  const send = prepareHttpExchange(integration)
  const parameters = prepareRequestParameters(integration.requestParameters)
  const isMapped = Object.keys(integration.requestParameters ?? {}).length > 0
  return async exchange => {
    const body = await proxiedBody(exchange, integration.contentHandling, parameters.readBody)
    if ('refusal' in body) return body
    const mapped = isMapped ? parameters.map(new ExchangeSources(exchange, body.text)) : NOTHING
    const headers = proxiedHeaders(exchange)
    const refusal = setHeaders(headers, mapped.headers)
    if (refusal) return { refusal }
    ownHeaders(exchange, headers)
    const answer = await send(exchange, {
      path: mapped.path,
      query: proxiedQuery(exchange, mapped.query),
      headers,
      body: body.body,
      onAbort: body.onAbort,
      encoded: true,
    })
    return 'refusal' in answer ? answer : proxiedAnswer(answer, integration.streamed === true)
  }
}

const NOTHING = { headers: [], query: [], path: {} } as const

/** Headers that no back end sees ("Request", second value, of API Gateway's table). `Host` becomes the back end's. */
const DROPPED: ReadonlySet<string> = new Set([...NOT_PASSED_ON, 'content-encoding', 'host', 'via'])

function proxiedHeaders(exchange: Exchange): Headers {
  const headers = new Headers()
  const { authorizationType } = exchange.located.method.definition
  exchange.sentHeaders.forEach((value, name) => {
    if (DROPPED.has(name)) return
    // A signature is for the gateway; it would not verify anywhere else.
    if (name === 'authorization' && (authorizationType === 'AWS_IAM' || value.startsWith('AWS4-'))) return
    headers.set(name, value)
  })
  // Without it the platform would ask for what the client did not.
  if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity')
  clientHeaders(exchange, headers)
  return headers
}

/** The client's parameters, of which mapped ones take the place. */
function proxiedQuery(
  { query: { multi } }: Exchange,
  mapped: ReadonlyArray<readonly [name: string, value: string]>,
): ReadonlyArray<readonly [name: string, value: string]> {
  const replaced = new Set(mapped.map(([name]) => name))
  const sent = Object.entries(multi ?? {}).filter(([name]) => !replaced.has(name))
  return [...sent.flatMap(([name, values]) => values.map(value => [name, value] as const)), ...mapped]
}

function proxiedAnswer(answer: HttpAnswer, streamed: boolean): IntegrationResult {
  const { response } = answer
  const { status } = response
  const headers = reshapeHeaders(headersOf(response), RESPONSE_HEADERS_OF_HTTP_PROXIES satisfies HeaderFates)
  if (!headers || status < 200 || status > 599) {
    answer.abandon()
    return { refusal: { ...REFUSALS.badAnswer, reason: 'The endpoint answered with what cannot be sent on' } }
  }
  const declared = response.headers.get('content-length')
  if (response.body && !streamed && Number(declared) > LIMITS.body) {
    answer.abandon()
    return {
      refusal: misconfigured(
        'The endpoint answered with more than 10 MB: responseTransferMode STREAM takes it',
      ),
    }
  }
  if (!response.body || isBodiless(status)) answer.finished()
  return { reply: { status, headers, body: bodyOf(answer, streamed, declared !== null) } satisfies Reply }
}

/** The platform holds a body to the length that was declared; of any other the bytes are counted. */
function bodyOf({ response, abandon }: HttpAnswer, streamed: boolean, isBounded: boolean): Reply['body'] {
  if (!response.body || streamed || isBounded) return response.body
  return boundStream(response.body, LIMITS.body, () => {
    abandon()
    return new Error('the answer of the back end has more bytes than an answer may have')
  })
}
