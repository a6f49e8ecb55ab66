import type { KeyRecord } from './key-record.ts'

/**
 * What is written down of one key, plan and UTC day. The row with the highest `rev` of a key and plan also tells
 * the state of the plan's bucket, so that a block of admissions costs one row written.
 */
export interface UsageRow {
  readonly keyId: string
  readonly planId: string
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string
  /** Requests admitted on the day, including those of a block that is reserved and not used yet. */
  readonly used: number
  /** What was left of the quota when the day ended (or now, for today); null without a quota. */
  readonly remaining: number | null
  /** Grows with every row that the object writes. */
  readonly rev: number
  /** The `rev` that the usage table already has. */
  readonly rolled: number
  /** Tokens that are in the bucket at `at` even if all of the reserved block is used; null without a throttle. */
  readonly level: number | null
  /** On the object's clock. Nothing is granted later than this without another row. */
  readonly at: number
  /** At most so many tokens are out on leases until another row is written. */
  readonly held: number
  /** The same of the plan's buckets of methods, as `PlanBuckets` reads it; absent in rows of before it had any. */
  readonly methods?: string | null
  /** Which leases the held tokens are out on, as far as they are named: `NamedLeases` reads it. */
  readonly leases?: string | null
  /** It is true until another row is written, however late: at no time are fewer tokens in the bucket. */
  readonly lasting?: boolean
}

/** What a quota period counts on top of the usage of its days: the offset of the first one, or what UpdateUsage set. */
export interface AdjustmentRow {
  readonly keyId: string
  readonly planId: string
  /** Kind and first day, such as `WEEK 2026-11-22`. */
  readonly period: string
  readonly adjust: number
  /** Of the last {@link ExtraQuota} that was applied; 0 for none. */
  readonly serial: number
}

export interface MeterRows {
  readonly usage: readonly UsageRow[]
  readonly adjustments: readonly AdjustmentRow[]
}

export interface SavedMeter extends MeterRows {
  readonly record?: KeyRecord
}

/** Where a meter's parts put what has to be written down before the answer leaves. */
export interface Saves {
  nextRev(): number
  usage(row: UsageRow): void
  adjustment(row: AdjustmentRow): void
}
