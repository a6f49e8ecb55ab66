import type { Clock } from './clock.ts'

export interface FlushCycleOptions {
  readonly clock: Clock
  readonly sleep: (ms: number) => Promise<unknown>
  /** Work that may outlive the request. */
  readonly defer: (work: Promise<unknown>) => void
  /** How long the little that a slow isolate has may wait, milliseconds; a second where that is not said. */
  readonly longestMs?: number
}

/** How long an isolate gathers what it has to tell, at least. */
const FLUSH_MS = 1_000

/** Who has noted so much waits no longer: what an isolate that dies takes with it. A request notes some five times. */
const MANY = 2_000

/** So long after somebody was seen to wait for it, nothing waits longer than it has to. */
const HURRIED_MS = 30_000

/** A flush that has not begun by then never will: the request that was to do it was ended. */
const OVERDUE_MS = 5_000

/**
 * How long what isolates tell may wait where an alarm's minute takes so many milliseconds: alarms wait for it.
 * A call or a row costs the same whatever is in it, so that five seconds cost a fifth of what each of them would.
 */
export const longestWait = (minuteMs: number): number => Math.min(5_000, Math.max(FLUSH_MS, minuteMs / 12))

/**
 * When an isolate hands on what it has gathered: one wait for all that gathers, under whichever request came first. It
 * ends a second after the first came, or later while there is little. To be asked for a flush costs a comparison.
 */
export class FlushCycle {
  readonly #options: FlushCycleOptions
  readonly #gathers: (() => void)[] = []
  readonly #flushes: (() => Promise<void>)[] = []
  /** Until then the flush that is planned is waited for; epoch milliseconds. */
  #plannedUntil = 0
  /** Which of the waits counts. */
  #plan = 0
  #noted = 0
  #hurriedUntil = 0

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
    this.#noted += 1
    const until = now + (this.#options.longestMs ?? FLUSH_MS) + OVERDUE_MS
    // The second: a clock that was set back must not put flushes off.
    if (now < this.#plannedUntil && this.#plannedUntil <= until) return
    this.#plannedUntil = until
    this.#options.defer(this.#flushLater(++this.#plan))
  }

  /** To be said where somebody waits for what is told, until it is not said for half a minute. */
  hurry(): void {
    this.#hurriedUntil = this.now() + HURRIED_MS
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
    this.#plan += 1
    this.#noted = 0
    await Promise.all(this.#flushes.map(flush => flush()))
  }

  async #flushLater(plan: number): Promise<void> {
    const { sleep, longestMs = FLUSH_MS } = this.#options
    for (let left = longestMs; left > 0; left -= FLUSH_MS) {
      await sleep(FLUSH_MS)
      // All was handed on meanwhile; of what came since another one takes care.
      if (plan !== this.#plan) return
      if (this.#noted >= MANY || this.now() < this.#hurriedUntil) break
    }
    await this.flush()
  }
}
