import type { Account } from '../../lib/account.ts'

/** One call that ran, as it is charged. */
export interface Execution {
  readonly account: Account
  readonly name: string
  /** What ran: a number or `$LATEST`. */
  readonly version: string
  /** What was asked for. */
  readonly qualifier?: string
  readonly memorySizeMB: number
  /** Whole milliseconds. */
  readonly billedMs: number
  /** Milliseconds of loading; set when this call loaded the version. */
  readonly initMs?: number
  readonly failed: boolean
}

/** Adds up what calls cost. Returns at once; what it records is written later. */
export interface ExecutionUsage {
  record(execution: Execution): void
}
