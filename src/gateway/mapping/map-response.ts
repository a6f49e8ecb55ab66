import { firstHeader } from '../../lib/header-list.ts'
import { mediaTypeOf } from '../../lib/media-type.ts'
import { reshapeHeaders } from '../../lib/reshape-headers.ts'
import type { Reply } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { firstAccepted } from '../media-types.ts'
import { RESPONSE_HEADERS_OF_MAPPINGS } from '../response-headers.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { clientPayload, type Payload, payloadAsText } from './convert-content.ts'
import type { ExchangeSources } from './exchange-sources.ts'
import { misconfigured } from './mapping-refusals.ts'
import { renderTemplate, TemplateError } from './render-template.ts'
import { type PreparedResponse, prepareResponse, selectResponse } from './select-response.ts'
import { responseTemplate } from './select-template.ts'

/** What an integration's back end answered. */
export interface IntegrationAnswer {
  /** What selection patterns are for: an HTTP status code, or the message of a function's error; undefined without. */
  readonly outcome: string | undefined
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** Text, or bytes: UTF-8 where the answer's Content-Type is none of the API's binary media types. */
  readonly body: Payload
}

export type MappedResponse = { readonly reply: Reply } | { readonly refusal: GatewayRefusal }

/** @param sources those of the mapped request */
export type ResponseMapping = (sources: ExchangeSources, answer: IntegrationAnswer) => MappedResponse

/**
 * Prepares what a non-proxy integration does to its responses: the integration response by selection pattern, its
 * template by `Accept`, `contentHandling`, header mappings, and what templates override. A header of the back end's
 * that is not mapped goes nowhere; the Content-Type is the template's, `application/json` without one.
 *
 * Refusals: 500 when no integration response fits, or its template fails, or makes what cannot be sent.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
 */
export function prepareResponseMapping(integration: SnapshotIntegration): ResponseMapping {
  const responses = integration.responses.map(prepareResponse)
  return (sources, answer) => {
    const response = selectResponse(responses, answer.outcome)
    if (!response) {
      const came = answer.outcome ?? 'no error'
      return {
        refusal: misconfigured(
          `No match for output mapping and no default output mapping configured. Endpoint response: ${came}`,
        ),
      }
    }
    try {
      const reply = respondWith(response, sources, answer)
      return reply ? { reply } : { refusal: UNSENDABLE }
    } catch (error) {
      // Also where the answer is no JSON: that is no fault of the client's.
      if (error instanceof TemplateError) {
        return { refusal: misconfigured(`Unable to transform response: ${error.message}`) }
      }
      throw error
    }
  }
}

const UNSENDABLE = misconfigured(
  'Unable to transform response: the mapped status, headers or base64 body cannot be sent',
)

function respondWith(
  response: PreparedResponse,
  requestSources: ExchangeSources,
  answer: IntegrationAnswer,
): Reply | undefined {
  const { request, located } = requestSources.exchange
  const { binaryMediaTypes } = located.api
  const contentType = firstHeader(answer.headers, 'content-type')
  const accepted = firstAccepted(request.headers.get('accept'))
  const answered = {
    payload: answer.body,
    isBinary: answer.body.length > 0 && binaryMediaTypes.has(mediaTypeOf(contentType ?? 'application/json')),
  }
  const template = responseTemplate(response.templates, accepted)
  const text = template || response.readBody ? payloadAsText(answered) : ''
  const sources = requestSources.answeredWith(text, answer.headers)
  const rendered = template && renderTemplate(template.template, () => sources.variables())
  const body = clientPayload(
    rendered === undefined ? answered : { payload: rendered, isBinary: false },
    response.contentHandling,
    binaryMediaTypes.has(accepted),
  )
  if (body === undefined) return undefined

  const headers = new Map<string, ReadonlyArray<readonly [name: string, value: string]>>()
  const set = (name: string, values: readonly string[]) =>
    headers.set(
      name.toLowerCase(),
      values.map(value => [name, value] as const),
    )
  set('Content-Type', [template?.contentType ?? 'application/json'])
  for (const [name, read] of response.headers) {
    const values = read(sources)
    if (values.length > 0) set(name, values)
  }
  for (const [name, values] of sources.responseOverrides()) set(name, values)
  const status = sources.overriddenStatus() ?? response.status
  const sent = reshapeHeaders([...headers.values()].flat(), RESPONSE_HEADERS_OF_MAPPINGS)
  return sent && status >= 200 && status <= 599 ? { status, headers: sent, body } : undefined
}
