import type { Admittance, Level, Refused } from '../../metering/decision.ts'
import { placeOf, type Whereabouts } from '../../metering/place.ts'
import type { Exchange, PhaseResult } from '../exchange.ts'
import { type GatewayRefusal, REFUSALS } from '../gateway-responses.ts'

const INVALID_KEY: GatewayRefusal = { type: 'INVALID_API_KEY' }
const THROTTLED: GatewayRefusal = { type: 'THROTTLED' }
const OVER_QUOTA: GatewayRefusal = { type: 'QUOTA_EXCEEDED' }

/** Nothing of AWS's: a spend budget whose owner asks for this status. */
const PAYMENT_REQUIRED: GatewayRefusal = {
  type: 'DEFAULT_4XX',
  status: 402,
  message: 'Budget exceeded',
  errorType: 'PaymentRequiredException',
}

type Worded = Readonly<Record<Refused['reason'], GatewayRefusal>>

/**
 * Whoever cannot be asked, or does not understand, has not said yes: these limits protect back ends. Methods and
 * accounts have neither owners nor quotas.
 */
const OF_RATES: Worded = {
  throttled: THROTTLED,
  'unknown-key': REFUSALS.unavailable,
  'disabled-key': REFUSALS.unavailable,
  'no-plan-for-stage': REFUSALS.unavailable,
  'quota-exceeded': REFUSALS.unavailable,
  'budget-exceeded': REFUSALS.unavailable,
  unreachable: REFUSALS.unavailable,
}

/** Why a request may not be made, in the gateway's words. */
const WORDED: Readonly<Record<Level, Worded>> = {
  /** Whether a key exists, is disabled, or belongs to no plan of this stage is not told apart. */
  key: {
    'unknown-key': INVALID_KEY,
    'disabled-key': INVALID_KEY,
    'no-plan-for-stage': INVALID_KEY,
    throttled: THROTTLED,
    'quota-exceeded': OVER_QUOTA,
    'budget-exceeded': OVER_QUOTA,
    unreachable: REFUSALS.unavailable,
  },
  method: OF_RATES,
  account: OF_RATES,
}

/**
 * Counts the request: for its API key, where the method asks for one, for the method, where the stage limits it, and
 * for the account. It passes if all of them let it; the first that does not, in this order, is the answer, and the
 * others have not counted it then.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export function admit(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
  exchange.admission ??= askAdmission(exchange)
  const { admission } = exchange
  if (admission === undefined) return INVALID_KEY
  return admission instanceof Promise
    ? admission.then(admittance => apply(exchange, admittance))
    : apply(exchange, admission)
}

/** Asks whether the request may be made; undefined when it came without the key that it needs. */
export function askAdmission(exchange: Exchange): Admittance | Promise<Admittance> | undefined {
  const { api, stage, method } = exchange.located
  const { admission, meterNames } = exchange.gateway
  admission.place ??= placeOf(exchange.request.cf as Whereabouts | undefined)
  const levels = stage.levels.of(method, exchange.httpMethod)
  if (!method.definition.apiKeyRequired) return admission.admit(levels, undefined)
  const value = keyOf(exchange)
  if (!value) return undefined
  const meter = meterNames.of(api.account, value)
  return meter instanceof Promise
    ? meter.then(name => admission.admit(levels, name, exchange.sourceIp))
    : admission.admit(levels, meter, exchange.sourceIp)
}

function apply(exchange: Exchange, admittance: Admittance): PhaseResult {
  exchange.admittance = admittance
  const { refusal, key } = admittance
  if (refusal) {
    const worded = refusal.status === 402 ? PAYMENT_REQUIRED : WORDED[refusal.level][refusal.reason]
    return refusal.message === undefined ? worded : { ...worded, message: refusal.message }
  }
  if (key?.admitted) exchange.apiKey = { id: key.keyId, value: keyOf(exchange)! }
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
