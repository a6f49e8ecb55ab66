/** Things to do by time, and in the order in which they were planned where that is the same: a binary heap. */
export class EventQueue {
  #times = new Float64Array(1024)
  #orders = new Float64Array(1024)
  readonly #runs: (() => void)[] = []
  #size = 0
  #planned = 0

  /** When the next event is due; Infinity: there is none. */
  get nextAt(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  plan(at: number, run: () => void): void {
    if (this.#size === this.#times.length) this.#grow()
    const order = this.#planned++
    let index = this.#size++
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#times[parent]! <= at) break
      this.#move(parent, index)
      index = parent
    }
    this.#put(index, at, order, run)
  }

  /** Takes out what is due next. */
  take(): () => void {
    const run = this.#runs[0]!
    this.#size -= 1
    const last = this.#size
    const at = this.#times[last]!
    const order = this.#orders[last]!
    const moved = this.#runs[last]!
    this.#runs.pop()
    if (last === 0) return run
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= last) break
      if (child + 1 < last && this.#isBefore(child + 1, this.#times[child]!, this.#orders[child]!)) child += 1
      if (!this.#isBefore(child, at, order)) break
      this.#move(child, index)
      index = child
    }
    this.#put(index, at, order, moved)
    return run
  }

  #isBefore(index: number, at: number, order: number): boolean {
    const time = this.#times[index]!
    return time < at || (time === at && this.#orders[index]! < order)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#runs[from]!)
  }

  #put(index: number, at: number, order: number, run: () => void): void {
    this.#times[index] = at
    this.#orders[index] = order
    this.#runs[index] = run
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length)
    const orders = new Float64Array(times.length)
    times.set(this.#times)
    orders.set(this.#orders)
    this.#times = times
    this.#orders = orders
  }
}
