import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { type OwnedRow, rollUpUsage, USAGE_BATCH } from '../src/metering/roll-up-usage.ts'

interface Waiting {
  readonly rows: readonly OwnedRow[]
  readonly written: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Writes what many meters roll up into the usage table: while one batch is on its way, what comes meanwhile makes up
 * the next, so the database sees few calls however many keys there are. It keeps nothing: a meter's rows are its own
 * until this has answered. Named by `collectorOf`.
 */
export class UsageCollector extends DurableObject<Env> {
  #waiting: Waiting[] = []
  #isWriting = false

  /** Resolves when the table has the rows, which may be there already. Rejects when the database does not take them. */
  async collect(rows: readonly OwnedRow[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ rows, written: resolve, failed: reject })
    if (!this.#isWriting) void this.#write()
    await promise
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = []
      let rows = 0
      while (
        this.#waiting.length > 0 &&
        (rows === 0 || rows + this.#waiting[0]!.rows.length <= USAGE_BATCH)
      ) {
        const next = this.#waiting.shift()!
        rows += next.rows.length
        batch.push(next)
      }
      try {
        await rollUpUsage(
          this.env.DB,
          batch.flatMap(waiting => waiting.rows),
        )
        for (const { written } of batch) written()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#isWriting = false
  }
}
