import type { Invocation, InvocationResult } from '../../functions/invocation.ts'
import { LARGEST_EVENT } from '../../functions/largest-event.ts'
import { executeApiArn } from '../../lib/arn.ts'
import type { Exchange } from '../exchange.ts'
import { FunctionUri } from '../function-target.ts'
import { REFUSALS } from '../gateway-responses.ts'
import { firstAccepted } from '../media-types.ts'
import { proxyAnswer } from '../proxy-answer.ts'
import { proxyEvent } from '../proxy-event.ts'
import { mapsUnmappableHeader } from '../request-headers.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import type { Integrate, IntegrationResult } from './integrations.ts'

/** `AWS_PROXY`: the function gets the request as it is and answers in its own words. */
export function prepareFunctionProxy(integration: SnapshotIntegration): Integrate {
  const { httpMethod = 'POST', requestParameters } = integration
  // Lambda's Invoke is a POST; any other method is seen to fail as late as with the request.
  if (httpMethod !== 'POST' || mapsUnmappableHeader(requestParameters))
    return () => ({ refusal: REFUSALS.notInvoked })
  const uri = new FunctionUri(integration.uri ?? '')
  return exchange => callFunction(exchange, uri, integration.timeoutMs)
}

async function callFunction(
  exchange: Exchange,
  uri: FunctionUri,
  timeoutMs: number,
): Promise<IntegrationResult> {
  const { api, stage, method } = exchange.located
  const target = stage.target(uri)
  if (!target) return { refusal: { type: 'API_CONFIGURATION_ERROR' } }
  const reading = exchange.body()
  const body = reading instanceof Promise ? await reading : reading
  if (!body) return { refusal: exchange.bodyRefusal }
  const payload = proxyEvent(exchange, body)
  if (payload.length > LARGEST_EVENT) return { refusal: { type: 'REQUEST_TOO_LARGE' } }
  const result = await invokeWithin(exchange, timeoutMs, {
    account: target.account,
    name: target.name,
    qualifier: target.qualifier,
    payload,
    requestId: exchange.ids.requestId,
    traceId: exchange.trace.request,
    principal: {
      service: 'apigateway.amazonaws.com',
      sourceArn: executeApiArn(api.account, api.apiId, stage.name, exchange.httpMethod, method.resourcePath),
      sourceAccount: api.account.id,
    },
  })
  return result === TIMED_OUT ? { refusal: { type: 'INTEGRATION_TIMEOUT' } } : interpret(exchange, result)
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html */
function interpret(exchange: Exchange, result: InvocationResult): IntegrationResult {
  if (result.kind === 'refused')
    return { refusal: result.reason === 'unavailable' ? REFUSALS.unavailable : REFUSALS.notInvoked }
  if (result.functionError) return { refusal: REFUSALS.badAnswer }
  const accepted = firstAccepted(exchange.request.headers.get('accept'))
  const answer = proxyAnswer(result.payload, exchange.located.api.binaryMediaTypes.has(accepted))
  if (!answer) return { refusal: REFUSALS.badAnswer }
  if (answer === 'not-base64') return { refusal: { type: 'API_CONFIGURATION_ERROR' } }
  return { reply: answer }
}

const TIMED_OUT = Symbol('timed out')

/**
 * Waits `ms` for the function and not longer. A function that is late goes on, as on AWS, where the gateway's time
 * is no time of the function's: it ends by its own time-out.
 */
function invokeWithin(
  { gateway }: Exchange,
  ms: number,
  invocation: Invocation,
): Promise<InvocationResult | typeof TIMED_OUT> {
  const { promise, resolve, reject } = Promise.withResolvers<InvocationResult | typeof TIMED_OUT>()
  const work = gateway.invoke(invocation)
  const timer = setTimeout(() => {
    gateway.defer(work.catch(error => gateway.report(error, invocation.requestId)))
    resolve(TIMED_OUT)
  }, ms)
  work.then(
    result => {
      clearTimeout(timer)
      resolve(result)
    },
    error => {
      clearTimeout(timer)
      reject(error)
    },
  )
  return promise
}
