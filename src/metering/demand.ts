/** Over which time the estimate follows a falling demand, milliseconds. */
const MEMORY_MS = 250
/** Shorter spans say more about chance than about demand. */
const SHORTEST_SPAN_MS = 20
/** Steady demand is what came within the last one to two of these. */
const STEADY_MS = 5_000

/** How many requests a millisecond an isolate sees for one key and stage, for one method, for one account. */
export class Demand {
  #arrivals = 0
  #since: number
  #perMs = 0
  /** Arrivals since `#turnedAt`, and in the span before, which began at `#steadySince`. */
  #recent = 0
  #before = 0
  #turnedAt: number
  #steadySince: number

  constructor(now: number) {
    this.#since = now
    this.#turnedAt = now
    this.#steadySince = now
  }

  /** One request came, whatever became of it. */
  arrive(now: number): void {
    this.#arrivals += 1
    const passed = now - this.#turnedAt
    if (passed >= STEADY_MS || passed < 0) this.#turn(now, passed)
    this.#recent += 1
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

  /**
   * Requests a millisecond that go on for many seconds: over the last 5 to 10 seconds, and as if there had been 5
   * where it is fewer, so that the next half minute is not judged by one busy moment. One request in 10 seconds or
   * fewer is no demand.
   */
  steady(now: number): number {
    const intervals = this.#before + this.#recent - 1
    return intervals <= 0 ? 0 : intervals / Math.max(STEADY_MS, now - this.#steadySince)
  }

  #turn(now: number, passed: number): void {
    const followed = passed >= 0 && passed < 2 * STEADY_MS
    this.#before = followed ? this.#recent : 0
    this.#steadySince = followed ? this.#turnedAt : now
    this.#turnedAt = now
    this.#recent = 0
  }
}
