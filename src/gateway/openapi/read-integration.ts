import { isJsonObject, scalarText } from '../../lib/json-object.ts'
import type {
  ContentHandling,
  IntegrationResponseRecord,
  IntegrationType,
  Passthrough,
} from '../control/rest-api-records.ts'
import { type IntegrationDefinition, USUAL_TIMEOUT_MS } from './definition.ts'
import type { Reading } from './reading.ts'
import { compact, entriesOf, flagOf, numberOf, textMapOf, textsOf } from './values.ts'

/**
 * `x-amazon-apigateway-integration`. Values stand in lower case in documents and in upper case in the API.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
 */
export function readIntegration(
  reading: Reading,
  value: unknown,
  where: string,
): IntegrationDefinition | undefined {
  const integration = reading.resolve(value)
  if (!integration) return undefined
  const type = upper(integration.type) as IntegrationType | undefined
  if (!type) {
    reading.warn(`No integration type specified for ${where}. Ignoring.`)
    return undefined
  }
  const mock = type === 'MOCK'
  return compact<IntegrationDefinition>({
    type,
    // A MOCK integration calls nothing: AWS drops what it would call.
    httpMethod: mock ? undefined : upper(integration.httpMethod),
    uri: mock ? undefined : reading.textOf(integration.uri, `The uri of ${where}`),
    credentials: reading.textOf(integration.credentials, `The credentials of ${where}`),
    requestParameters: textMapOf(integration.requestParameters),
    requestTemplates: textMapOf(integration.requestTemplates),
    passthroughBehavior: (upper(integration.passthroughBehavior) as Passthrough) ?? 'WHEN_NO_MATCH',
    contentHandling: upper(integration.contentHandling) as ContentHandling | undefined,
    timeoutInMillis: numberOf(integration.timeoutInMillis) ?? USUAL_TIMEOUT_MS,
    connectionType: upper(integration.connectionType) === 'VPC_LINK' ? 'VPC_LINK' : undefined,
    connectionId: scalarText(integration.connectionId),
    tlsConfig: isJsonObject(integration.tlsConfig)
      ? { insecureSkipVerification: flagOf(integration.tlsConfig.insecureSkipVerification) }
      : undefined,
    responseTransferMode: upper(integration.responseTransferMode) === 'STREAM' ? 'STREAM' : undefined,
    cacheNamespace: scalarText(integration.cacheNamespace),
    cacheKeyParameters: textsOf(integration.cacheKeyParameters),
    responses: readResponses(reading, integration.responses, where),
  })
}

const upper = (value: unknown): string | undefined => scalarText(value)?.toUpperCase()

/** By selection pattern in a document, by status code in the API. */
function readResponses(
  reading: Reading,
  value: unknown,
  where: string,
): Record<string, IntegrationResponseRecord> | undefined {
  const responses = new Map<string, IntegrationResponseRecord>()
  for (const [pattern, item] of entriesOf(value)) {
    const response = reading.resolve(item)
    if (!response) continue
    const statusCode = scalarText(response.statusCode)
    if (!statusCode) {
      reading.warn(`No status code for the integration response '${pattern}' of ${where}. Ignoring.`)
      continue
    }
    if (responses.has(statusCode)) {
      reading.warn(
        `More than one integration response with status code ${statusCode} for ${where}. Ignoring all but the last.`,
      )
    }
    responses.set(
      statusCode,
      compact<IntegrationResponseRecord>({
        selectionPattern: pattern === 'default' || pattern === '$default' ? undefined : pattern,
        responseParameters: textMapOf(response.responseParameters),
        responseTemplates: textMapOf(response.responseTemplates),
        contentHandling: upper(response.contentHandling) as ContentHandling | undefined,
      }),
    )
  }
  return responses.size > 0 ? Object.fromEntries(responses) : undefined
}
