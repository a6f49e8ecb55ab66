/** What a bucket allows: `burst` at once, and `rate` a second in the long run. */
export interface Limit {
  readonly burst: number
  readonly rate: number
}

/**
 * A token bucket in memory. Tokens that are reserved count against its size until it is known whether they were
 * spent, so that what is spent never exceeds burst + rate x t over any interval.
 *
 * Times are milliseconds of any clock; one that goes back adds nothing.
 */
export class Bucket {
  readonly #limit: Limit
  #level: number
  #reserved = 0
  #at: number

  constructor(limit: Limit, now: number) {
    this.#limit = limit
    this.#level = limit.burst
    this.#at = now
  }

  /** Takes a token for good, if there is one. */
  take(now: number): boolean {
    if (!this.has(now)) return false
    this.#level -= 1
    return true
  }

  /** Takes a token that is either spent or given back later. Only when {@link has} said that there is one. */
  reserve(): void {
    this.#level -= 1
    this.#reserved += 1
  }

  settle(isSpent: boolean): void {
    this.#reserved -= 1
    if (!isSpent) this.#level += 1
  }

  has(now: number): boolean {
    const elapsed = now - this.#at
    this.#at = now
    const { burst, rate } = this.#limit
    if (elapsed > 0) this.#level = Math.min(burst - this.#reserved, this.#level + (elapsed * rate) / 1_000)
    return this.#level >= 1
  }
}
