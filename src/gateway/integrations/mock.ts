import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import type { Integrate } from './integrations.ts'
import { mapped } from './mapped-integration.ts'

/**
 * `MOCK`: the request template makes `{"statusCode": N}`, and the integration response that N selects is the answer.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
export const prepareMock = (integration: SnapshotIntegration): Integrate =>
  mapped(integration, async (_, { body, isTemplated }) => {
    const made = typeof body === 'string' ? body : new TextDecoder().decode(body)
    // Where nothing was said nobody says which response: the default one.
    if (made === '' && !isTemplated) return { outcome: undefined, headers: [], body: '' }
    const outcome = mockStatus(made)
    return outcome === undefined ? { refusal: NO_STATUS } : { outcome, headers: [], body: '' }
  })

const NO_STATUS = misconfigured(
  'Unable to parse statusCode. It should be an integer which is defined in request template.',
)

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
