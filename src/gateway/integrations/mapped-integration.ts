import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { type MappedRequest, prepareRequestMapping } from '../mapping/map-request.ts'
import { type IntegrationAnswer, prepareResponseMapping } from '../mapping/map-response.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import type { Integrate } from './integrations.ts'

/** Has a back end answer a mapped request. */
export type AskBackEnd = (
  exchange: Exchange,
  request: MappedRequest,
) => Promise<IntegrationAnswer | { readonly refusal: GatewayRefusal }>

/** An integration that is no proxy: the request is mapped, the back end asked, its answer mapped. */
export function mapped(integration: SnapshotIntegration, ask: AskBackEnd): Integrate {
  const mapRequest = prepareRequestMapping(integration)
  const mapResponse = prepareResponseMapping(integration)
  return async exchange => {
    const request = await mapRequest(exchange)
    if ('refusal' in request) return request
    const answer = await ask(exchange, request)
    return 'refusal' in answer ? answer : mapResponse(request.sources, answer)
  }
}
