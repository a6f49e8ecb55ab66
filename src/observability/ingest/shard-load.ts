import { MOST_SHARDS } from './batch.ts'

/** Calls a second that one object is meant to take; the platform has some 1,000. */
const AIM = 300

const WINDOW_MS = 5_000

/**
 * How many objects should share the work of a name, as one of them sees it: twice as many whenever it is called more
 * often than it should be. They never become fewer: what they keep is asked of all of them.
 */
export class ShardLoad {
  #since = 0
  #calls = 0

  /**
   * Counts a call.
   *
   * @param shards how many there are
   * @returns how many there should be
   */
  called(shards: number, now: number): number {
    if (now - this.#since >= WINDOW_MS || now < this.#since) {
      this.#since = now
      this.#calls = 0
    }
    this.#calls += 1
    if (this.#calls <= (AIM * WINDOW_MS) / 1000) return shards
    // Twice is enough until it is seen what that has changed.
    this.#since = now
    this.#calls = 0
    return Math.min(MOST_SHARDS, shards * 2)
  }
}
