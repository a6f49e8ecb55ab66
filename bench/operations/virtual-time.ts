import { setImmediate, setTimeout } from 'node:timers'

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/**
 * Time that passes when it is told to: what is due runs in its order, and everything that follows from it without
 * waiting runs before the clock goes on. So an hour of requests takes seconds, and always comes to the same.
 */
export class VirtualTime {
  #now: number
  #order = 0
  /** A binary heap, the soonest first. */
  readonly #heap: Due[] = []
  readonly #dropped = new Set<number>()
  /** Work of the machine itself that is under way, as hashing is. */
  #busy = 0

  constructor(now: number) {
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  /** Returns what {@link drop} takes. */
  after(ms: number, run: () => void): number {
    this.#order += 1
    this.#push({ at: this.#now + Math.max(0, ms), order: this.#order, run })
    return this.#order
  }

  drop(order: number): void {
    this.#dropped.add(order)
  }

  /** Nothing that was to happen will. */
  forget(): void {
    this.#heap.length = 0
    this.#dropped.clear()
  }

  wait(ms: number): Promise<void> {
    return new Promise(resolve => this.after(ms, resolve))
  }

  /** The clock stands still until it is done. */
  async meanwhile<T>(work: Promise<T>): Promise<T> {
    this.#busy += 1
    try {
      return await work
    } finally {
      this.#busy -= 1
    }
  }

  async runUntil(end: number): Promise<void> {
    await this.#quiet()
    for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
      await this.#runDue(next.at)
    }
    this.#now = Math.max(this.#now, end)
  }

  /** Lets so much time pass as it takes. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    await this.#quiet()
    // Compressing takes threads of the machine, which tell nobody that they are at it.
    for (let idle = 0; !isOver && idle < 1_000; ) {
      const next = this.#heap[0]
      if (next) {
        idle = 0
        await this.#runDue(next.at)
      } else {
        idle += 1
        await new Promise<void>(resolve => setTimeout(resolve, 1))
      }
    }
    if (!isOver) throw new Error('nothing is due, and the work is not done')
    return work
  }

  async #runDue(at: number): Promise<void> {
    this.#now = Math.max(this.#now, at)
    while (this.#heap[0] && this.#heap[0].at <= at) {
      const { order, run } = this.#pop()
      if (!this.#dropped.delete(order)) run()
    }
    await this.#quiet()
  }

  /** Turns of the event loop, in each of which all promises settle that can. */
  async #quiet(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) {
      await new Promise<void>(resolve => setImmediate(resolve))
      if (this.#busy > 0) turns = 0
    }
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isSooner(due, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }

  #pop(): Due {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isSooner(heap[child + 1]!, heap[child]!)) child += 1
      if (!isSooner(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

const isSooner = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
