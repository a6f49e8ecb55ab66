import type { Account } from '../../lib/account.ts'

/** What a method was asked for with one key on one day. Requests that were answered well are what is left. */
export interface MethodUsageRow {
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string
  readonly apiId: string
  readonly stage: string
  /** `GET /pets/{id}`; '' for requests that no method fits. */
  readonly method: string
  /** '' without a key. */
  readonly keyId: string
  readonly requests: number
  /** Of these, refused by a rate, of the key, the method or the account, ... */
  readonly throttled: number
  /** ... by the key's quota, ... */
  readonly overQuota: number
  /** ... by a budget; ... */
  readonly overBudget: number
  /** ... answered with another 4xx or with a 5xx, whoever said so. */
  readonly other4xx: number
  readonly errors5xx: number
}

/** Absent texts: all of them. */
export interface MethodUsageQuery {
  readonly account: Account
  /** UTC days, both included. */
  readonly firstDay: string
  readonly lastDay: string
  readonly apiId: string | null
  readonly stage: string | null
  readonly keyId: string | null
}

/** Where a row stands in the order of rows. */
export type MethodUsagePosition = readonly [
  day: string,
  apiId: string,
  stage: string,
  method: string,
  keyId: string,
]

export const positionOf = ({ day, apiId, stage, method, keyId }: MethodUsageRow): MethodUsagePosition => [
  day,
  apiId,
  stage,
  method,
  keyId,
]

/** Rows by day, API, stage, method and key, in this order, after a position. */
export async function readMethodUsage(
  db: D1Database,
  { account, firstDay, lastDay, apiId, stage, keyId }: MethodUsageQuery,
  page: { readonly after: MethodUsagePosition; readonly limit: number },
): Promise<MethodUsageRow[]> {
  const { results } = await db
    .prepare(
      `SELECT day, api_id AS apiId, stage, method, key_id AS keyId, sum(requests) AS requests,
         sum(throttled) AS throttled, sum(over_quota) AS overQuota, sum(over_budget) AS overBudget,
         sum(other_4xx) AS other4xx, sum(errors_5xx) AS errors5xx
       FROM method_usage
       WHERE account = ?1 AND region = ?2 AND day BETWEEN max(?3, ?8) AND ?4
         AND (?5 IS NULL OR api_id = ?5) AND (?6 IS NULL OR stage = ?6) AND (?7 IS NULL OR key_id = ?7)
         AND (day, api_id, stage, method, key_id) > (?8, ?9, ?10, ?11, ?12)
       GROUP BY day, api_id, stage, method, key_id
       ORDER BY day, api_id, stage, method, key_id LIMIT ?13`,
    )
    .bind(account.id, account.region, firstDay, lastDay, apiId, stage, keyId, ...page.after, page.limit)
    .all<MethodUsageRow>()
  return results
}
