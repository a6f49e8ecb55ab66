import type { Env } from '../src/env.ts'
import { ChunkTables, type StreamFacts } from '../src/observability/logs/chunk-tables.ts'
import type { LogLines } from '../src/observability/logs/log-event.ts'
import { chunksOf } from '../src/observability/logs/take-lines.ts'
import type { UnitPage, UnitQuery } from '../src/observability/logs/unit.ts'
import { TelemetryObject } from './telemetry-object.ts'

/** The lines of one log group, or of a share of it. Named by `logStoreName`. */
export class LogStore extends TelemetryObject<LogLines> {
  readonly #tables: ChunkTables

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#tables = new ChunkTables(ctx.storage.sql)
  }

  /** A page of what may have the events that are asked for, packed as it is kept. */
  units(query: UnitQuery): UnitPage {
    return this.#tables.units(query)
  }

  /** Streams in the order of their names, as far as this object knows them; see `ChunkTables.streams`. */
  streams(prefix: string, after: string, limit: number): StreamFacts[] {
    return this.#tables.streams(prefix, after, limit)
  }

  protected keep(items: readonly LogLines[]): void {
    const ingested = this.#tables.ingestionTime(Date.now())
    this.ctx.storage.transactionSync(() => {
      for (const chunk of chunksOf(items, this.#tables.next, ingested)) this.#tables.add(chunk)
    })
  }

  protected clear(): void {
    this.#tables.clear()
  }

  protected first(name: string): DurableObjectStub<LogStore> {
    return this.env.LOG_STORE.getByName(name)
  }
}
