import type { Throttle } from './key-record.ts'
import { TokenBucket } from './token-bucket.ts'

/** A bucket as a row has it. */
export interface SavedBucket {
  /** Tokens in it; null: it was no bucket, nothing was limited. */
  readonly level: number | null
  /** When, on the object's clock. */
  readonly at: number
  /** Tokens out on leases. */
  readonly held: number
}

/**
 * A token bucket together with the tokens that are out on leases of it, whether they were spent or not: level and
 * held tokens never exceed its size. Without a throttle it limits nothing and still knows what is out.
 */
export class LeasedBucket {
  #throttle: Throttle | undefined
  #bucket: TokenBucket | undefined
  #held: number
  #saved: SavedBucket | undefined

  /** `saved` undefined: it is new, and full. */
  constructor(throttle: Throttle | undefined, saved: SavedBucket | undefined, now: number) {
    this.#held = saved?.held ?? 0
    this.#saved = saved
    this.#set(throttle, now)
  }

  get throttle(): Throttle | undefined {
    return this.#throttle
  }

  get held(): number {
    return this.#held
  }

  /** Its size; Infinity without a throttle. */
  get burst(): number {
    return this.#bucket?.burst ?? Number.POSITIVE_INFINITY
  }

  /** Whole tokens that can be taken now. */
  get tokens(): number {
    return this.#bucket?.tokens ?? Number.POSITIVE_INFINITY
  }

  /** What a row says of it; see {@link TokenBucket.level}. */
  get level(): number | null {
    return this.#bucket?.level ?? null
  }

  /** How many more tokens may go out. Half a bucket stays, to start from when a crash forgets who has the other. */
  get room(): number {
    return this.#bucket ? Math.floor(this.#bucket.burst / 2) - this.#held : Number.POSITIVE_INFINITY
  }

  /** In which half of it flows in, milliseconds: tokens leased for longer would keep it from filling at its rate. */
  get halfRefillMs(): number {
    return this.#bucket && this.#throttle
      ? Math.floor((this.#bucket.burst * 500) / this.#throttle.rateLimit)
      : Number.POSITIVE_INFINITY
  }

  /** Nothing was ever taken from it, as far as anybody can tell. */
  get isFull(): boolean {
    return this.#held === 0 && (this.#bucket === undefined || this.#bucket.level >= this.#bucket.burst)
  }

  /** Milliseconds until a whole token is there by refilling alone. */
  get untilToken(): number {
    return this.#bucket?.untilToken(this.#held) ?? 0
  }

  /** New limits; false when they are those of before. */
  configure(throttle: Throttle | undefined, now: number): boolean {
    const before = this.#throttle
    if (throttle?.rateLimit === before?.rateLimit && throttle?.burstLimit === before?.burstLimit) return false
    this.#set(throttle, now)
    return true
  }

  /** Brings it to a moment; before the number of tokens on leases changes, too. */
  refill(now: number): void {
    this.#bucket?.refill(now, this.#held)
  }

  take(tokens: number): void {
    this.#bucket?.take(tokens)
  }

  /** Takes tokens that will be spent elsewhere. */
  lease(tokens: number): void {
    this.take(tokens)
    this.#held += tokens
  }

  /** Lets go of tokens that were out on a lease; `unspent` of them flow back. */
  release(tokens: number, unspent: number): void {
    this.#held -= tokens
    this.#bucket?.put(unspent)
  }

  /** The most tokens that can be out on leases while `more` tokens are granted. */
  heldWithin(more: number): number {
    const most = this.#held + more
    if (!this.#bucket) return most
    return Math.max(this.#held, Math.min(most, Math.floor(this.#bucket.burst / 2)))
  }

  #set(throttle: Throttle | undefined, now: number): void {
    this.#throttle = throttle
    const before = this.#bucket
    before?.refill(now, this.#held)
    const saved = this.#saved
    if (!throttle) this.#bucket = undefined
    else if (before) this.#bucket = new TokenBucket(throttle, before.level, now)
    // Without a bucket in memory the last row has its level, or there was none and a new one starts full.
    else if (saved && saved.level !== null) this.#bucket = new TokenBucket(throttle, saved.level, saved.at)
    else this.#bucket = new TokenBucket(throttle, throttle.burstLimit, now)
    if (throttle) this.#saved = undefined
    this.#bucket?.refill(now, this.#held)
  }
}
