import type { RefusalReason } from './lease-protocol.ts'

export interface Admitted {
  readonly admitted: true
  readonly keyId: string
  readonly planId: string
  /** What admitted it: a token of a lease that this isolate holds, or the key's object itself. */
  readonly by: 'lease' | 'object'
  /** Id of the call to the object that brought the lease or the decision. */
  readonly grantId: string
}

export interface Refused {
  readonly admitted: false
  /** `unreachable`: the key's object did not answer, so nobody may say yes. */
  readonly reason: RefusalReason | 'unreachable'
  /** Milliseconds after which a request may be admitted again, where that is known. */
  readonly retryAfterMs?: number
}

export type Decision = Admitted | Refused
