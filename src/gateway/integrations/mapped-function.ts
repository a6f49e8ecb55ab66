import { errorMessageOf } from '../calls/function-call.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import type { MappedRequest } from '../mapping/map-request.ts'
import type { IntegrationAnswer } from '../mapping/map-response.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { type CalledFunction, prepareFunctionCaller } from './call-function.ts'
import type { Integrate } from './integrations.ts'
import { mapped } from './mapped-integration.ts'

/**
 * `AWS` with a function: the mapped request is the event, what the function returns the integration's answer, and the
 * message of its error chooses the response. `X-Amz-Invocation-Type: Event`, as a mapped header, has it called later.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-custom-integrations.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html
 */
export function prepareMappedFunction(integration: SnapshotIntegration): Integrate {
  const caller = prepareFunctionCaller(integration)
  return mapped(integration, async (exchange, request) => {
    const payload = eventOf(request)
    if (payload === undefined) return { refusal: NOT_JSON }
    const call = { payload, clientContext: headerOf(request, 'x-amz-client-context') }
    switch (headerOf(request, 'x-amz-invocation-type') ?? 'RequestResponse') {
      case 'RequestResponse': {
        const result = await caller.call(exchange, call)
        return 'refusal' in result ? result : answerOf(result, exchange.ids.requestId)
      }
      case 'Event': {
        const refused = await caller.accept(exchange, call)
        return refused ?? accepted(exchange.ids.requestId)
      }
      default:
        return { refusal: misconfigured('X-Amz-Invocation-Type has to be RequestResponse or Event') }
    }
  })
}

const NOT_JSON: GatewayRefusal = {
  type: 'BAD_REQUEST_BODY',
  message: 'Could not parse request body into json',
}

/** Lambda takes nothing but JSON; without a payload the event is an empty object. */
function eventOf({ body }: MappedRequest): string | undefined {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  if (text.trim() === '') return '{}'
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}

const headerOf = ({ headers }: MappedRequest, name: string): string | undefined =>
  headers.findLast(([each]) => each.toLowerCase() === name)?.[1]

/** As Lambda's Invoke answers it. */
function answerOf(result: CalledFunction, requestId: string): IntegrationAnswer {
  const { functionError, executedVersion, payload } = result
  return {
    outcome: functionError ? errorMessageOf(payload) : undefined,
    headers: [
      ['Content-Type', 'application/json'],
      ['x-amzn-RequestId', requestId],
      ['X-Amz-Executed-Version', executedVersion],
      ...(functionError ? [['X-Amz-Function-Error', functionError] as const] : []),
    ],
    body: payload,
  }
}

const accepted = (requestId: string): IntegrationAnswer => ({
  outcome: undefined,
  headers: [['x-amzn-RequestId', requestId]],
  body: '',
})
