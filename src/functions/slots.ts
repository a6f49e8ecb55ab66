/**
 * The isolates of one version that this isolate calls, by number. Lambda gives an execution environment one event
 * at a time, and code written for it relies on that: module state across an `await` would answer one user with
 * another's data. So every call takes a slot for itself; overlapping calls take further ones.
 */
export class Slots {
  /** Slots that have answered and are free. The last one used is used next: it is the warmest. */
  readonly #idle: number[] = []
  #next = 0
  #inUse = 0

  /** Calls under way. */
  get inUse(): number {
    return this.#inUse
  }

  take(): number {
    this.#inUse++
    return this.#idle.pop() ?? this.#next++
  }

  /** The slot answered: its isolate is ready for the next event. */
  free(slot: number): void {
    this.#inUse--
    this.#idle.push(slot)
  }

  /**
   * The slot is not to be used again: its execution was cut off, its code did not load, or somebody else's call is
   * in it. A number is never used twice.
   */
  retire(): void {
    this.#inUse--
  }
}
