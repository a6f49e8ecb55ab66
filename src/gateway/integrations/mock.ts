import { mediaTypeOf } from '../../lib/media-type.ts'
import { reshapeHeaders } from '../../lib/reshape-headers.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { ExchangeSources } from '../mapping/exchange-sources.ts'
import { renderTemplate, TemplateError } from '../mapping/render-template.ts'
import { type PreparedResponse, prepareResponse, selectResponse } from '../mapping/select-response.ts'
import { requestTemplate, responseTemplate, TemplateSet } from '../mapping/select-template.ts'
import { BodyNotJson } from '../mapping/template-variables.ts'
import { firstAccepted } from '../media-types.ts'
import { RESPONSE_HEADERS_OF_MAPPINGS } from '../response-headers.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import type { Integrate, IntegrationResult } from './integrations.ts'

const MISCONFIGURED: IntegrationResult = { refusal: { type: 'API_CONFIGURATION_ERROR' } }

/**
 * `MOCK`: the request template makes `{"statusCode": N}`, and the integration response that N selects is the answer.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
export function prepareMock(integration: SnapshotIntegration): Integrate {
  const templates = new TemplateSet(integration.requestTemplates)
  const responses = integration.responses.map(prepareResponse)
  return async exchange => {
    try {
      return await mock(exchange, integration.passthroughBehavior, templates, responses)
    } catch (error) {
      if (error instanceof BodyNotJson)
        return { refusal: { type: 'BAD_REQUEST_BODY', message: 'Could not parse request body into json' } }
      if (error instanceof TemplateError) return MISCONFIGURED
      throw error
    }
  }
}

async function mock(
  exchange: Exchange,
  passthroughBehavior: SnapshotIntegration['passthroughBehavior'],
  templates: TemplateSet,
  responses: readonly PreparedResponse[],
): Promise<IntegrationResult> {
  const { headers } = exchange.request
  const chosen = requestTemplate(templates, passthroughBehavior, mediaTypeOf(headers.get('content-type')))
  if (chosen === 'unsupported-media-type') return { refusal: { type: 'UNSUPPORTED_MEDIA_TYPE' } }
  const template = chosen === 'pass-through' ? undefined : chosen.template
  const body = template && !template.readsBody ? { text: '' } : await exchange.body()
  if (!body) return { refusal: { type: 'REQUEST_TOO_LARGE' } }

  const sources = new ExchangeSources(exchange, body.text)
  const made = template ? renderTemplate(template, () => sources.variables()) : body.text
  // Without a template and a payload nobody says which response: the default one.
  const outcome = !template && made === '' ? '' : mockStatus(made)
  const response = outcome === undefined ? undefined : selectResponse(responses, outcome)
  if (!response) return MISCONFIGURED
  return respondWith(response, sources.answeredWith('', {}), firstAccepted(headers.get('accept')))
}

function respondWith(
  response: PreparedResponse,
  sources: ExchangeSources,
  accepted: string,
): IntegrationResult {
  const template = responseTemplate(response.templates, accepted)
  const body = template ? renderTemplate(template.template, () => sources.variables()) : ''
  const headers = new Map<string, readonly [name: string, value: string]>()
  const set = (name: string, value: string) => headers.set(name.toLowerCase(), [name, value])
  set('Content-Type', template?.contentType ?? 'application/json')
  for (const [name, source] of response.headers) {
    const value = source(sources)
    if (value !== undefined) set(name, value)
  }
  const override = overrides(sources)
  for (const [name, value] of Object.entries(override.header)) set(name, String(value))
  const status = override.status ?? response.status
  const sent = reshapeHeaders([...headers.values()], RESPONSE_HEADERS_OF_MAPPINGS)
  if (!sent || !(status >= 200 && status <= 599)) return MISCONFIGURED
  return { reply: { status, headers: sent, body } satisfies Reply }
}

/** `$context.responseOverride`, as the templates left it; a status that is no status is ignored. */
function overrides(sources: ExchangeSources): { status?: number; header: Record<string, unknown> } {
  if (!sources.contextWasUsed) return { header: {} }
  // A template may have put anything in its place.
  const made = (sources.context.responseOverride ?? {}) as {
    status?: unknown
    header?: Record<string, unknown>
  }
  const status = Number(made.status)
  return {
    ...(Number.isInteger(status) && status >= 100 && status <= 599 && { status }),
    header: typeof made.header === 'object' && made.header !== null ? made.header : {},
  }
}

/**
 * The status code that a template made; undefined when there is none. It has to be a number. API Gateway reads
 * more than JSON here: `{statusCode: 200}`, which the AWS CDK writes for CORS, counts.
 */
export function mockStatus(made: string): string | undefined {
  try {
    const value: unknown = JSON.parse(made)
    const status = (value as { statusCode?: unknown } | null)?.statusCode
    return Number.isInteger(status) ? String(status) : undefined
  } catch {
    const text = made.trim()
    if (!text.startsWith('{') || !text.endsWith('}')) return undefined
    return /(?:[{,\s])(["']?)statusCode\1\s*:\s*(-?\d+)\s*[,}]/.exec(text)?.[2]
  }
}
