import type { Throttle } from './key-record.ts'

/**
 * A token bucket in whole numbers, so that "never more than burst + rate x t" can be exact: levels are counted in
 * fractions of a token that a bucket of any size can hold as a safe integer, and what a millisecond adds is rounded
 * down. `held` below is the number of tokens that are out on leases: they count against the bucket's size.
 */
export class TokenBucket {
  readonly burst: number
  /** Units in a token. A nanotoken, or a microtoken in buckets of more than four million. */
  readonly #unit: number
  readonly #perMs: number
  /** Units in the bucket at `#at`, which is on the object's clock. */
  #level: number
  #at: number

  /** A bucket with `level` tokens at `at`, milliseconds on the object's clock. */
  constructor(throttle: Throttle, level: number, at: number) {
    this.burst = Math.min(Math.floor(throttle.burstLimit), 4_000_000_000)
    this.#unit = this.burst <= 4_000_000 ? 1e9 : 1e6
    // Nothing faster than a full bucket a millisecond can be told from it, and it keeps the arithmetic exact.
    this.#perMs = Math.min(Math.floor((throttle.rateLimit * this.#unit) / 1000), this.burst * this.#unit)
    this.#level = Math.floor(Math.min(Math.max(level, 0), this.burst) * this.#unit)
    this.#at = at
  }

  /** Whole tokens that can be taken now. */
  get tokens(): number {
    return Math.floor(this.#level / this.#unit)
  }

  /** The level in tokens, rounded down to a millionth: what is written down. */
  get level(): number {
    return Math.floor(this.#level / (this.#unit / 1e6)) / 1e6
  }

  /** Adds what has flowed in by `now`, up to the room that leased tokens leave. */
  refill(now: number, held: number): void {
    const cap = Math.max(0, this.burst - held) * this.#unit
    const elapsed = now - this.#at
    if (elapsed > 0) {
      this.#at = now
      if (this.#level < cap) {
        // Compared as a division first: elapsed * perMs could exceed the safe integers after a long sleep.
        const room = cap - this.#level
        this.#level = elapsed >= room / this.#perMs ? cap : this.#level + elapsed * this.#perMs
      }
    }
    this.#level = Math.min(this.#level, cap)
  }

  /** Takes tokens that {@link tokens} said are there. */
  take(tokens: number): void {
    this.#level -= tokens * this.#unit
  }

  /** Puts back tokens that were held until now. */
  put(tokens: number): void {
    this.#level += tokens * this.#unit
  }

  /** Milliseconds until a whole token is there by refilling alone; Infinity at rate 0 or without room for one. */
  untilToken(held: number): number {
    if (this.#level >= this.#unit) return 0
    if (this.burst - held < 1 || this.#perMs === 0) return Number.POSITIVE_INFINITY
    return Math.ceil((this.#unit - this.#level) / this.#perMs)
  }
}
