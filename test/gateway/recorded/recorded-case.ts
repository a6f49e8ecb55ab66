import type { InvocationResult } from '../../../src/functions/invocation.ts'
import type { Snapshot } from '../../../src/gateway/snapshot.ts'

const LOCALSTACK = 'https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway'

/**
 * Where API Gateway's behaviour was recorded or is documented. LocalStack's tests carry the dates at which they passed
 * against AWS itself, and what AWS answered; the events of the Lambda libraries were taken from AWS.
 */
export const SOURCES = {
  lambda: `${LOCALSTACK}/test_apigateway_lambda.snapshot.json`,
  binary: `${LOCALSTACK}/test_apigateway_lambda.py#test_aws_proxy_binary_response`,
  routing: `${LOCALSTACK}/test_apigateway_common.py#TestApigatewayRouting`,
  common: `${LOCALSTACK}/test_apigateway_common.snapshot.json`,
  basic: `${LOCALSTACK}/test_apigateway_basic.snapshot.json`,
  integrations: `${LOCALSTACK}/test_apigateway_integrations.snapshot.json`,
  dotnet:
    'https://github.com/aws/aws-lambda-dotnet/tree/master/Libraries/test/Amazon.Lambda.AspNetCoreServer.Test',
  go: 'https://github.com/aws/aws-lambda-go/blob/main/events/testdata/apigw-request.json',
  serverlessHttp: 'https://github.com/dougmoscrop/serverless-http/issues/194',
  lambdaGuide: 'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html',
  lambdaErrors: 'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html',
  proxy: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html',
  proxyResource:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html',
  encodings:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html',
  notes: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html',
  methods:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html',
  cors: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html',
  variables:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html',
  responses:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html',
  limits:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html',
  compressedRequest:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html',
  compressedResponse:
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html',
} as const

export const KINDS = [
  'encoded path',
  'repeated headers',
  'repeated query',
  'empty body',
  'binary body',
  'greedy path',
  'slashes',
  'HEAD and OPTIONS',
  'unicode',
  'stage variables',
  'compression',
  'event',
  'error',
] as const

export interface RecordedCase {
  readonly kind: (typeof KINDS)[number]
  readonly name: string
  readonly source: keyof typeof SOURCES
  /** By default one with `/{proxy+}` and `ANY`. */
  readonly api?: Snapshot
  readonly stages?: Record<string, Record<string, string>>
  readonly target: string
  readonly request?: RequestInit
  /** What the function answers: an object is its JSON. */
  readonly answer?: unknown
  readonly invoke?: () => InvocationResult
  /** What the function has to get, as far as it was recorded. Names of headers are compared without their case. */
  readonly event?: Readonly<Record<string, unknown>>
  /** Names of headers that the function must not get. */
  readonly notInEvent?: readonly string[]
  readonly status?: number
  /** Text, an object as JSON, or bytes. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | null>>
}
