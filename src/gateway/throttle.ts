import type { Decision } from '../metering/decision.ts'
import { type MethodThrottle, throttleMeterName } from '../metering/method-throttle.ts'
import type { Exchange, PhaseResult } from './exchange.ts'
import { type GatewayRefusal, REFUSALS } from './gateway-responses.ts'
import type { PreparedApi } from './prepared-api.ts'
import type { StageMethodSettings } from './snapshot.ts'

/** A method's bucket: which meter object has it, and what every call of that says. */
export interface MethodBucket {
  readonly meter: string
  readonly call: {
    readonly apiId: string
    readonly stage: string
    readonly throttle: MethodThrottle
  }
  /** A rate or a burst of 0 lets nobody in, which needs no bucket. */
  readonly isClosed: boolean
}

/** The bucket of one method of a stage. `version`: the generation of the pointer that the limits are from. */
export function methodBucket(
  api: PreparedApi,
  stage: string,
  method: string,
  { rate, burst }: NonNullable<StageMethodSettings['throttle']>,
  version: number,
): MethodBucket {
  return {
    meter: throttleMeterName(api.account.id, api.account.region, api.apiId, stage, method),
    call: { apiId: api.apiId, stage, throttle: { rate, burst, version } },
    isClosed: rate <= 0 || burst < 1,
  }
}

const THROTTLED: GatewayRefusal = { type: 'THROTTLED' }

/**
 * Takes a token from the bucket of the request's method, if the stage has set limits for it below the account's.
 * From memory where the isolate holds a lease, otherwise by one call of the method's object.
 */
export function throttle(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
  const bucket = exchange.settings?.bucket
  if (!bucket) return undefined
  if (bucket.isClosed) return THROTTLED
  const decision = exchange.gateway.admission.admit(bucket.meter, bucket.call)
  return decision instanceof Promise ? decision.then(apply) : apply(decision)
}

function apply(decision: Decision): PhaseResult {
  if (decision.admitted) return undefined
  // Whoever cannot be asked, or does not understand, has not said yes: the limits protect a back end.
  return decision.reason === 'throttled' ? THROTTLED : REFUSALS.unavailable
}
