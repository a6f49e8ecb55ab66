import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { objectMark } from '../src/lib/object-marks.ts'
import { collectorOf } from '../src/metering/roll-up-usage.ts'
import { type CountBatch, type ExecutionBatch, readBatch } from '../src/usage/count-batch.ts'
import { CountTables } from '../src/usage/count-tables.ts'
import { ROLL_UP_ROWS } from '../src/usage/roll-up-counts.ts'
import { RollUpAlarm } from './roll-up-alarm.ts'

/**
 * The usage tables hear of a call or a request half an hour to an hour later; spread, so that meters do not all write at
 * once. Each roll-up is three rows written, which is much for a function that is hardly ever called.
 */
const ROLL_UP_AFTER_MS = 30 * 60_000
const ROLL_UP_SPREAD_MS = 30 * 60_000

/**
 * Counts the calls of some of an account's functions in one region, and requests of its REST APIs: what isolates say
 * that they have counted, written down before they are answered, as an object's output waits for its writes. Named by
 * `executionMeterName` and `countMeterName`.
 */
export class ExecutionMeter extends DurableObject<Env> {
  readonly #tables: CountTables
  readonly #alarm: RollUpAlarm

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#tables = new CountTables(ctx.storage.sql)
    this.#alarm = new RollUpAlarm(ctx.storage, ROLL_UP_AFTER_MS, ROLL_UP_SPREAD_MS)
    ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load()
      if (this.#tables.isUnrolled) this.#alarm.plan()
    })
  }

  /** Writes down what an isolate has counted. Saying it again changes nothing. */
  async add(batch: CountBatch | ExecutionBatch): Promise<void> {
    const { tellings } = readBatch(batch)
    if (!this.#tables.isMarked) {
      await this.env.STORE.put(objectMark(this.#name), '')
      this.#tables.setMarked()
    }
    this.ctx.storage.transactionSync(() => this.#tables.apply(tellings, Date.now()))
    if (this.#tables.isUnrolled) this.#alarm.plan()
  }

  /** Brings the usage tables up to date. Rejects when the database does not take it. */
  async rollUp(): Promise<void> {
    const meter = this.#name
    const collector = this.env.USAGE_COLLECTOR.getByName(collectorOf(meter))
    for (;;) {
      const rows = this.#tables.unrolled(ROLL_UP_ROWS)
      if (rows.length === 0) break
      try {
        await collector.collectCounts(rows.map(row => ({ ...row, meter })))
      } catch (error) {
        this.#alarm.plan()
        throw error
      }
      this.#tables.markRolled(rows)
    }
    this.#tables.prune(Date.now())
  }

  /** Forgets everything; only a reset of the local account does this. */
  async forget(): Promise<void> {
    // Not everything is deleted: making the tables anew would take several times as long.
    this.#tables.clear()
    await Promise.all([this.env.STORE.delete(objectMark(this.#name)), this.#alarm.cancel()])
  }

  override alarm(): Promise<void> {
    return this.#alarm.ring(() => this.rollUp())
  }

  get #name(): string {
    const { name } = this.ctx.id
    if (!name) throw new Error('a meter is addressed by name')
    return name
  }
}
