import { ownField } from '../../lib/fields.ts'
import { memberAt } from '../../lib/json-object.ts'
import { rootOf } from '../../lib/trace-header.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayResponseType } from '../gateway-responses.ts'
import { contextSoFar } from '../request-context.ts'
import { errorContext } from '../responses/refusal-sources.ts'
import type { ReadVariable } from './access-log-format.ts'
import type { BackEndCall } from './observation.ts'

/** Of the answer, once it is known. */
export interface AnswerFacts {
  readonly status: number
  /** Bytes of the body. */
  readonly length: number
  /** Epoch milliseconds. */
  readonly endedAt: number
}

type Value = ReturnType<ReadVariable>
type Read = (exchange: Exchange, answer: AnswerFacts) => Value

/** The authorizer or the policy said no, or could not be asked. */
const OF_AUTHORIZATION: ReadonlySet<GatewayResponseType> = new Set([
  'ACCESS_DENIED',
  'AUTHORIZER_CONFIGURATION_ERROR',
  'AUTHORIZER_FAILURE',
  'EXPIRED_TOKEN',
  'INVALID_SIGNATURE',
  'MISSING_AUTHENTICATION_TOKEN',
  'UNAUTHORIZED',
])

const integrationCall = ({ observation }: Exchange): BackEndCall | undefined => observation?.calls.at(-1)
const authorizerCall = ({ observation }: Exchange): BackEndCall | undefined =>
  observation?.authorizerCalls.at(-1)

const latencyOf = (call: BackEndCall | undefined): number | undefined =>
  call?.answeredAt === undefined ? undefined : call.answeredAt - call.sentAt

/** A function answers by its own status; its call by that of the Lambda API. */
const backEndStatus: Read = exchange => {
  const call = integrationCall(exchange)
  if (call?.kind !== 'function') return call?.status
  const isProxy = exchange.route?.method.definition.integration?.type === 'AWS_PROXY'
  return isProxy ? exchange.reply?.status : call.status
}

const wasRefused = ({ refusal, observation }: Exchange): boolean =>
  refusal !== undefined && !observation?.hasBegunIntegration && OF_AUTHORIZATION.has(refusal.type)

/** What came of the method's guard; undefined for a method that everybody may call. */
const authorizationStatus: Read = (exchange, { status }) => {
  if (!exchange.route?.method.guard) return undefined
  return wasRefused(exchange) ? status : 200
}

const authorizationError: Read = exchange =>
  wasRefused(exchange) ? errorContext(exchange.refusal!).message : undefined

const isSigned = ({ route }: Exchange): boolean => route?.method.definition.authorizationType === 'AWS_IAM'

const tls =
  (fact: string): Read =>
  ({ request }) => {
    const value = request.cf?.[fact]
    return typeof value === 'string' ? value : undefined
  }

/**
 * Variables that only access logs have, or that stand for something else there. All others are those of mapping
 * templates. What Weir has no equivalent of (`waf`, client certificates, VPC endpoints) is not there.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 */
const VARIABLES: Readonly<Record<string, Read>> = {
  'authenticate.error': exchange => (isSigned(exchange) ? authorizationError(exchange, NOTHING) : undefined),
  'authenticate.status': (exchange, answer) =>
    isSigned(exchange) ? authorizationStatus(exchange, answer) : undefined,
  'authorize.error': authorizationError,
  'authorize.latency': exchange => latencyOf(authorizerCall(exchange)),
  'authorize.status': authorizationStatus,
  'authorizer.error': exchange => authorizerCall(exchange)?.error,
  'authorizer.integrationLatency': exchange => latencyOf(authorizerCall(exchange)),
  'authorizer.integrationStatus': exchange => authorizerCall(exchange)?.status,
  'authorizer.latency': exchange => latencyOf(authorizerCall(exchange)),
  'authorizer.requestId': exchange => authorizerCall(exchange)?.requestId,
  'authorizer.status': (exchange, answer) =>
    exchange.route?.method.definition.authorizerId === undefined
      ? undefined
      : authorizationStatus(exchange, answer),
  awsEndpointRequestId: exchange => integrationCall(exchange)?.requestId,
  cipherSuite: tls('tlsCipher'),
  'customDomain.basePathMatched': ({ address: { basePath } }) =>
    basePath === undefined ? undefined : basePath.slice(1) || '(none)',
  endpointType: ({ stage }) => stage?.pointer.accessLog?.endpointType,
  'integration.error': exchange => integrationCall(exchange)?.error,
  'integration.integrationStatus': exchange => integrationCall(exchange)?.status,
  'integration.latency': exchange => latencyOf(integrationCall(exchange)),
  'integration.requestId': exchange => integrationCall(exchange)?.requestId,
  'integration.status': backEndStatus,
  integrationLatency: exchange => latencyOf(integrationCall(exchange)),
  integrationStatus: exchange => integrationCall(exchange)?.status,
  responseLatency: ({ receivedAt }, { endedAt }) => endedAt - receivedAt,
  responseLength: (_, { length }) => length,
  status: (_, { status }) => status,
  tlsVersion: tls('tlsVersion'),
  xrayTraceId: ({ trace }) => rootOf(trace.request),
}

const NOTHING: AnswerFacts = { status: 0, length: 0, endedAt: 0 }

/** What a format's variables stand for. */
export function variablesOf(exchange: Exchange, answer: AnswerFacts): ReadVariable {
  let context: unknown
  return name => {
    const read = ownField(VARIABLES, name)
    if (read) return read(exchange, answer)
    context ??= contextOf(exchange)
    return valueAt(context, name.split('.'))
  }
}

function contextOf(exchange: Exchange): unknown {
  const { refusal } = exchange
  return {
    ...contextSoFar(exchange),
    ...(exchange.isCanary !== undefined && { isCanaryRequest: exchange.isCanary }),
    ...(refusal && { error: errorContext(refusal) }),
  }
}

/** "Calling $context.authorizer.claims returns null": an object is no value. */
function valueAt(context: unknown, path: readonly string[]): Value {
  const value = memberAt(context, path)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  // `$context.error.messageString` is written as JSON.
  return path.at(-1) === 'messageString' && value ? String(value) : undefined
}
