import type { Decision, Refused } from '../../metering/decision.ts'
import type { Exchange, PhaseResult } from '../exchange.ts'
import { type GatewayRefusal, REFUSALS } from '../gateway-responses.ts'
import { throttle } from '../throttle.ts'

const INVALID_KEY: GatewayRefusal = { type: 'INVALID_API_KEY' }

/**
 * Why a key may not make this request, in the gateway's words. Whether a key exists, is disabled, or belongs to no
 * plan of this stage is not told apart.
 */
const WORDED: Readonly<Record<Refused['reason'], GatewayRefusal>> = {
  'unknown-key': INVALID_KEY,
  'disabled-key': INVALID_KEY,
  'no-plan-for-stage': INVALID_KEY,
  throttled: { type: 'THROTTLED' },
  'quota-exceeded': { type: 'QUOTA_EXCEEDED' },
  'budget-exceeded': { type: 'QUOTA_EXCEEDED' },
  unreachable: REFUSALS.unavailable,
}

/**
 * Counts the request for its API key, where the method asks for one, and then for the method, where the stage limits
 * it: in API Gateway's order, so that nobody without a key uses up what a method serves.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export function admit(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
  const counted = countForKey(exchange)
  if (!exchange.located.stage.settings) return counted
  return counted instanceof Promise
    ? counted.then(refusal => refusal ?? throttle(exchange))
    : (counted ?? throttle(exchange))
}

function countForKey(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
  if (!exchange.located.method.definition.apiKeyRequired) return undefined
  exchange.admission ??= askAdmission(exchange)
  const { admission } = exchange
  if (admission === undefined) return INVALID_KEY
  return admission instanceof Promise
    ? admission.then(decision => apply(exchange, decision))
    : apply(exchange, admission)
}

/** Asks whether the request's key may make it; undefined when it came without a key. */
export function askAdmission(exchange: Exchange): Decision | Promise<Decision> | undefined {
  const value = keyOf(exchange)
  if (!value) return undefined
  const { api, stage, method } = exchange.located
  const { admission, meterNames } = exchange.gateway
  const call = {
    apiId: api.apiId,
    stage: stage.name,
    method: `${exchange.httpMethod} ${method.resourcePath}`,
    from: exchange.sourceIp,
  }
  const meter = meterNames.of(api.account, value)
  return meter instanceof Promise
    ? meter.then(name => admission.admit(name, call))
    : admission.admit(meter, call)
}

function apply(exchange: Exchange, decision: Decision): PhaseResult {
  if (!decision.admitted) return WORDED[decision.reason]
  exchange.apiKey = { id: decision.keyId, value: keyOf(exchange)! }
}

/**
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html: an API whose keys
 * come from an authorizer has none where no authorizer gave one.
 */
function keyOf({ request, located, authorization }: Exchange): string | null | undefined {
  return located.api.apiKeySource === 'HEADER'
    ? request.headers.get('x-api-key')
    : authorization?.usageIdentifierKey
}
