import { keepLatest } from '../../lib/keep-latest.ts'
import type { Batch } from './batch.ts'

/** Senders that are remembered, and batches of each. */
const MOST_SENDERS = 10_000
const MOST_BATCHES = 64

/** What is known of a batch: it is being written down, or it is written. */
type Taking = Promise<void> | 'taken'

/**
 * Which batches an object has taken, so that one that is sent again counts once: also while it is still being written
 * down, for it may be the call that broke and not the object. Each by its own number, since an isolate's flushes overlap:
 * a batch that never arrived may be sent again after later ones have. In memory alone: one that was answered before the
 * object moved, and is sent again after it, counts twice.
 */
export class SeenBatches {
  readonly #known = new Map<string, Map<number, Taking>>()

  /**
   * Takes a batch, unless it was taken before. Settles once it is written down, by whichever call.
   *
   * @param take rejects when it is not written down: then it may be sent again
   */
  async once({ sender, number }: Batch<unknown>, take: () => Promise<void>): Promise<void> {
    const batches = this.#known.get(sender) ?? new Map<number, Taking>()
    keepLatest(this.#known, sender, batches, MOST_SENDERS)
    const known = batches.get(number)
    if (known) return known === 'taken' ? undefined : known
    const taking = take()
    keepLatest(batches, number, taking, MOST_BATCHES)
    try {
      await taking
      if (batches.has(number)) batches.set(number, 'taken')
    } catch (error) {
      batches.delete(number)
      throw error
    }
  }
}
