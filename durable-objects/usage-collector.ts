import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { type OwnedRow, USAGE_BATCH, usageStatements } from '../src/metering/roll-up-usage.ts'
import { countStatements, type OwnedCount } from '../src/usage/roll-up-counts.ts'

interface Waiting {
  readonly statements: readonly D1PreparedStatement[]
  readonly written: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Writes what many meters roll up into the usage tables: while one batch is on its way, what comes meanwhile makes up
 * the next, so the database sees few calls however many keys there are. It keeps nothing: a meter's rows are its own
 * until this has answered. Named by `collectorOf`.
 */
export class UsageCollector extends DurableObject<Env> {
  #waiting: Waiting[] = []
  #isWriting = false

  /** Resolves when the table has the rows, which may be there already. Rejects when the database does not take them. */
  collect(rows: readonly OwnedRow[]): Promise<void> {
    return this.#gather(usageStatements(this.env.DB, rows))
  }

  /** The same for what isolates have counted. */
  collectCounts(rows: readonly OwnedCount[]): Promise<void> {
    return this.#gather(countStatements(this.env.DB, rows))
  }

  async #gather(statements: readonly D1PreparedStatement[]): Promise<void> {
    if (statements.length === 0) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ statements, written: resolve, failed: reject })
    if (!this.#isWriting) void this.#write()
    await promise
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = []
      let size = 0
      while (
        this.#waiting.length > 0 &&
        (size === 0 || size + this.#waiting[0]!.statements.length <= USAGE_BATCH)
      ) {
        const next = this.#waiting.shift()!
        size += next.statements.length
        batch.push(next)
      }
      try {
        await this.env.DB.batch(batch.flatMap(({ statements }) => statements))
        for (const { written } of batch) written()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#isWriting = false
  }
}
