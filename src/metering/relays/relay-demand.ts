/** Over which time the estimate follows a falling demand, milliseconds. */
const MEMORY_MS = 250
/** Shorter spans say more about chance than about demand. */
const SHORTEST_SPAN_MS = 20

/** How many tokens a millisecond a relay's isolates take, or would if there were some. */
export class RelayDemand {
  #tokens = 0
  #since: number
  #perMs = 0

  constructor(now: number) {
    this.#since = now
  }

  /** Tokens that were wanted; negative: that were lent and came back. */
  note(tokens: number): void {
    this.#tokens += tokens
  }

  /** Tokens a millisecond, as of `now`. */
  estimate(now: number): number {
    const span = now - this.#since
    // A clock that went back leaves a span without a length.
    if (span < 0 || span >= SHORTEST_SPAN_MS) {
      if (span > 0) {
        const seen = Math.max(0, this.#tokens) / span
        const weight = seen > this.#perMs ? 0.5 : Math.min(1, span / MEMORY_MS)
        this.#perMs += (seen - this.#perMs) * weight
      }
      this.#tokens = 0
      this.#since = now
    }
    return this.#perMs
  }
}
