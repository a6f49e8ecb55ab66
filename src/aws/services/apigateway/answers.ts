import type { Integration, IntegrationResponse, Method, MethodResponse } from '@aws-sdk/client-api-gateway'
import type {
  IntegrationRecord,
  IntegrationResponseRecord,
  MethodRecord,
  MethodResponseRecord,
} from '../../../gateway/control/rest-api-records.ts'

type Map<T> = Readonly<Record<string, T>>

/** AWS leaves out maps that have nothing in them. */
function mapped<T, A>(
  map: Map<T> | undefined,
  answer: (key: string, value: T) => A,
): Record<string, A> | undefined {
  const entries = Object.entries(map ?? {})
  return entries.length > 0
    ? Object.fromEntries(entries.map(([key, value]) => [key, answer(key, value)]))
    : undefined
}

const copy = <T>(map: Map<T> | undefined): Record<string, T> | undefined => map && { ...map }

export const methodAnswer = (httpMethod: string, method: MethodRecord): Method => ({
  httpMethod,
  authorizationType: method.authorizationType,
  apiKeyRequired: method.apiKeyRequired,
  authorizerId: method.authorizerId,
  requestValidatorId: method.requestValidatorId,
  operationName: method.operationName,
  requestParameters: copy(method.requestParameters),
  requestModels: copy(method.requestModels),
  authorizationScopes: method.authorizationScopes && [...method.authorizationScopes],
  methodResponses: mapped(method.responses, methodResponseAnswer),
  methodIntegration: method.integration && integrationAnswer(method.integration),
})

export const methodResponseAnswer = (statusCode: string, response: MethodResponseRecord): MethodResponse => ({
  statusCode,
  responseParameters: copy(response.responseParameters),
  responseModels: copy(response.responseModels),
})

export const integrationAnswer = (integration: IntegrationRecord): Integration => ({
  type: integration.type,
  httpMethod: integration.httpMethod,
  uri: integration.uri,
  connectionType: integration.connectionType,
  connectionId: integration.connectionId,
  credentials: integration.credentials,
  requestParameters: copy(integration.requestParameters),
  requestTemplates: copy(integration.requestTemplates),
  passthroughBehavior: integration.passthroughBehavior,
  contentHandling: integration.contentHandling,
  timeoutInMillis: integration.timeoutInMillis,
  tlsConfig: integration.tlsConfig && { ...integration.tlsConfig },
  responseTransferMode: integration.responseTransferMode,
  cacheNamespace: integration.cacheNamespace,
  cacheKeyParameters: [...integration.cacheKeyParameters],
  integrationResponses: mapped(integration.responses, integrationResponseAnswer),
})

export const integrationResponseAnswer = (
  statusCode: string,
  response: IntegrationResponseRecord,
): IntegrationResponse => ({
  statusCode,
  selectionPattern: response.selectionPattern,
  responseParameters: copy(response.responseParameters),
  responseTemplates: copy(response.responseTemplates),
  contentHandling: response.contentHandling,
})
