import type { Account } from '../lib/account.ts'
import type { CallUsage, RefusalReason } from './invocation.ts'

/** One call of a function that may be traced. */
export interface TraceableCall {
  readonly account: Account
  readonly name: string
  readonly qualifier: string | undefined
  readonly requestId: string
  /** `X-Amzn-Trace-Id`, with this call in its lineage. */
  readonly header: string
  /** Whether the function asks for traces where nobody has decided yet: `TracingConfig` is `Active`. */
  readonly isActive: boolean
  /** Epoch milliseconds. */
  readonly at: number
}

/** How a traced call ended. */
export type TracedEnd =
  | {
      readonly kind: 'answered'
      readonly executedVersion: string
      readonly functionError?: string | undefined
      /** JSON text; read where the function failed. */
      readonly payload: string
      readonly durationMs: number
      readonly usage?: CallUsage | undefined
    }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string }

/** A call that is traced: what the function is told, and whom to tell how it ended. */
export interface CallTrace {
  readonly header: string
  ended(end: TracedEnd): void
}

/** Decides whether calls are traced, and tells of those that are. */
export interface CallTracer {
  /** Undefined for a call that is not traced, which is the usual case: it costs a look at the header. */
  begin(call: TraceableCall): CallTrace | undefined
}
