import type { Throttle } from '../../../src/metering/key-record.ts'

/** Requests that were admitted, by the clock of the meter's object and in the order in which it really happened. */
export class AdmissionLog {
  #clocks = new Float64Array(64)
  #requests = new Float64Array(64)
  #size = 0

  get admitted(): number {
    return this.between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  /** Returns the number of the entry, for {@link strike}. */
  enter(clock: number, requests: number): number {
    this.clockWasRead(clock)
    if (this.#size === this.#clocks.length) this.#grow()
    this.#clocks[this.#size] = clock
    this.#requests[this.#size] = requests
    return this.#size++
  }

  /** One request of an entry was refused by another level before it went on: its token is there for the next. */
  strike(entry: number): void {
    this.#requests[entry]! -= 1
  }

  /**
   * The object has read its clock, or might have. What was spent before that did not happen later than the reading,
   * whatever the clock seemed to show at the time (it may have been set back meanwhile).
   */
  clockWasRead(now: number): void {
    for (let index = this.#size - 1; index >= 0 && this.#clocks[index]! > now; index -= 1)
      this.#clocks[index] = now
  }

  entries(): { readonly clock: number; readonly requests: number }[] {
    return Array.from(this.#clocks.subarray(0, this.#size), (clock, index) => ({
      clock,
      requests: this.#requests[index]!,
    }))
  }

  /** Requests admitted from one time of the clock to another. */
  between(from: number, until: number): number {
    let admitted = 0
    for (let index = 0; index < this.#size; index += 1)
      if (this.#clocks[index]! >= from && this.#clocks[index]! < until) admitted += this.#requests[index]!
    return admitted
  }

  /**
   * The largest number of requests by which any interval [s, t] of the object's clock exceeds burst + rate x (t - s);
   * 0 or less when the ceiling holds. Exact for rates of whole thousandths a second: levels are millionths of a request.
   */
  overAdmission({ rateLimit, burstLimit }: Throttle): number {
    const perMs = Math.round(rateLimit * 1000)
    const burst = burstLimit * 1e6
    let level = burst
    let last = this.#clocks[0]!
    let lowest = level
    for (let index = 0; index < this.#size; index += 1) {
      const clock = this.#clocks[index]!
      level = Math.min(burst, level + perMs * (clock - last))
      last = clock
      level -= this.#requests[index]! * 1e6
      if (level < lowest) lowest = level
    }
    return this.#size === 0 ? Number.NEGATIVE_INFINITY : -lowest / 1e6
  }

  #grow(): void {
    const clocks = new Float64Array(2 * this.#size)
    const requests = new Float64Array(2 * this.#size)
    clocks.set(this.#clocks)
    requests.set(this.#requests)
    this.#clocks = clocks
    this.#requests = requests
  }
}
