import { RecentRate } from './recent-rate.ts'

/** Steady demand is what came within the last one to two of these. */
const STEADY_MS = 5_000

/** How many requests a millisecond an isolate sees for one key and stage, for one method, for one account. */
export class Demand {
  readonly #latest: RecentRate
  /** Arrivals since `#turnedAt`, and in the span before, which began at `#steadySince`. */
  #recent = 0
  #before = 0
  #turnedAt: number
  #steadySince: number

  constructor(now: number) {
    this.#latest = new RecentRate(now)
    this.#turnedAt = now
    this.#steadySince = now
  }

  /** One request came, whatever became of it. */
  arrive(now: number): void {
    this.#latest.note(1)
    const passed = now - this.#turnedAt
    if (passed >= STEADY_MS || passed < 0) this.#turn(now, passed)
    this.#recent += 1
  }

  /** Requests a millisecond, as of `now`. */
  estimate(now: number): number {
    return this.#latest.estimate(now, 1)
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
