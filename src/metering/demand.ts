/** Over which time the estimate follows a falling demand, milliseconds. */
const MEMORY_MS = 250
/** Shorter spans say more about chance than about demand. */
const SHORTEST_SPAN_MS = 20

/** How many requests a millisecond an isolate sees for one key and stage. */
export class Demand {
  #arrivals = 0
  #since: number
  #perMs = 0

  constructor(now: number) {
    this.#since = now
  }

  /** One request came, whatever became of it. */
  arrive(): void {
    this.#arrivals += 1
  }

  /** Requests a millisecond, as of `now`. */
  estimate(now: number): number {
    const span = now - this.#since
    // A clock that went back leaves a span without a length.
    if (span < 0 || span >= SHORTEST_SPAN_MS) {
      if (span > 0) {
        // The first of them marks the beginning of the span: n arrivals are n - 1 intervals.
        const seen = Math.max(0, this.#arrivals - 1) / span
        // Up fast, for a hot key costs a call a request until it is noticed; down slowly.
        const weight = seen > this.#perMs ? 0.5 : Math.min(1, span / MEMORY_MS)
        this.#perMs += (seen - this.#perMs) * weight
      }
      this.#arrivals = 0
      this.#since = now
    }
    return this.#perMs
  }
}
