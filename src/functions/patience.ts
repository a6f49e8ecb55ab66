/**
 * How long somebody waits for a call. Most calls end within that by themselves, as their function has less time: then
 * nobody has to watch the time, and a timer less is set for nearly every call.
 */
export class Patience {
  readonly ms: number
  #isEnough = false
  #watch: (() => void) | undefined

  /** @param ms milliseconds, from now on */
  constructor(ms: number) {
    this.ms = ms
  }

  /** The call is under way, and ends within so many milliseconds. */
  endsWithin(ms: number): void {
    this.#isEnough = ms < this.ms
  }

  /** The call begins anew: nothing is known of its end any more. */
  beginsAnew(): void {
    this.#isEnough = false
    this.#watch?.()
    this.#watch = undefined
  }

  /** Calls back as soon as the time has to be watched: at once, later, or never. */
  unlessEnough(watch: () => void): void {
    if (this.#isEnough) this.#watch = watch
    else watch()
  }
}
