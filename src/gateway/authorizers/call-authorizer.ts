import { isCold } from '../../functions/invocation.ts'
import { Patience } from '../../functions/patience.ts'
import { arn, type NamedFunction } from '../../lib/arn.ts'
import { errorMessageOf, roleMayCall, toInvocation } from '../calls/function-call.ts'
import { LATE, within } from '../calls/within.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import type { Outcome } from './authorizer-results.ts'
import { readAnswer } from './read-answer.ts'

/** The function that decides, and by whose permission the gateway calls it. */
export interface AuthorizerFunction {
  readonly authorizerId: string
  readonly target: NamedFunction
  /** ARN of a role; undefined: the function's own policy has to let the gateway in. */
  readonly credentials: string | undefined
}

/** What came of a call, for the log of a test. */
export interface CallTrace {
  calling?(event: string): void
  answered?(payload: string): void
  faulty?(fault: string): void
}

/** API Gateway gives an authorizer no longer than an integration. */
const TIMEOUT_MS = 29_000

const MISCONFIGURED: GatewayRefusal = { type: 'AUTHORIZER_CONFIGURATION_ERROR' }
const FAILED: GatewayRefusal = { type: 'AUTHORIZER_FAILURE' }
export const UNAUTHORIZED: GatewayRefusal = { type: 'UNAUTHORIZED' }

/**
 * Asks an authorizer's function. Its failure is the configuration's fault, as API Gateway sees it, unless the failure
 * is called `Unauthorized`; that it does not answer in time or cannot be reached at the moment is the authorizer's.
 */
export async function callAuthorizer(
  exchange: Exchange,
  authorizer: AuthorizerFunction,
  payload: string,
  trace: CallTrace = {},
): Promise<Outcome> {
  const refuse = (refusal: GatewayRefusal, fault: string): Outcome => {
    trace.faulty?.(fault)
    return { refusal: { ...refusal, reason: fault } }
  }
  const { target, credentials } = authorizer
  if (credentials !== undefined && !(await roleMayCall(exchange, credentials, target))) {
    return refuse(
      MISCONFIGURED,
      `API Gateway does not have permission to assume the provided role ${credentials}`,
    )
  }
  trace.calling?.(payload)
  const { account, apiId } = exchange.located.api
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
  const ownArn = arn('execute-api', account, `${apiId}/authorizers/${authorizer.authorizerId}`)
  const sourceArn = credentials === undefined ? ownArn : undefined
  const patience = new Patience(TIMEOUT_MS)
  const invocation = toInvocation(exchange, { target, payload, sourceArn, patience })
  // A function that is late goes on, as on AWS, where the gateway's time is no time of the function's.
  const result = await within(exchange, patience, exchange.gateway.invoke(invocation))
  if (result === LATE) return refuse(FAILED, 'Authorizer timed out')
  if (result.kind === 'refused') {
    return RETRYABLE.has(result.reason)
      ? refuse(FAILED, result.message)
      : refuse(MISCONFIGURED, `Invalid permissions on Lambda function: ${result.message}`)
  }
  exchange.isCold ||= isCold(result.usage)
  trace.answered?.(result.payload)
  if (result.functionError) {
    return errorMessageOf(result.payload) === 'Unauthorized'
      ? refuse(UNAUTHORIZED, 'Unauthorized request')
      : refuse(MISCONFIGURED, 'Authorizer error')
  }
  const read = readAnswer(result.payload)
  return 'fault' in read ? refuse(MISCONFIGURED, read.fault) : read
}

/** Refusals that are over by themselves. */
const RETRYABLE: ReadonlySet<string> = new Set(['throttled', 'over-ceiling', 'not-ready', 'unavailable'])
