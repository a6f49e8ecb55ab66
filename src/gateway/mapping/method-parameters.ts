import type { Exchange } from '../exchange.ts'
import { eventHeaders } from '../request-headers.ts'
import { decodedParameters, type MethodParameters } from './template-variables.ts'

/** What `method.request` and `$input.params()` read. The request may have matched no method. */
export const methodParameters = (exchange: Exchange): MethodParameters => ({
  path: decodedParameters(exchange.route?.pathParameters ?? null),
  querystring: exchange.query.single ?? {},
  header: eventHeaders(exchange).single,
})
