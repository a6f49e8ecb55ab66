import { keepLatest } from '../../lib/keep-latest.ts'
import type { Batch } from './batch.ts'

/** Senders that are remembered. */
const MOST_SENDERS = 10_000

/**
 * Which batches an object has taken, so that one that is sent again counts once. In memory alone: a batch that was
 * answered before the object moved, and is sent again after it, counts twice. Each sender waits for a batch's answer
 * before it sends the next one of a name, but batches for different shards overtake each other.
 */
export class SeenBatches {
  readonly #last = new Map<string, number>()

  has({ sender, number }: Batch<unknown>): boolean {
    return number <= (this.#last.get(sender) ?? 0)
  }

  add({ sender, number }: Batch<unknown>): void {
    keepLatest(this.#last, sender, number, MOST_SENDERS)
  }
}
