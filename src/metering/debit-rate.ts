/** Of a hot key the last moments count, of a slow one the last ten seconds. Milliseconds. */
const HOT_MS = 250
const SLOW_MS = 10_000
/** Shorter spans say more about chance than about demand. */
const SHORTEST_SPAN_MS = 50

/** How many requests were debited lately, by the object's clock. */
export class DebitRate {
  #debits = 0
  #since: number
  #perMs = 0
  #window = Number.NEGATIVE_INFINITY
  #current = 0
  #previous = 0

  constructor(now: number) {
    this.#since = now
  }

  note(requests: number, now: number): void {
    this.#debits += requests
    const elapsed = now - this.#since
    if (elapsed >= SHORTEST_SPAN_MS) {
      const weight = Math.min(1, elapsed / HOT_MS)
      this.#perMs += (this.#debits / elapsed - this.#perMs) * weight
      this.#debits = 0
      this.#since = now
    }
    this.#turn(now)
    this.#current += 1
  }

  /** Requests that a second of the demand of right now brings. */
  get perSecond(): number {
    return this.#perMs * 1000
  }

  /** Debits of the last ten seconds, about, however many requests each was for. */
  inTenSeconds(now: number): number {
    this.#turn(now)
    const gone = (now - this.#window) / SLOW_MS
    return this.#current + this.#previous * (1 - gone)
  }

  #turn(now: number): void {
    if (now < this.#window + SLOW_MS) return
    const follows = now < this.#window + 2 * SLOW_MS
    this.#previous = follows ? this.#current : 0
    this.#window = follows ? this.#window + SLOW_MS : now
    this.#current = 0
  }
}
