/**
 * The isolates of one version that this isolate calls, by number. Lambda gives an execution environment one event
 * at a time, and code written for it relies on that: module state across an `await` would answer one user with
 * another's data. So every call takes a slot for itself, and overlapping calls take further ones; turns.ts has the
 * exception.
 */
export class Slots {
  /** Slots that have answered and are free. The last one used is used next: it is the warmest. */
  readonly #idle: number[] = []
  #next = 0
  #current: number | undefined

  /**
   * A slot for one call, to be given back with {@link free} unless it cannot be used again: when its code did not
   * load, its isolate died, or somebody else's call is in it. A number that is not given back is never used again.
   *
   * @param pass how many fresh numbers to pass over. Other isolates count from zero too, so the numbers next to one
   *   that turned out to be taken are likely to be taken as well; a number costs nothing.
   */
  take(pass = 0): number {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    this.#next += pass
    return this.#next++
  }

  /** The slot's isolate is ready for the next event. */
  free(slot: number): void {
    this.#idle.push(slot)
  }

  /** The slot of a version whose events may overlap: all of them use it. */
  current(): number {
    this.#current ??= this.take()
    return this.#current
  }

  /** Events turned out to overlap in this slot: from now on all of them use it. */
  settle(slot: number): void {
    this.#current ??= slot
  }

  /** That slot cannot be used again. */
  renew(slot: number): void {
    if (this.#current === slot) this.#current = undefined
  }
}
