import { kind, type Stored } from '../../records/records.ts'
import type { ExtraQuota, Quota, Throttle } from '../key-record.ts'

type Map<T> = Readonly<Record<string, T>>

/** An API key. Alias: SHA-256 of its value, hex; the value is unique in the account and region. */
export interface ApiKeyRecord {
  readonly value: string
  readonly name?: string
  readonly description?: string
  readonly customerId?: string
  readonly enabled: boolean
  /** `apiId/stage`; the association of before there were usage plans. Stored and answered, it lets nothing in. */
  readonly stageKeys: readonly string[]
  /** Epoch seconds, as all dates of these records unless they say otherwise. */
  readonly createdDate: number
  readonly lastUpdatedDate: number
  readonly tags?: Map<string>
  /** Usage plans the key was put on; those that are gone since are dropped when the list is written next. */
  readonly plans: readonly string[]
}

/** AWS allows either half to be left out; see `wholeThrottle` for what that means. */
export type PartialThrottle = Partial<Throttle>

export interface PlanStageRecord {
  readonly apiId: string
  readonly stage: string
  /** By `/path/METHOD`. */
  readonly throttle?: Map<PartialThrottle>
}

export interface UsagePlanRecord {
  readonly name: string
  readonly description?: string
  readonly apiStages: readonly PlanStageRecord[]
  readonly throttle?: PartialThrottle
  readonly quota?: Quota
  readonly productCode?: string
  readonly tags?: Map<string>
}

/** A key on a plan. Parent: the plan's id. Id: the key's. */
export interface PlanKeyRecord {
  /** Epoch milliseconds. */
  readonly since: number
  readonly extraQuota?: ExtraQuota
}

export const apiKeys = kind<ApiKeyRecord>('apigateway.api-key')
export const usagePlans = kind<UsagePlanRecord>('apigateway.usage-plan')
export const planKeys = kind<PlanKeyRecord>('apigateway.usage-plan-key')

export type StoredKey = Stored<ApiKeyRecord>
export type StoredPlan = Stored<UsagePlanRecord>

/**
 * Kind of publication that keeps one key's record up to date. Its id is the hash of the key's value, not the key's id:
 * generations must go on growing when a key is deleted and another one is made with the same value, because both are
 * metered under the hash.
 */
export const KEY_PUBLICATION = 'api-key'

/** Kind of publication that marks all keys of a plan. Id: the plan's. */
export const PLAN_PUBLICATION = 'usage-plan'
