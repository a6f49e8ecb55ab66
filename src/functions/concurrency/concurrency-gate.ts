import type { ReservedConcurrency } from '../manifest.ts'

/** A place under a function's ceiling; held while one call runs. */
export interface Permit {
  /** The call has ended. To be called in the request that entered; doing it twice changes nothing. */
  leave(): void
  /** Aborted when the ceiling could not be held otherwise: the call must end. */
  readonly signal: AbortSignal
}

/**
 * `throttled`: the ceiling is reached. `unreachable`: what counts cannot be asked, so nothing may run.
 */
export type Entering = Permit | 'throttled' | 'unreachable'

/** Lets calls of a function run while fewer than its reserved concurrency do, everywhere at once. */
export interface ConcurrencyGate {
  /**
   * Without a promise when this isolate has a permit at hand.
   *
   * @param name of the function: `functionPointerName`
   * @param reserved as its pointer says; a limit of 0 refuses everything without asking anybody
   */
  enter(name: string, reserved: ReservedConcurrency): Entering | Promise<Entering>
}
