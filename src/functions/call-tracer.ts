import type { Account } from '../lib/account.ts'
import type { Answered, Refused } from './invocation.ts'
import type { Manifest } from './manifest.ts'

/** One call of a function that may be traced. */
export interface TraceableCall {
  readonly account: Account
  readonly name: string
  readonly qualifier?: string
  readonly requestId: string
  /** `X-Amzn-Trace-Id`, with this call in its lineage. */
  readonly header: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** How a traced call ended. */
export type TracedEnd =
  | Pick<Answered, 'executedVersion' | 'functionError' | 'payload' | 'durationMs' | 'usage'>
  | Refused

/** A call that is traced: what the function is told, and whom to tell how it ended. */
export interface CallTrace {
  readonly header: string
  ended(end: TracedEnd): void
}

/** Decides whether calls that ask for it are traced, and tells of those that are. */
export interface CallTracer {
  begin(call: TraceableCall): CallTrace | undefined
}

/**
 * Whether a call is to be traced, or may be: its caller is traced, or nobody has decided yet and the function's
 * `TracingConfig` is `Active`. Of most calls neither is so, which costs a look at the header.
 */
export const asksForTrace = (header: string, manifest: Manifest | undefined): boolean =>
  header.includes('Sampled=1') || (manifest?.tracing === 'Active' && !header.includes('Sampled=0'))
