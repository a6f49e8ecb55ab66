import type { Exchange } from '../exchange.ts'
import { requestContext, resourcePathOf } from '../request-context.ts'
import { eventHeaders } from '../request-headers.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html */
export const tokenEvent = (methodArn: string, token: string): string =>
  JSON.stringify({ type: 'TOKEN', methodArn, authorizationToken: token })

/**
 * The same page: all of the request but its body. What a request has none of is an empty map here, where proxy events
 * have null.
 */
export function requestEvent(exchange: Exchange, methodArn: string): string {
  const { request, query } = exchange
  const { method, stage, pathParameters, api } = exchange.located
  const headers = eventHeaders(exchange)
  const context = requestContext(exchange)
  const apiKey =
    method.definition.apiKeyRequired && api.apiKeySource === 'HEADER'
      ? request.headers.get('x-api-key')
      : null
  return JSON.stringify({
    type: 'REQUEST',
    methodArn,
    resource: method.resourcePath,
    path: resourcePathOf(exchange.address.rawPath),
    httpMethod: exchange.httpMethod,
    headers: headers.single,
    multiValueHeaders: headers.multi,
    queryStringParameters: query.single ?? {},
    multiValueQueryStringParameters: query.multi ?? {},
    pathParameters: pathParameters ?? {},
    stageVariables: stage.variables,
    // Nobody has looked at the key yet: the function may say whose it is.
    requestContext: apiKey ? { ...context, identity: { ...context.identity, apiKey } } : context,
  })
}
