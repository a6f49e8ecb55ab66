import { type Fields, setField } from '../../lib/fields.ts'
import { mediaTypeOf } from '../../lib/media-type.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import type { RequestBody } from '../request-body.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { integrationPayload, type Payload, staysBinary } from './convert-content.ts'
import { ExchangeSources } from './exchange-sources.ts'
import { type ParameterValues, parseParameterValues } from './map-parameters.ts'
import { misconfigured, templateRefusal } from './mapping-refusals.ts'
import { renderTemplate } from './render-template.ts'
import { requestTemplate, TemplateSet } from './select-template.ts'

/** What a method request became for its integration. Names may repeat; nothing is percent-encoded. */
export interface MappedRequest {
  /** `integration.request.header.{name}` and `$context.requestOverride.header`, as their owner wrote the names. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** Values for the `{name}`s of the integration's URI. */
  readonly path: Fields
  readonly body: Payload
  /** Whether a template made the body; else it is what was sent. */
  readonly isTemplated: boolean
  /** Of the body, unless the headers say otherwise. */
  readonly contentType: string
  /** For the mappings of the response. */
  readonly sources: ExchangeSources
}

export type RequestMapping = (
  exchange: Exchange,
) => Promise<MappedRequest | { readonly refusal: GatewayRefusal }>

/**
 * Prepares what a non-proxy integration does to its requests: the template by content type and passthrough
 * behavior, `contentHandling`, parameter mappings, and what the template overrides.
 *
 * Refusals: 415 for a media type without a template, 413 for a body that is too large, 400 for a body that is no
 * JSON where the template reads it as JSON, 500 for a template that fails.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
 */
export function prepareRequestMapping(integration: SnapshotIntegration): RequestMapping {
  const templates = new TemplateSet(integration.requestTemplates)
  const parameters = prepareRequestParameters(integration.requestParameters)
  const { passthroughBehavior, contentHandling } = integration
  return async exchange => {
    const sent = exchange.request.headers.get('content-type')
    const contentType = sent || 'application/json'
    try {
      const chosen = requestTemplate(templates, passthroughBehavior, mediaTypeOf(sent))
      if (chosen === 'unsupported-media-type') return { refusal: { type: 'UNSUPPORTED_MEDIA_TYPE' } }
      const template = chosen === 'pass-through' ? undefined : chosen.template
      const unread = template && !template.readsBody && !parameters.readBody
      const body = unread ? NO_BODY : await exchange.body()
      if ('refusal' in body) return body
      // Seen on API Gateway: it is "unable to transform" what is binary and is not converted to text.
      if (template && staysBinary(body, contentHandling)) {
        return {
          refusal: misconfigured(
            'Unable to transform request: a template needs contentHandling CONVERT_TO_TEXT for a binary body',
          ),
        }
      }
      const sources = new ExchangeSources(exchange, body.text)
      const made: RequestBody = template
        ? { text: renderTemplate(template, () => sources.variables()), isBase64: false }
        : body
      const payload = integrationPayload(made, contentHandling)
      if (payload === undefined) {
        return {
          refusal: misconfigured('Unable to base64 decode the body: contentHandling is CONVERT_TO_BINARY'),
        }
      }
      return {
        ...parameters.map(sources),
        body: payload,
        isTemplated: template !== undefined,
        contentType,
        sources,
      }
    } catch (error) {
      return { refusal: templateRefusal(error) }
    }
  }
}

const NO_BODY: RequestBody = { text: '', isBase64: false }

export interface MappedParameters extends Pick<MappedRequest, 'headers' | 'query' | 'path'> {}

export interface RequestParameters {
  /** Whether a mapping takes something out of the body. */
  readonly readBody: boolean
  /** What is mapped, and over it what templates have overridden by now. */
  map(sources: ExchangeSources): MappedParameters
}

/**
 * Prepares `integration.request.{header|querystring|path}.{name}`: also for `HTTP_PROXY`, whose requests are only
 * added to.
 */
export function prepareRequestParameters(
  mappings: Readonly<Record<string, string>> | undefined,
): RequestParameters {
  const prepared = Object.entries(mappings ?? {}).flatMap(([target, expression]) => {
    const [, place, name] = TARGET.exec(target) ?? []
    return place === undefined ? [] : [[place, name!, parseParameterValues(expression)] as Prepared]
  })
  return {
    readBody: Object.values(mappings ?? {}).some(expression => expression.startsWith('method.request.body')),
    map: sources => mapAll(prepared, sources),
  }
}

const TARGET = /^integration\.request\.(header|querystring|path)\.(.+)$/s

type Prepared = readonly [place: string, name: string, values: ParameterValues]

function mapAll(prepared: readonly Prepared[], sources: ExchangeSources): MappedParameters {
  const header = new Values(true)
  const querystring = new Values(false)
  const path = new Values(false)
  const places: Readonly<Record<string, Values>> = { header, querystring, path }
  for (const [place, name, read] of prepared) {
    const values = read(sources)
    if (values.length > 0) places[place]!.set(name, values)
  }
  for (const place in places) {
    for (const [name, values] of sources.requestOverrides(place)) places[place]!.set(name, values)
  }
  const pathFields: Fields = {}
  for (const [name, value] of path.list) setField(pathFields, name, value)
  return { headers: header.list, query: querystring.list, path: pathFields }
}

/** Values by names; names of headers are one in any spelling, and the latest counts. */
class Values {
  readonly #insensitive: boolean
  readonly #byName = new Map<string, readonly [name: string, values: readonly string[]]>()

  constructor(insensitive: boolean) {
    this.#insensitive = insensitive
  }

  set(name: string, values: readonly string[]): void {
    this.#byName.set(this.#insensitive ? name.toLowerCase() : name, [name, values])
  }

  get list(): Array<readonly [name: string, value: string]> {
    return [...this.#byName.values()].flatMap(([name, values]) => values.map(value => [name, value] as const))
  }
}
