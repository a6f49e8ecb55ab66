import type { Clock } from '../../lib/clock.ts'

/** Requests of one isolate see its clock stand still at different moments: it may seem to go back by so much. */
const JITTER_MS = 100

/**
 * The isolate's clock, which permits end by. It never goes back, and timers keep it from falling behind when the
 * machine's clock is set back: that a timer has fired proves that its time has passed.
 */
export class ProvenClock {
  readonly #clock: Clock
  readonly #timer: Timer
  #raw = Number.NEGATIVE_INFINITY
  #now = 0
  /** How often the machine's clock was found set back. */
  steps = 0

  constructor(clock: Clock, timer: Timer) {
    this.#clock = clock
    this.#timer = timer
  }

  read(): number {
    const raw = this.#clock()
    if (this.#raw === Number.NEGATIVE_INFINITY) this.#raw = raw
    if (raw > this.#raw) {
      this.#now += raw - this.#raw
      this.#raw = raw
    } else if (raw < this.#raw - JITTER_MS) {
      this.#raw = raw
      this.steps += 1
    }
    return this.#now
  }

  /** Calls back once so many milliseconds have really passed, in the request that asks. Returns what cancels it. */
  after(ms: number, callback: () => void): () => void {
    const due = this.read() + ms
    return this.#timer(ms, () => {
      if (this.read() < due) this.#now = due
      callback()
    })
  }
}

/** Calls back after so many real milliseconds, not earlier, in the request that asks. Returns what cancels it. */
export type Timer = (ms: number, callback: () => void) => () => void
