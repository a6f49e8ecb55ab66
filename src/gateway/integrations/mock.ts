import { prepareRequestMapping } from '../mapping/map-request.ts'
import { prepareResponseMapping } from '../mapping/map-response.ts'
import { MISCONFIGURED } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import type { Integrate } from './integrations.ts'

/**
 * `MOCK`: the request template makes `{"statusCode": N}`, and the integration response that N selects is the answer.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
export function prepareMock(integration: SnapshotIntegration): Integrate {
  const mapRequest = prepareRequestMapping(integration)
  const mapResponse = prepareResponseMapping(integration)
  return async exchange => {
    const mapped = await mapRequest(exchange)
    if ('refusal' in mapped) return mapped
    const made = typeof mapped.body === 'string' ? mapped.body : new TextDecoder().decode(mapped.body)
    // Without anything said nobody says which response: the default one.
    const outcome = made === '' && !mapped.isTemplated ? '' : mockStatus(made)
    if (outcome === undefined) return { refusal: MISCONFIGURED }
    return mapResponse(mapped.sources, { outcome, headers: [], body: '' })
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
