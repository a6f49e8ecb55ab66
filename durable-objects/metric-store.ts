import { type Env, minuteMsOf } from '../src/env.ts'
import type { Taken } from '../src/observability/ingest/batch.ts'
import { bucketLength } from '../src/observability/metrics/condense-samples.ts'
import { floorTo } from '../src/observability/metrics/levels.ts'
import { FOLD_MS, MetricLedger } from '../src/observability/metrics/metric-ledger.ts'
import type { MetricSample } from '../src/observability/metrics/metric-sample.ts'
import type { SubjectTotals } from '../src/observability/metrics/prometheus/exposition.ts'
import type {
  Answer,
  ListedSeries,
  PeriodSummary,
  SeriesFilter,
  SummaryQuery,
} from '../src/observability/metrics/stored-summaries.ts'
import { TelemetryObject } from './telemetry-object.ts'

/**
 * What isolates tell within a second is written as one row, and answered once it is: rows cost more than calls, and
 * nobody waits for these answers.
 */
const WRITE_MS = 1_000

/** After the end of a period: what isolates tell of it comes a little later. */
const FOLD_DELAY_MS = 15_000

/** How often what was kept for long enough is looked for: while something is measured, and while nothing is. */
const ROLL_UP_MS = 3_600_000
const IDLE_ROLL_UP_MS = 6 * 3_600_000

/** What was measured in one account and region, or a share of it. */
export class MetricStore extends TelemetryObject<MetricSample> {
  readonly #ledger: MetricLedger
  #alarmAt = 0
  #lastWrite = 0
  #rollUpAt = 0
  #writing: Promise<void> | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#ledger = new MetricLedger(ctx.storage.sql, bucketLength(minuteMsOf(env)))
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await ctx.storage.getAlarm()) ?? 0
      if (this.#ledger.isOpen) this.#planFold()
    })
  }

  /** Counts samples, and answers once they are written. */
  async write(samples: readonly MetricSample[]): Promise<Taken> {
    await this.mark()
    this.#ledger.take(samples)
    this.#write()
    // What is written is written; this says how many share the work.
    return this.take({ sender: crypto.randomUUID(), number: 1, items: [] })
  }

  read(queries: readonly SummaryQuery[]): Answer<PeriodSummary[][]> {
    return { shards: this.shards(), answer: this.#ledger.read(queries) }
  }

  list(filter: SeriesFilter, after: string, limit: number): Answer<ListedSeries[]> {
    return { shards: this.shards(), answer: this.#ledger.list(filter, after, limit) }
  }

  totals(): Answer<SubjectTotals[]> {
    return { shards: this.shards(), answer: this.#ledger.totals(Date.now()) }
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = 0
    const now = Date.now()
    this.#write()
    const isMore = this.#transact(() => {
      this.#ledger.fold(now)
      return now >= this.#rollUpAt && this.#ledger.rollUp(now)
    })
    if (isMore) {
      this.#plan(now)
      return
    }
    if (now >= this.#rollUpAt) this.#rollUpAt = now + ROLL_UP_MS
    if (this.#ledger.isOpen) this.#planFold()
    else if (!this.#ledger.isEmpty) this.#plan(now + IDLE_ROLL_UP_MS)
  }

  protected override keep(samples: readonly MetricSample[]): Promise<void> | void {
    if (samples.length === 0) return
    this.#ledger.take(samples)
    const wait = this.#lastWrite + WRITE_MS - Date.now()
    if (wait <= 0 || wait > WRITE_MS) return this.#write()
    this.#writing ??= scheduler.wait(wait).then(() => this.#write())
    return this.#writing
  }

  protected override clear(): void {
    this.#ledger.clear()
    this.#alarmAt = 0
  }

  protected override first(name: string) {
    return this.env.METRIC_STORE.getByName(name)
  }

  #write(): void {
    const now = Date.now()
    this.#lastWrite = now
    this.#writing = undefined
    this.#transact(() => this.#ledger.write(now))
    if (this.#ledger.isOpen) this.#planFold()
  }

  #transact<T>(work: () => T): T {
    try {
      return this.ctx.storage.transactionSync(work)
    } catch (error) {
      // What is in memory is ahead of what is written: the object begins anew with that, and the rest is told again.
      console.error(`${this.name} could not write`, error)
      this.ctx.abort('metrics could not be written')
      throw error
    }
  }

  #planFold(): void {
    this.#plan(floorTo(Date.now(), FOLD_MS) + FOLD_MS + FOLD_DELAY_MS)
  }

  /** The earliest that is planned counts. */
  #plan(at: number): void {
    if (this.#alarmAt > 0 && this.#alarmAt <= at) return
    this.#alarmAt = at
    this.ctx.storage.setAlarm(at)
  }
}
