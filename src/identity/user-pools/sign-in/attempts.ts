import { TokenBucket } from '../../../metering/token-bucket.ts'

/**
 * How often somebody may be wrong about a user's password or code. "After five failed sign-in attempts with a password,
 * whether those are requested with unauthenticated or IAM-authorized API operations, Amazon Cognito locks out your user
 * for one second. The lockout duration then doubles after each additional one failed attempt, up to a maximum of
 * approximately 15 minutes."
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#user-pool-sign-in-lockout-behavior
 */
export const ATTEMPTS = {
  /** Failed ones before the first lock-out. */
  free: 5,
  firstLockMs: 1_000,
  longestLockMs: 15 * 60_000,
  /** After so long without a try, earlier ones count no more. */
  forgetMs: 15 * 60_000,
  /** An attempt that has not ended by then has failed: whoever made it may have died in the middle of it. */
  longestMs: 60_000,
} as const

/** `right` forgets failures, `wrong` counts as one, `untried`: it came to no comparison. */
export type Outcome = 'right' | 'wrong' | 'untried'

/** `wait`: so many are under way that one more could be one too many. */
export type Beginning =
  | { readonly answer: 'go' }
  | { readonly answer: 'wait' }
  | { readonly answer: 'locked'; readonly until: number }

/** What has to outlive an eviction. */
export interface SavedAttempts {
  readonly failures: number
  readonly lockedUntil: number
  readonly used: readonly (readonly [string, number])[]
}

/**
 * The attempts at one secret of one user. They are compared elsewhere and at the same time, so an attempt is counted
 * from its beginning: there are never more under way than may still fail.
 *
 * What may be used once (a challenge, a code) is remembered here until it has expired by itself.
 *
 * Times are milliseconds of one clock, that of the object.
 */
export class AttemptLedger {
  #failures: number
  /** Of the last failure; its own time where nothing is locked. */
  #lockedUntil: number
  /** Attempts under way, by id: since when. */
  readonly #pending = new Map<string, number>()
  /** Until when. */
  readonly #used: Map<string, number>
  #changed = false

  constructor(saved?: SavedAttempts) {
    this.#failures = saved?.failures ?? 0
    this.#lockedUntil = saved?.lockedUntil ?? 0
    this.#used = new Map(saved?.used)
  }

  begin(id: string, now: number): Beginning {
    this.#tidy(now)
    if (this.#lockedUntil > now) return { answer: 'locked', until: this.#lockedUntil }
    if (this.#pending.size >= Math.max(1, ATTEMPTS.free - this.#failures)) return { answer: 'wait' }
    this.#pending.set(id, now)
    return { answer: 'go' }
  }

  /**
   * @param uses what the attempt uses up, with the time from which nobody would accept it anyway
   * @returns whether none of `uses` had been used before
   */
  end(id: string, outcome: Outcome, uses: Readonly<Record<string, number>>, now: number): boolean {
    this.#tidy(now)
    const isKnown = this.#pending.delete(id)
    const isFresh = Object.keys(uses).every(name => !this.#used.has(name))
    // One that took too long has been counted already, and is not to undo that.
    if (isKnown && outcome === 'wrong') this.#fail(now)
    // Whoever comes with what was used already may have seen it being used.
    if (isKnown && outcome === 'right' && isFresh && this.#failures > 0) {
      this.#failures = 0
      this.#lockedUntil = 0
      this.#changed = true
    }
    if (isFresh) {
      for (const [name, until] of Object.entries(uses)) {
        this.#used.set(name, until)
        this.#changed = true
      }
    }
    return isFresh
  }

  /** What is to be written down, if anything has changed since the last time. */
  takeSave(): SavedAttempts | undefined {
    if (!this.#changed) return undefined
    this.#changed = false
    return { failures: this.#failures, lockedUntil: this.#lockedUntil, used: [...this.#used] }
  }

  /** From when on nothing of this matters; 0: now. */
  get forgottenAt(): number {
    const failures = this.#failures > 0 ? this.#lockedUntil + ATTEMPTS.forgetMs : 0
    return Math.max(failures, ...this.#used.values())
  }

  #fail(now: number): void {
    this.#failures += 1
    // "For a cumulative number of failed sign-in attempts n, Amazon Cognito sets the temporary lockout to 2^(n-5) seconds."
    const lock =
      this.#failures < ATTEMPTS.free ? 0 : ATTEMPTS.firstLockMs * 2 ** (this.#failures - ATTEMPTS.free)
    this.#lockedUntil = now + Math.min(lock, ATTEMPTS.longestLockMs)
    this.#changed = true
  }

  #tidy(now: number): void {
    for (const [id, since] of this.#pending) {
      if (now - since < ATTEMPTS.longestMs) continue
      this.#pending.delete(id)
      this.#fail(now)
    }
    if (this.#failures > 0 && now >= this.#lockedUntil + ATTEMPTS.forgetMs) {
      this.#failures = 0
      this.#lockedUntil = 0
      this.#changed = true
    }
    for (const [name, until] of this.#used) {
      if (until > now) continue
      this.#used.delete(name)
      this.#changed = true
    }
  }
}

/**
 * Wrong attempts that may come from one address at one pool, whoever they are about: what stops one password from
 * being tried with every name. Many users may share an address, so right ones are given back.
 */
const FROM_ONE_ADDRESS = { burstLimit: 300, rateLimit: 1 }

export interface SavedAddress {
  readonly level: number
  readonly at: number
}

export class AddressLedger {
  readonly #bucket: TokenBucket
  #at: number

  constructor(saved: SavedAddress | undefined, now: number) {
    this.#at = Math.max(saved?.at ?? now, now)
    this.#bucket = new TokenBucket(
      FROM_ONE_ADDRESS,
      saved?.level ?? FROM_ONE_ADDRESS.burstLimit,
      saved?.at ?? now,
    )
  }

  /** Whether one more attempt may be made. */
  begin(now: number): boolean {
    this.#refill(now)
    if (this.#bucket.tokens < 1) return false
    this.#bucket.take(1)
    return true
  }

  end(outcome: Outcome, now: number): void {
    if (outcome !== 'wrong') this.#bucket.put(1)
    this.#refill(now)
  }

  get save(): SavedAddress {
    return { level: this.#bucket.level, at: this.#at }
  }

  /** From when on the bucket is full, as one is that nothing is known of. */
  get forgottenAt(): number {
    const missing = FROM_ONE_ADDRESS.burstLimit - this.#bucket.level
    return this.#at + Math.ceil((missing * 1_000) / FROM_ONE_ADDRESS.rateLimit)
  }

  #refill(now: number): void {
    this.#at = Math.max(this.#at, now)
    this.#bucket.refill(this.#at, 0)
  }
}
