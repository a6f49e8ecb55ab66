import type { PeriodLimit } from './ceiling.ts'
import type { RefusalReason } from './lease-protocol.ts'
import type { KeyMoney } from './money/budget.ts'

/** Whose requests are metered: a key's, those of a method of a stage, or all of an account. */
export type MeterKind = 'key' | 'method' | 'account'

/** What the control plane publishes of one API key: all that admission needs to know. */
export interface KeyRecord {
  readonly schema: 1
  /** Grows with every change of the key, its plans or their stages; see {@link isNewer}. */
  readonly version: number
  /** When the key was created, epoch milliseconds: a value may be given to a new key when the old one is deleted. */
  readonly created: number
  readonly account: string
  readonly region: string
  readonly keyId: string
  readonly name: string
  readonly customerId?: string
  readonly enabled: boolean
  /** No key's: a bucket that nobody's usage is told of. See method-throttle.ts and account-limits.ts. */
  readonly kind?: Exclude<MeterKind, 'key'>
  /** What the kind `method` was said by before there were others. */
  readonly ofMethod?: true
  /** The key is gone: refused like one that never was. */
  readonly deleted?: boolean
  /** The usage plans that the key belongs to. AWS allows a key one plan per API stage. */
  readonly plans: readonly KeyPlan[]
  /** What its requests cost, where it or its account has a budget. */
  readonly money?: KeyMoney
}

/** Requests per second, and the bucket's size in requests (API Gateway's ThrottleSettings). */
export interface Throttle {
  readonly rateLimit: number
  readonly burstLimit: number
}

export type QuotaPeriod = 'DAY' | 'WEEK' | 'MONTH'

/** API Gateway's QuotaSettings: `offset` requests are taken off `limit` in the key's first period on the plan. */
export interface Quota {
  readonly limit: number
  readonly offset: number
  readonly period: QuotaPeriod
}

/** A budget: what it costs makes it a number of requests in a period. */
export interface RequestCeiling extends PeriodLimit {
  readonly reason: RefusalReason
  readonly status?: 402 | 429
}

export interface KeyPlan {
  readonly planId: string
  /** When the key joined the plan, epoch milliseconds: the period it falls in is the "initial period" of `offset`. */
  readonly since: number
  readonly throttle?: Throttle
  readonly quota?: Quota
  /** Further ceilings on the plan's requests; a request is refused for the first that has no room, the quota first. */
  readonly ceilings?: readonly RequestCeiling[]
  /** Replies say what the key has left: see `Left`. */
  readonly tellsLimits?: true
  /** What becomes of requests while the key's object is out of reach; absent: they are refused. */
  readonly whenUnreachable?: 'pass'
  readonly stages: readonly PlanStage[]
  /** What UpdateUsage has said; see {@link ExtraQuota}. */
  readonly extraQuota?: ExtraQuota
}

export interface PlanStage {
  readonly apiId: string
  readonly stage: string
  /** Buckets of methods beside the plan's, by AWS's `/path/METHOD` keys. */
  readonly throttle?: Readonly<Record<string, Throttle>>
}

/**
 * "From now on, `remaining` requests are left in the period that began on `periodStart`." The meter applies each
 * serial once, when it first sees it, so a record may be published again without granting anything twice.
 */
export interface ExtraQuota {
  readonly serial: number
  /** First UTC day of the period, `YYYY-MM-DD`. Ignored once that period is over. */
  readonly periodStart: string
  readonly remaining: number
}

/** The name of a key's meter object; with a suffix also of its documents. `valueHash`: SHA-256 of the value, hex. */
export const keyMeterName = (account: string, region: string, valueHash: string): string =>
  `keys/${account}/${region}/${valueHash}`

/** Where the key's {@link KeyRecord} lies in the store. */
export const keyRecordPath = (meterName: string): string => `${meterName}.json`

export const kindOf = ({ kind, ofMethod }: KeyRecord): MeterKind => kind ?? (ofMethod ? 'method' : 'key')

/** The plan that covers a stage of an API, if the key belongs to one. An account has one for all of them. */
export function planFor(record: KeyRecord, apiId: string, stage: string): KeyPlan | undefined {
  if (record.kind === 'account') return record.plans[0]
  return record.plans.find(plan =>
    plan.stages.some(covered => covered.apiId === apiId && covered.stage === stage),
  )
}

/** Whether `record` replaces `known`: publishing may be repeated and reordered freely. */
export function isNewer(record: KeyRecord, known: KeyRecord | undefined): boolean {
  if (!known) return true
  return (
    record.created > known.created || (record.created === known.created && record.version > known.version)
  )
}

/** The record of a stored document. Throws on one that this version of Weir cannot read. */
export function parseKeyRecord(text: string): KeyRecord {
  const record = JSON.parse(text) as KeyRecord
  assertKeyRecord(record)
  return record
}

/** Throws unless the value has the shape of a key record; its writer is our own control plane, so this is brief. */
export function assertKeyRecord(record: KeyRecord): void {
  if (record?.schema !== 1) throw new Error(`key record of unknown schema ${String(record?.schema)}`)
  if (!Number.isSafeInteger(record.version) || !Number.isFinite(record.created))
    throw new Error('key record without a version or a time of creation')
  if (typeof record.keyId !== 'string' || !Array.isArray(record.plans))
    throw new Error('malformed key record')
  for (const { throttle, quota, ceilings = [] } of record.plans as readonly KeyPlan[]) {
    if (throttle && !(throttle.rateLimit >= 0 && throttle.burstLimit >= 0))
      throw new Error(`key record ${record.keyId}: throttle is not a pair of non-negative numbers`)
    if (quota && !(quota.limit >= 0 && quota.offset >= 0))
      throw new Error(`key record ${record.keyId}: quota is not made of non-negative numbers`)
    if (!ceilings.every(({ limit, reason }) => limit >= 0 && typeof reason === 'string'))
      throw new Error(`key record ${record.keyId}: a ceiling is no number of requests with a reason`)
  }
}
