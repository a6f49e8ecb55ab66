import { EventQueue } from './event-queue.ts'

/** Events this close together are one moment to those who wait for them, milliseconds. */
const MOMENT_MS = 0.2

/** True time, in milliseconds, and what happens in it. */
export class World {
  now = 0
  readonly #events = new EventQueue()
  /** Something was settled that promises wait for. */
  #unsettled = false

  /** Plans what no promise waits for. */
  at(time: number, run: () => void): void {
    this.#events.plan(Math.max(time, this.now), run)
  }

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.at(this.now + ms, () => this.settle(resolve)))
  }

  /** Settles a promise: what follows from it happens in the same moment. */
  settle(resolve: () => void): void {
    this.#unsettled = true
    resolve()
  }

  /** To be told when something was begun that goes on by promises alone. */
  begun(): void {
    this.#unsettled = true
  }

  async run(until: number): Promise<void> {
    for (;;) {
      const at = this.#events.nextAt
      if (at > until) break
      this.now = at
      const moment = Math.min(at + MOMENT_MS, until)
      do {
        this.now = this.#events.nextAt
        this.#events.take()()
      } while (this.#events.nextAt <= moment)
      if (!this.#unsettled) continue
      this.#unsettled = false
      await new Promise(setImmediate)
    }
    this.now = until
  }
}
