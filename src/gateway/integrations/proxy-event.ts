import type { Exchange } from '../exchange.ts'
import type { RequestBody } from '../request-body.ts'
import { eventPath, requestContext } from '../request-context.ts'
import { eventHeaders } from '../request-headers.ts'

/**
 * The event of an `AWS_PROXY` integration (payload format 1.0), as JSON.
 *
 * Paths and path parameters are given as they were sent, percent-encoding and all: REST APIs do not decode them
 * (seen on API Gateway with `/user/test%2Balias@gmail.com`), while they do decode the query.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function proxyEvent(exchange: Exchange, body: RequestBody): string {
  const { query } = exchange
  const { method, stage, pathParameters } = exchange.located
  const headers = eventHeaders(exchange)
  return JSON.stringify({
    resource: method.resourcePath,
    path: eventPath(exchange.address),
    httpMethod: exchange.httpMethod,
    headers: headers.single,
    multiValueHeaders: headers.multi,
    queryStringParameters: query.single,
    multiValueQueryStringParameters: query.multi,
    pathParameters,
    stageVariables: stage.variablesOrNull,
    requestContext: requestContext(exchange),
    body: body.text === '' ? null : body.text,
    isBase64Encoded: body.isBase64,
  })
}
