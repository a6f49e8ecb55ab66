import { type Cors, corsHeaders, isPreflight, preflightHeaders } from '../lib/cors.ts'
import type { Exchange } from './exchange.ts'
import type { Integrate } from './integrations/integrations.ts'
import type { FoundMethod, PreparedApi } from './prepared-api.ts'

/**
 * What answers a preflight where pages of other origins may call all of an API. An `ANY` method does not: a back end
 * need not know of preflights, and an authorizer would turn them away, as browsers send no credentials with them.
 */
export const findPreflight = ({ request, address }: Exchange, api: PreparedApi): FoundMethod | undefined =>
  api.cors && isPreflight(request) ? api.preflight(address.rawPath) : undefined

/** Of an API, for all of its methods. */
export const answerPreflight: Integrate = ({ request, located: { api } }) => ({
  reply: { status: 204, headers: preflightHeaders(api.cors!, request), body: null },
})

/**
 * Tells the page, also of errors, that it may read the answer. What the back end says of that itself does not count, as
 * two of these headers are one too many. Only an OPTIONS method speaks for itself.
 */
export function addCors({ request, response, route, refusal }: Exchange, cors: Cors): void {
  const { headers } = response!
  if (route?.method.name === 'OPTIONS' && !refusal) return
  for (const name of [...headers.keys()]) if (name.startsWith('access-control-')) headers.delete(name)
  for (const [name, value] of corsHeaders(cors, request)) headers.append(name, value)
}
