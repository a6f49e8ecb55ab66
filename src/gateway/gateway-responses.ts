/**
 * What the gateway answers by itself, by the names under which an API's owner may override it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
export type GatewayResponseType =
  | 'ACCESS_DENIED'
  | 'API_CONFIGURATION_ERROR'
  | 'AUTHORIZER_CONFIGURATION_ERROR'
  | 'AUTHORIZER_FAILURE'
  | 'BAD_REQUEST_BODY'
  | 'BAD_REQUEST_PARAMETERS'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX'
  | 'EXPIRED_TOKEN'
  | 'INTEGRATION_FAILURE'
  | 'INTEGRATION_TIMEOUT'
  | 'INVALID_API_KEY'
  | 'INVALID_SIGNATURE'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'QUOTA_EXCEEDED'
  | 'REQUEST_TOO_LARGE'
  | 'RESOURCE_NOT_FOUND'
  | 'THROTTLED'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'WAF_FILTERED'

export interface GatewayResponse {
  readonly status: number
  /** `$context.error.message` */
  readonly message: string | null
  /** The value of `x-amzn-ErrorType`. */
  readonly errorType: string
  /** What the message is called in the body, where it is not `message`. */
  readonly member?: 'Message'
}

/**
 * Statuses are the documented ones; messages and error types those that API Gateway is seen to send. The two
 * DEFAULT types stand for every error that has no type of its own.
 */
export const GATEWAY_RESPONSES = {
  ACCESS_DENIED: {
    ...row(403, 'User is not authorized to access this resource', 'AccessDeniedException'),
    // Seen of authorizers' denials and of policies': they are in AWS's words and not in API Gateway's.
    member: 'Message',
  },
  API_CONFIGURATION_ERROR: row(500, 'Internal server error', 'InternalServerErrorException'),
  AUTHORIZER_CONFIGURATION_ERROR: row(500, null, 'AuthorizerConfigurationException'),
  AUTHORIZER_FAILURE: row(500, null, 'AuthorizerFailureException'),
  BAD_REQUEST_BODY: row(400, 'Invalid request body', 'BadRequestException'),
  BAD_REQUEST_PARAMETERS: row(400, 'Missing required request parameters', 'BadRequestException'),
  DEFAULT_4XX: row(400, 'Bad Request', 'BadRequestException'),
  DEFAULT_5XX: row(500, 'Internal server error', 'InternalServerErrorException'),
  EXPIRED_TOKEN: row(403, 'The security token included in the request is expired', 'ExpiredTokenException'),
  INTEGRATION_FAILURE: row(504, 'Internal server error', 'InternalServerErrorException'),
  INTEGRATION_TIMEOUT: row(504, 'Endpoint request timed out', 'InternalServerErrorException'),
  INVALID_API_KEY: row(403, 'Forbidden', 'ForbiddenException'),
  INVALID_SIGNATURE: row(
    403,
    'The request signature we calculated does not match the signature you provided.',
    'InvalidSignatureException',
  ),
  MISSING_AUTHENTICATION_TOKEN: row(
    403,
    'Missing Authentication Token',
    'MissingAuthenticationTokenException',
  ),
  QUOTA_EXCEEDED: row(429, 'Limit Exceeded', 'LimitExceededException'),
  REQUEST_TOO_LARGE: row(413, 'Request Too Long', 'RequestTooLargeException'),
  RESOURCE_NOT_FOUND: row(404, 'Not Found', 'NotFoundException'),
  THROTTLED: row(429, 'Too Many Requests', 'TooManyRequestsException'),
  UNAUTHORIZED: row(401, 'Unauthorized', 'UnauthorizedException'),
  UNSUPPORTED_MEDIA_TYPE: row(415, 'Unsupported Media Type', 'BadRequestException'),
  WAF_FILTERED: row(403, 'Forbidden', 'ForbiddenException'),
} as const satisfies Readonly<Record<GatewayResponseType, GatewayResponse>>

/** An expected "no" of the gateway's own: a row of the table, with what this case says differently. */
export interface GatewayRefusal extends Partial<GatewayResponse> {
  readonly type: GatewayResponseType
  /** `$context.error.validationErrorString` */
  readonly validationErrors?: string
  /** Which mistake of the API's owner it was, for the execution log; no client is told. */
  readonly reason?: string
}

/** What a refusal says: its row, and what this case says differently. */
export const wordingOf = (refusal: GatewayRefusal): GatewayResponse => ({
  ...GATEWAY_RESPONSES[refusal.type],
  ...refusal,
})

/** Cases that are no rows: API Gateway words them so, and nobody can override them by a name of their own. */
export const REFUSALS = {
  /** No such API, or no such stage of it. */
  forbidden: { type: 'DEFAULT_4XX', status: 403, message: 'Forbidden', errorType: 'ForbiddenException' },
  /** Something that decides about the request cannot be reached. AWS has no such answer: its own parts are one. */
  unavailable: {
    type: 'DEFAULT_5XX',
    status: 503,
    message: 'Service Unavailable',
    errorType: 'ServiceUnavailableException',
  },
  /** "If the function runs but returns an error, or returns a response in the wrong format". */
  badAnswer: { type: 'DEFAULT_5XX', status: 502 },
  /** "If the Lambda API rejects the invocation request, API Gateway returns a 500 error code." */
  notInvoked: { type: 'INTEGRATION_FAILURE', status: 500 },
  surprise: { type: 'DEFAULT_5XX' },
} as const satisfies Readonly<Record<string, GatewayRefusal>>

function row(status: number, message: string | null, errorType: string): GatewayResponse {
  return { status, message, errorType }
}
