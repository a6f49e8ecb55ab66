import { parseJsonObject } from '../../lib/json-object.ts'
import type { Exchange } from '../exchange.ts'
import { type GatewayRefusal, REFUSALS } from '../gateway-responses.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import { firstAccepted } from '../media-types.ts'
import { mapsUnmappableHeader } from '../request-headers.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { type CalledFunction, prepareFunctionCaller } from './call-function.ts'
import type { Integrate, IntegrationResult } from './integrations.ts'
import { proxyAnswer } from './proxy-answer.ts'
import { proxyEvent } from './proxy-event.ts'

/** `AWS_PROXY`: the function gets the request as it is and answers in its own words. */
export function prepareFunctionProxy(integration: SnapshotIntegration): Integrate {
  const { httpMethod = 'POST', requestParameters } = integration
  // Lambda's Invoke is a POST; any other method is seen to fail as late as with the request.
  if (httpMethod !== 'POST' || mapsUnmappableHeader(requestParameters))
    return () => ({ refusal: NOT_INVOKABLE })
  const caller = prepareFunctionCaller(integration)
  return async exchange => {
    const reading = exchange.body()
    const body = reading instanceof Promise ? await reading : reading
    if ('refusal' in body) return body
    const result = await caller.call(exchange, { payload: proxyEvent(exchange, body) })
    return 'refusal' in result ? result : interpret(exchange, result)
  }
}

const NOT_INVOKABLE: GatewayRefusal = {
  ...REFUSALS.notInvoked,
  reason:
    "Functions are invoked with the integration method POST, and without headers that are the gateway's own",
}

const MALFORMED: GatewayRefusal = { ...REFUSALS.badAnswer, reason: 'Malformed Lambda proxy response' }

/** https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html */
function interpret(exchange: Exchange, result: CalledFunction): IntegrationResult {
  if (result.functionError) {
    const { errorMessage } = parseJsonObject(result.payload) ?? {}
    return { refusal: { ...REFUSALS.badAnswer, reason: `The function failed: ${errorMessage}` } }
  }
  const accepted = firstAccepted(exchange.request.headers.get('accept'))
  const answer = proxyAnswer(result.payload, exchange.located.api.binaryMediaTypes.has(accepted))
  if (!answer) return { refusal: MALFORMED }
  if (answer === 'not-base64') {
    return { refusal: misconfigured('Unable to base64 decode the body that the function says is base64') }
  }
  return { reply: answer }
}
