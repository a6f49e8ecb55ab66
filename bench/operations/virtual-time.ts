import { setImmediate, setTimeout } from 'node:timers'
import { EventQueue } from '../../test/metering/simulator/event-queue.ts'

/**
 * Time that passes when it is told to: what is due runs in its order, and everything that follows from it without
 * waiting runs before the clock goes on. So an hour of requests takes seconds, and always comes to the same.
 */
export class VirtualTime {
  #now: number
  #order = 0
  #due = new EventQueue()
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
    const order = this.#order
    this.#due.plan(this.#now + Math.max(0, ms), () => {
      if (!this.#dropped.delete(order)) run()
    })
    return order
  }

  drop(order: number): void {
    this.#dropped.add(order)
  }

  /** Nothing that was to happen will. */
  forget(): void {
    this.#due = new EventQueue()
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
    while (this.#due.nextAt <= end) await this.#runDue()
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
      if (this.#due.nextAt < Number.POSITIVE_INFINITY) {
        idle = 0
        await this.#runDue()
      } else {
        idle += 1
        await new Promise<void>(resolve => setTimeout(resolve, 1))
      }
    }
    if (!isOver) throw new Error('nothing is due, and the work is not done')
    return work
  }

  /** All that is due next, at one time. */
  async #runDue(): Promise<void> {
    const at = this.#due.nextAt
    this.#now = Math.max(this.#now, at)
    while (this.#due.nextAt <= at) this.#due.take()()
    await this.#quiet()
  }

  /** Turns of the event loop, in each of which all promises settle that can. */
  async #quiet(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) {
      await new Promise<void>(resolve => setImmediate(resolve))
      if (this.#busy > 0) turns = 0
    }
  }
}
