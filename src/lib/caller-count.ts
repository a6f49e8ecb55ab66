/** Calls a second that an object aims to stay under (a Durable Object serves about 1,000). */
export const TARGET_CALLS_PER_SECOND = 400

const WINDOW_MS = 1000

/** How many isolates call an object, and how often: over the last one to two seconds, by the object's clock. */
export class CallerCount {
  #windowEnd = 0
  #current = new Set<string>()
  #previous = new Set<string>()
  #currentCalls = 0
  #previousCalls = 0

  note(caller: string, now: number): void {
    if (now >= this.#windowEnd) {
      const missedAWindow = now >= this.#windowEnd + WINDOW_MS
      this.#previous = missedAWindow ? new Set() : this.#current
      this.#previousCalls = missedAWindow ? 0 : this.#currentCalls
      this.#current = new Set()
      this.#currentCalls = 0
      this.#windowEnd = now + WINDOW_MS
    }
    this.#current.add(caller)
    this.#currentCalls += 1
  }

  get callers(): number {
    return Math.max(this.#current.size, this.#previous.size, 1)
  }

  /** The interval at which this many callers stay within {@link TARGET_CALLS_PER_SECOND} together. */
  get fairIntervalMs(): number {
    return Math.ceil((this.callers * 1000) / TARGET_CALLS_PER_SECOND)
  }

  /** Calls a second, from all of them together. */
  get calls(): number {
    return Math.max(this.#currentCalls, this.#previousCalls)
  }

  get tooMany(): boolean {
    return this.calls > TARGET_CALLS_PER_SECOND
  }
}
