import type { FlushCycle } from '../../lib/flush-cycle.ts'
import { keepLatest } from '../../lib/keep-latest.ts'
import { within } from '../../lib/within.ts'
import { type Batch, shardName, type Taken } from './batch.ts'

export interface IntakeOptions<T> {
  readonly cycle: FlushCycle
  /** Tells the object of this name; settles once it has written the batch down. */
  readonly send: (object: string, batch: Batch<T>) => Promise<Taken>
  readonly newId: () => string
  /** At least 0 and below 1. */
  readonly random: () => number
  /** Bytes of items in a batch, at most. */
  readonly largestBatch?: number
  /** What is collected is put in this form when it is sent: of many items fewer, or smaller ones. */
  readonly condense?: (items: readonly T[]) => readonly T[]
}

/** Bytes that wait for all names together: what is more is lost, the oldest first, and said to be. */
const MOST_WAITING = 16 * 1024 * 1024

/** Twice that, and what waits is kept before the platform ends the work: "30 seconds" after the request. */
const PATIENCE_MS = 8_000

/** A megabyte; the platform takes 32 in a call. */
const LARGEST_BATCH = 1024 * 1024

/** Names whose shards are remembered. */
const MOST_NAMES = 1_000

interface Waiting<T> {
  items: T[]
  bytes: number
}

/**
 * Collects what one isolate has to tell objects that keep telemetry, and hands it on in batches, off the requests'
 * path. What an object does not take is kept for the next flush, within bounds; what an isolate has when it dies is lost.
 */
export class Intake<T> {
  readonly #options: IntakeOptions<T>
  readonly #sender: string
  #number = 0
  #waiting = new Map<string, Waiting<T>>()
  #bytes = 0
  #lost = 0
  readonly #shards = new Map<string, number>()

  constructor(options: IntakeOptions<T>) {
    this.#options = options
    this.#sender = options.newId()
    options.cycle.join(() => this.flush())
  }

  /**
   * @param root whose work it is: the name of an object, or of those that share its work
   * @param bytes about how large the item is
   * @param now epoch milliseconds
   */
  add(root: string, item: T, bytes: number, now: number): void {
    let waiting = this.#waiting.get(root)
    if (!waiting) {
      waiting = { items: [], bytes: 0 }
      this.#waiting.set(root, waiting)
    }
    waiting.items.push(item)
    waiting.bytes += bytes
    this.#bytes += bytes
    if (this.#bytes > MOST_WAITING) this.#loseOldest()
    this.#options.cycle.wanted(now)
  }

  /** Tells the objects what they do not have yet. Never rejects: what they do not take is kept. */
  async flush(): Promise<void> {
    const waiting = this.#waiting
    if (waiting.size === 0) return
    this.#waiting = new Map()
    this.#bytes = 0
    if (this.#lost > 0) {
      console.error(`${this.#lost} bytes of telemetry were lost: more came than objects took`)
      this.#lost = 0
    }
    await Promise.all([...waiting].map(([root, { items, bytes }]) => this.#tell(root, items, bytes)))
  }

  /** Forgets what waits; only a reset of the local account does this. */
  forget(): void {
    this.#waiting.clear()
    this.#shards.clear()
    this.#bytes = 0
  }

  async #tell(root: string, items: readonly T[], bytes: number): Promise<void> {
    const { largestBatch = LARGEST_BATCH, condense, random } = this.#options
    const all = condense ? condense(items) : items
    const each = Math.max(1, Math.floor((all.length * largestBatch) / Math.max(bytes, 1)))
    for (let from = 0; from < all.length; from += each) {
      const batch = { sender: this.#sender, number: ++this.#number, items: all.slice(from, from + each) }
      const shard = Math.floor(random() * (this.#shards.get(root) ?? 1))
      if (await this.#send(root, shard, batch)) continue
      this.#keep(root, all.slice(from), (bytes * (all.length - from)) / all.length)
      return
    }
  }

  async #send(root: string, shard: number, batch: Batch<T>): Promise<boolean> {
    // Twice, for the reply alone may have been lost: an object knows a batch again by its number.
    for (const last of [false, true]) {
      try {
        const sent = this.#options.send(shardName(root, shard), batch)
        const { shards, isAwaited } = await within(sent, PATIENCE_MS, 'telling it')
        if (isAwaited) this.#options.cycle.hurry()
        keepLatest(this.#shards, root, shards, MOST_NAMES)
        return true
      } catch (error) {
        if (last)
          console.warn(`${shardName(root, shard)} was not told; ${batch.items.length} items wait`, error)
      }
    }
    return false
  }

  #keep(root: string, items: readonly T[], bytes: number): void {
    const newer = this.#waiting.get(root)
    this.#waiting.set(root, {
      items: [...items, ...(newer?.items ?? [])],
      bytes: bytes + (newer?.bytes ?? 0),
    })
    this.#bytes += bytes
    if (this.#bytes > MOST_WAITING) this.#loseOldest()
    // Perhaps nobody says anything further here.
    const { cycle } = this.#options
    cycle.wanted(cycle.now())
  }

  #loseOldest(): void {
    const [root, { bytes }] = this.#waiting.entries().next().value!
    this.#waiting.delete(root)
    this.#bytes -= bytes
    this.#lost += bytes
  }
}
