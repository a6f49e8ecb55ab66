import type { Env } from '../src/env.ts'
import type { Batch, Taken } from '../src/observability/ingest/batch.ts'
import {
  SamplingQuotas,
  type SamplingStatistics,
  type SamplingSummary,
} from '../src/observability/traces/sampling/quotas.ts'
import type { SamplingAnswer } from '../src/observability/traces/sampling/sampler.ts'
import { DEFAULT_RULE, type SamplingRule } from '../src/observability/traces/sampling/sampling-rule.ts'
import type { Segment } from '../src/observability/traces/segment.ts'
import { type StoredSegment, type TracePlace, TraceTables } from '../src/observability/traces/trace-tables.ts'
import { TelemetryObject } from './telemetry-object.ts'

const RULES = 'rules'

/** How often what is too old is removed. */
const PRUNE_MS = 24 * 3_600_000

interface Rules {
  readonly generation: number
  readonly rules: readonly SamplingRule[]
}

/**
 * Segments of the traces of one account and region, or a share of them. The first of those that share them has the
 * account's sampling rules, too, and divides their reservoirs. Named by `traceStoreName`.
 */
export class TraceStore extends TelemetryObject<Segment> {
  readonly #tables: TraceTables
  readonly #quotas = new SamplingQuotas()
  #rules: Rules

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#tables = new TraceTables(ctx.storage.sql)
    this.#rules = ctx.storage.kv.get<Rules>(RULES) ?? { generation: 0, rules: [DEFAULT_RULE] }
  }

  // For types of stubs: methods of a generic base are not seen through them.
  override take(batch: Batch<Segment>): Promise<Taken> {
    return super.take(batch)
  }

  protected async keep(segments: readonly Segment[]): Promise<void> {
    if (this.#tables.isEmpty) await this.ctx.storage.setAlarm(Date.now() + PRUNE_MS)
    this.ctx.storage.transactionSync(() => {
      for (const segment of segments) this.#tables.put(segment)
    })
  }

  traces(ids: readonly string[]): StoredSegment[] {
    return this.#tables.traces(ids)
  }

  between(from: number, to: number, after: TracePlace | undefined, most: number) {
    return this.#tables.between(from, to, after, most)
  }

  /** Takes an account's rules, in their order, unless it knows newer ones. */
  async setRules(generation: number, rules: readonly SamplingRule[]): Promise<void> {
    if (generation <= this.#rules.generation) return
    await this.mark()
    this.#rules = { generation, rules }
    this.ctx.storage.kv.put(RULES, this.#rules)
  }

  /** Tells who samples what the rules are and what of their reservoirs is for it. */
  sample(client: string, statistics: readonly SamplingStatistics[]): SamplingAnswer {
    const { rules } = this.#rules
    return { rules, targets: this.#quotas.report(rules, client, statistics, Date.now()) }
  }

  samplingSummaries(): readonly SamplingSummary[] {
    return this.#quotas.summaries
  }

  protected clear(): void {
    this.#tables.clear()
    this.#quotas.clear()
    this.#rules = { generation: 0, rules: [DEFAULT_RULE] }
    this.ctx.storage.kv.delete(RULES)
  }

  protected first(name: string) {
    return this.env.TRACE_STORE.getByName(name)
  }

  override async alarm(): Promise<void> {
    // First, for an alarm that fails too often is given up.
    await this.ctx.storage.setAlarm(Date.now() + PRUNE_MS)
    if (this.#tables.prune(Date.now())) await this.ctx.storage.setAlarm(Date.now())
    else if (this.#tables.isEmpty) await this.ctx.storage.deleteAlarm()
  }
}
