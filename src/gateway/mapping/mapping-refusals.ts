import type { GatewayRefusal } from '../gateway-responses.ts'
import { TemplateError } from './render-template.ts'
import { BodyNotJson } from './template-variables.ts'

/**
 * "Execution failed due to configuration error": the API's owner has to mend something.
 *
 * @param reason what, for the execution log
 */
export const misconfigured = (reason: string): GatewayRefusal => ({ type: 'API_CONFIGURATION_ERROR', reason })

/** What a request mapping that failed answers; throws on whatever is no failure of a template's. */
export function templateRefusal(error: unknown): GatewayRefusal {
  if (error instanceof BodyNotJson)
    return { type: 'BAD_REQUEST_BODY', message: 'Could not parse request body into json' }
  if (error instanceof TemplateError) return misconfigured(`Unable to transform request: ${error.message}`)
  throw error
}
