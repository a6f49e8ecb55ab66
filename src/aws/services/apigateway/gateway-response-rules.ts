import type { GatewayResponseRecord } from '../../../gateway/control/api-parts.ts'
import { CONTEXT, invalidExpression, NAME, STATIC } from './mapping-expressions.ts'
import { checkTemplates } from './parameter-rules.ts'
import { badRequest } from './refusals.ts'

const HEADER = new RegExp(`^gatewayresponse\\.header\\.${NAME}$`)
const REQUEST = new RegExp(
  `^method\\.request\\.(path|querystring|header|multivaluequerystring|multivalueheader)\\.${NAME}$`,
)

/** What must hold of a gateway response however it was made: put, patched, or imported. */
export function checkGatewayResponse(response: GatewayResponseRecord): void {
  const { statusCode, responseParameters = {}, responseTemplates } = response
  if (statusCode !== undefined && !/^[1-5]\d\d$/.test(statusCode)) {
    throw badRequest(`Invalid status code specified: ${statusCode}`)
  }
  for (const [header, source] of Object.entries(responseParameters)) {
    if (!HEADER.test(header)) throw invalidExpression(header)
    if (!STATIC.test(source) && !REQUEST.test(source) && !CONTEXT.test(source))
      throw invalidExpression(source)
  }
  checkTemplates(responseTemplates)
}
