import type { Grant } from './grant.ts'
import type { Left, RefusalReason } from './lease-protocol.ts'

/** Where a request is counted, in the order in which API Gateway applies limits. */
export type Level = 'key' | 'method' | 'account'

interface Decided {
  readonly level: Level
  /** Name of the meter that decided it. */
  readonly meter: string
  /** Milliseconds that the request waited for it; absent: none, it was decided from memory. */
  readonly waitedMs?: number
}

export interface Admitted extends Decided {
  readonly admitted: true
  readonly keyId: string
  readonly planId: string
  /**
   * What admitted it: a token of a lease that this isolate holds, the meter's object itself, or nobody, as the object
   * was out of reach and its owner lets requests pass then (see failure-policy.ts).
   */
  readonly by: 'lease' | 'object' | 'pass'
  /** Id of the call to the object that brought the lease or the decision; of the last one before, where it passed. */
  readonly grantId: string
  /** What the call brought: it goes on counting, so it says what is left now and not what was left then. */
  readonly grant?: Grant
}

export interface Refused extends Decided {
  readonly admitted: false
  /** `unreachable`: the meter's object did not answer, so nobody may say yes. */
  readonly reason: RefusalReason | 'unreachable'
  /** What it is to be answered with, where the plan's owner has chosen. */
  readonly status?: 402 | 429
  readonly message?: string
  /** Milliseconds after which a request may be admitted again, where that is known. */
  readonly retryAfterMs?: number
  /** Of the key that was refused, where the object told of it. */
  readonly keyId?: string
  /** What the object said was left, where its plan tells its clients. */
  readonly left?: Left
  /** Who says so: the object, the isolate that remembers it, or nobody, as none was to be reached. */
  readonly by: 'object' | 'memory' | 'nobody'
}

export type Decision = Admitted | Refused

/** What all levels of a request decided. Where one refused, what the others granted has been given back. */
export interface Admittance {
  readonly key?: Decision
  readonly method?: Decision
  readonly account?: Decision
  /** Of the first level that refused; absent: the request may pass. */
  readonly refusal?: Refused
}
