import type { Clock } from './clock.ts'

export interface FlushCycleOptions {
  readonly clock: Clock
  readonly sleep: (ms: number) => Promise<unknown>
  /** Work that may outlive the request. */
  readonly defer: (work: Promise<unknown>) => void
}

/** How long an isolate gathers what it has to tell: what one that dies takes with it. */
const FLUSH_MS = 1_000

/** A flush that has not begun by then never will: the request that was to do it was ended. */
const OVERDUE_MS = 5_000

/**
 * When an isolate hands on what it has gathered: one wait for all that gathers, a second after the first of it came,
 * under whichever request came first. To be asked for a flush costs a comparison.
 */
export class FlushCycle {
  readonly #options: FlushCycleOptions
  readonly #flushes: (() => Promise<void>)[] = []
  /** Until then the flush that is planned is waited for; epoch milliseconds. */
  #plannedUntil = 0

  constructor(options: FlushCycleOptions) {
    this.#options = options
  }

  /** @param flush hands on what somebody has gathered; must not reject */
  join(flush: () => Promise<void>): void {
    this.#flushes.push(flush)
  }

  /** To be said whenever something was gathered. `now`: epoch milliseconds */
  wanted(now: number): void {
    // The second: a clock that was set back must not put flushes off.
    if (now < this.#plannedUntil && this.#plannedUntil <= now + FLUSH_MS + OVERDUE_MS) return
    this.#plannedUntil = now + FLUSH_MS + OVERDUE_MS
    this.#options.defer(this.#flushLater())
  }

  async #flushLater(): Promise<void> {
    await this.#options.sleep(FLUSH_MS)
    // From here on whatever is gathered plans the next flush.
    this.#plannedUntil = 0
    await Promise.all(this.#flushes.map(flush => flush()))
  }
}
