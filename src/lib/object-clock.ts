/**
 * The clock of one object: whole milliseconds that never go back, whatever the machine's clock does.
 *
 * A step back of the machine's clock stops this one for one reading only (clamping to the highest value seen would
 * stop it until the machine has caught up). It may so run behind the machine's clock, never ahead of time that it
 * was shown.
 */
export class ObjectClock {
  #now: number
  #raw: number

  /** `raw`: the machine's clock, epoch milliseconds. `notBefore`: the latest time the object has written down. */
  constructor(raw: number, notBefore: number) {
    this.#raw = Math.floor(raw)
    this.#now = Math.max(this.#raw, notBefore)
  }

  get now(): number {
    return this.#now
  }

  /** What {@link advance} would make of this reading of the machine's clock. */
  peek(raw: number): number {
    return this.#now + Math.max(0, Math.floor(raw) - this.#raw)
  }

  /** Takes a new reading and returns by how many milliseconds the object's clock moved on. */
  advance(raw: number): number {
    const before = this.#now
    this.#now = this.peek(raw)
    this.#raw = Math.floor(raw)
    return this.#now - before
  }
}
