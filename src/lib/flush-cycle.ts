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
  readonly #gathers: (() => void)[] = []
  readonly #flushes: (() => Promise<void>)[] = []
  /** Until then the flush that is planned is waited for; epoch milliseconds. */
  #plannedUntil = 0

  constructor(options: FlushCycleOptions) {
    this.#options = options
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#options.clock()
  }

  /** @param gather puts what was noted on the requests' path into the form that others hand on, right before they do */
  joinBefore(gather: () => void): void {
    this.#gathers.push(gather)
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

  /** To be said where more was gathered than should wait. */
  overdue(): void {
    this.#options.defer(this.flush())
  }

  /** Hands on what there is, now. */
  async flush(): Promise<void> {
    for (const gather of this.#gathers) {
      try {
        gather()
      } catch (error) {
        console.error('something that was noted is not told', error)
      }
    }
    // From here on whatever is gathered plans the next flush.
    this.#plannedUntil = 0
    await Promise.all(this.#flushes.map(flush => flush()))
  }

  async #flushLater(): Promise<void> {
    await this.#options.sleep(FLUSH_MS)
    await this.flush()
  }
}
