import { type Invocation, type InvocationResult, isCold, type Refused } from '../../functions/invocation.ts'
import { LARGEST_EVENT } from '../../functions/largest-event.ts'
import { Patience } from '../../functions/patience.ts'
import { executeApiArn } from '../../lib/arn.ts'
import { type FunctionCall, roleMayCall, toInvocation } from '../calls/function-call.ts'
import { FunctionUri } from '../calls/function-uri.ts'
import { LATE, within } from '../calls/within.ts'
import type { Exchange } from '../exchange.ts'
import { type GatewayRefusal, REFUSALS } from '../gateway-responses.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { VariableText } from '../variable-text.ts'

/** What an integration says about one call. */
type CallContent = Pick<FunctionCall, 'payload' | 'clientContext'>

export type CalledFunction = Extract<InvocationResult, { kind: 'answered' }>

export interface FunctionCaller {
  /** Calls the function and waits for its answer. */
  call(exchange: Exchange, call: CallContent): Promise<CalledFunction | { readonly refusal: GatewayRefusal }>
  /** Has the function called later; undefined once that is certain. */
  accept(exchange: Exchange, call: CallContent): Promise<{ readonly refusal: GatewayRefusal } | undefined>
}

/** "Invocation payload: 1 MB (asynchronous)" https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST_ACCEPTED = 1024 * 1024

const ROLE_REFUSED: GatewayRefusal = {
  ...REFUSALS.notInvoked,
  reason:
    'The credentials have to be a role that trusts apigateway.amazonaws.com and may lambda:InvokeFunction',
}

const TOO_LARGE: { readonly refusal: GatewayRefusal } = { refusal: { type: 'REQUEST_TOO_LARGE' } }

/**
 * Prepares how an integration calls its function: which one with the stage's variables, by whose permission, within
 * its time. With `credentials` the gateway calls as that role; else the function's own policy has to let it in.
 *
 * Refusals: 500 where the URI names no function, or the call is not permitted or refused, 504 for one that is late.
 */
export function prepareFunctionCaller(integration: SnapshotIntegration): FunctionCaller {
  const uri = new FunctionUri(integration.uri ?? '')
  const credentials = integration.credentials ? new VariableText(integration.credentials) : undefined

  /** Without credentials at once: nobody has to be asked. */
  const prepare = (
    exchange: Exchange,
    { payload, clientContext }: CallContent,
    patience: Patience,
  ): Prepared | Promise<Prepared> => {
    const { stage } = exchange.located
    const target = stage.target(uri)
    if (!target)
      return {
        refusal: misconfigured(`The URI names no function: ${integration.uri}, with the stage's variables`),
      }
    const sourceArn = credentials ? undefined : methodArn(exchange)
    const invocation = toInvocation(exchange, { target, payload, clientContext, sourceArn, patience })
    if (!credentials) return invocation
    return roleMayCall(exchange, credentials.resolve(stage.variables), target).then(permitted =>
      permitted ? invocation : { refusal: ROLE_REFUSED },
    )
  }

  return {
    async call(exchange, call) {
      if (call.payload.length > LARGEST_EVENT) return TOO_LARGE
      const patience = new Patience(integration.timeoutMs)
      const preparing = prepare(exchange, call, patience)
      const prepared = preparing instanceof Promise ? await preparing : preparing
      if ('refusal' in prepared) return prepared
      // A function that is late goes on, as on AWS, where the gateway's time is no time of the function's.
      const result = await within(exchange, patience, exchange.gateway.invoke(prepared))
      if (result === LATE) return { refusal: { type: 'INTEGRATION_TIMEOUT' } }
      if (result.kind === 'refused') return refused(result)
      exchange.isCold ||= isCold(result.usage)
      return result
    },

    async accept(exchange, call) {
      if (call.payload.length > LARGEST_ACCEPTED) return TOO_LARGE
      const { acceptEvent } = exchange.gateway
      if (!acceptEvent) return { refusal: REFUSALS.notInvoked }
      const patience = new Patience(integration.timeoutMs)
      const preparing = prepare(exchange, call, patience)
      const prepared = preparing instanceof Promise ? await preparing : preparing
      if ('refusal' in prepared) return prepared
      const result = await within(exchange, patience, acceptEvent(prepared))
      if (result === LATE) return { refusal: { type: 'INTEGRATION_TIMEOUT' } }
      return result && refused(result)
    },
  }
}

function refused({ reason, message }: Refused): { readonly refusal: GatewayRefusal } {
  switch (reason) {
    case 'unavailable':
      return { refusal: REFUSALS.unavailable }
    case 'not-permitted':
      return {
        refusal: { ...REFUSALS.notInvoked, reason: `Invalid permissions on Lambda function: ${message}` },
      }
    case 'not-found':
      return { refusal: { ...REFUSALS.notInvoked, reason: message } }
    default:
      return { refusal: REFUSALS.notInvoked }
  }
}

type Prepared = Invocation | { readonly refusal: GatewayRefusal }

/** What a function's policy knows the gateway's calls by. */
function methodArn({ httpMethod, located }: Exchange): string {
  const { api, stage, method } = located
  return executeApiArn(api.account, api.apiId, stage.name, httpMethod, method.resourcePath)
}
