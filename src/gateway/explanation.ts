import type { Admittance, Decision, Level } from '../metering/decision.ts'
import type { Left } from '../metering/lease-protocol.ts'

/** The header that carries a token to the gateway, and the explanation back. */
export const EXPLAIN_HEADER = 'x-weir-explain'

/** What one meter said to one request. */
export interface LevelExplained {
  readonly level: Level
  /** Name of the meter's object. */
  readonly meter: string
  readonly decision: 'admitted' | 'refused'
  /** Of a refusal. */
  readonly reason?: string
  readonly retryAfterMs?: number
  /**
   * What decided: a lease that the isolate holds, the object, the isolate's memory of a refusal, or nobody, as the
   * object was out of reach (`pass` where its owner lets requests pass then).
   */
  readonly by: 'lease' | 'object' | 'pass' | 'memory' | 'nobody'
  readonly keyId?: string
  readonly planId?: string
  /** Id of the call that brought the lease or the decision: its isolate's, and the how many-th of it. */
  readonly grant?: string
  /** Of the lease: what the isolate can spend of it still, and for how long. */
  readonly tokens?: number
  readonly endsInMs?: number
  /** How long the request waited for it; 0: it was decided from memory. */
  readonly waitedMs: number
  /** Where the plan tells its clients. */
  readonly left?: Left
}

export interface Explanation {
  readonly requestId: string
  /** False also of a request that came to no meter, for want of a key or by an authorizer's word; `levels` is empty then. */
  readonly admitted: boolean
  /** In the order in which limits apply; without those that were not asked, as one before them refused from memory. */
  readonly levels: readonly LevelExplained[]
}

const LEVELS: readonly Level[] = ['key', 'method', 'account']

/** `admittance` undefined: nobody was asked. `now`: by the isolate's clock, epoch milliseconds. */
export function explain(admittance: Admittance | undefined, requestId: string, now: number): Explanation {
  if (!admittance) return { requestId, admitted: false, levels: [] }
  const levels = LEVELS.flatMap(level => {
    const decision = admittance[level]
    return decision ? explainLevel(decision, now) : []
  })
  return { requestId, admitted: admittance.refusal === undefined, levels }
}

function explainLevel(decision: Decision, now: number): LevelExplained {
  const { level, meter, by, waitedMs = 0 } = decision
  const asked = { level, meter, by, waitedMs }
  if (!decision.admitted) {
    const { reason, retryAfterMs, left } = decision
    return {
      ...asked,
      decision: 'refused',
      reason,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(left && { left }),
    }
  }
  const { keyId, planId, grantId, grant } = decision
  const holds = grant &&
    grant.endsAt > now && { tokens: grant.tokens, endsInMs: Math.ceil(grant.endsAt - now) }
  return {
    ...asked,
    decision: 'admitted',
    ...(level === 'key' && { keyId, planId }),
    grant: grantId,
    ...holds,
    ...(grant?.left && { left: grant.left }),
  }
}
