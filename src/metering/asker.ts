import type { Waiter } from './lease-slot.ts'

/**
 * Who waits for an answer. To lose interest is said at once and not when the answer comes: by then the request may be
 * over, and nothing of it runs any more that could give back what was granted.
 */
export class Asker {
  waiter: Waiter | undefined

  loseInterest(): void {
    if (this.waiter) this.waiter.gone = true
  }
}
