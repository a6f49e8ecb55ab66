/** Over which time the estimate follows a falling demand, milliseconds. */
const MEMORY_MS = 250
/** Shorter spans say more about chance than about demand. */
const SHORTEST_SPAN_MS = 20

/** How much comes in a millisecond, by the last moments: what isolates and relays ask their leases by. */
export class RecentRate {
  #amount = 0
  #since: number
  #perMs = 0

  constructor(now: number) {
    this.#since = now
  }

  /** So much came; negative: so much of it came back. */
  note(amount: number): void {
    this.#amount += amount
  }

  /**
   * As of `now`. `opening`: how much of what came only marks the beginning of its span, 1 for single requests, of which
   * n are n - 1 intervals.
   */
  estimate(now: number, opening = 0): number {
    const span = now - this.#since
    // A clock that went back leaves a span without a length.
    if (span < 0 || span >= SHORTEST_SPAN_MS) {
      if (span > 0) {
        const seen = Math.max(0, this.#amount - opening) / span
        // Up fast, for a hot key costs a call a request until it is noticed; down slowly.
        const weight = seen > this.#perMs ? 0.5 : Math.min(1, span / MEMORY_MS)
        this.#perMs += (seen - this.#perMs) * weight
      }
      this.#amount = 0
      this.#since = now
    }
    return this.#perMs
  }
}
