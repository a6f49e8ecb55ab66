import type { GatewayResponseRecord } from '../../../gateway/control/api-parts.ts'
import { checkTemplates } from './parameter-rules.ts'
import { badRequest } from './refusals.ts'

const NAME = '[^\\s\'"{}]+'
const HEADER = new RegExp(`^gatewayresponse\\.header\\.${NAME}$`)
const STATIC = /^'.*'$/s
const REQUEST = new RegExp(
  `^method\\.request\\.(path|querystring|header|multivaluequerystring|multivalueheader)\\.${NAME}$`,
)
const CONTEXT = new RegExp(`^(context|stageVariables)\\.${NAME}$`)

const invalidExpression = (expression: string) =>
  badRequest(
    `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: ${expression}]`,
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
