import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { objectMark } from '../../lib/object-marks.ts'
import { DAY_MS, utcDay } from '../../lib/utc-day.ts'
import { keyMeterName, type Quota } from '../key-record.ts'
import { periodOf } from '../quota-period.ts'
import { apiKeys, type PlanKeyRecord, planKeys } from './metering-records.ts'

/** Requests made on a day and what the quota had left when it ended. */
export type DayUsage = readonly [used: number, remaining: number]

/**
 * What a plan without a quota has left: AWS documents no number for it. The largest that every client reads exactly,
 * so that nobody who watches for a small one is alarmed.
 */
export const UNLIMITED = Number.MAX_SAFE_INTEGER

const SIDE_BY_SIDE = 6

export interface UsageQuery {
  readonly account: Account
  readonly planId: string
  /** UTC days, `YYYY-MM-DD`, both included. */
  readonly firstDay: string
  readonly lastDay: string
}

/** Ids of keys that are on the plan or were used on it within the days, in order. */
export async function listUsedKeys(
  db: D1Database,
  query: UsageQuery,
  page: { after: string; limit: number },
): Promise<string[]> {
  const { account, planId, firstDay, lastDay } = query
  const { results } = await db
    .prepare(
      `SELECT key_id AS id FROM usage
       WHERE account = ?1 AND region = ?2 AND plan_id = ?3 AND day BETWEEN ?4 AND ?5 AND key_id > ?6
       UNION SELECT id FROM resources
       WHERE account = ?1 AND region = ?2 AND kind = ?7 AND parent = ?3 AND id > ?6
       ORDER BY id LIMIT ?8`,
    )
    .bind(account.id, account.region, planId, firstDay, lastDay, page.after, planKeys.name, page.limit)
    .all<{ id: string }>()
  return results.map(row => row.id)
}

/**
 * Has the keys' meters write down what they counted so far. A key that was never used has no meter, and none is made
 * for it: a meter is placed near its first caller.
 */
export async function flushUsage(env: Env, account: Account, keyIds: readonly string[]): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT alias FROM resources WHERE account = ?1 AND region = ?2 AND kind = ?3 AND parent = ''
     AND id IN (SELECT value FROM json_each(?4))`,
  )
    .bind(account.id, account.region, apiKeys.name, JSON.stringify(keyIds))
    .all<{ alias: string }>()
  const names = results.map(row => keyMeterName(account.id, account.region, row.alias))
  const worker = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (await env.STORE.head(objectMark(name))) await env.KEY_METER.getByName(name).flushUsage()
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
}

interface UsageRow {
  key_id: string
  day: string
  used: number
  remaining: number | null
}

/** Usage by key, one entry a day from the first to the last. */
export async function readUsage(
  db: D1Database,
  query: UsageQuery,
  keyIds: readonly string[],
  quota: Quota | undefined,
): Promise<Map<string, DayUsage[]>> {
  const { account, planId, firstDay, lastDay } = query
  // From before the first day, as far as a period may reach back: what was left of it holds on.
  const from = quota ? periodOf(quota.period, Date.parse(firstDay)).firstDay : firstDay
  const { results } = await db
    .prepare(
      `SELECT key_id, day, used, remaining FROM usage
       WHERE account = ?1 AND region = ?2 AND plan_id = ?3 AND day BETWEEN ?4 AND ?5
       AND key_id IN (SELECT value FROM json_each(?6))`,
    )
    .bind(account.id, account.region, planId, from, lastDay, JSON.stringify(keyIds))
    .all<UsageRow>()
  const byKey = Map.groupBy(results, row => row.key_id)
  const members = quota ? await readMembers(db, query, keyIds) : new Map<string, PlanKeyRecord>()
  const range = { from, firstDay, lastDay }
  return new Map(keyIds.map(id => [id, fillDays(byKey.get(id) ?? [], range, quota, members.get(id))]))
}

async function readMembers(
  db: D1Database,
  { account, planId }: UsageQuery,
  keyIds: readonly string[],
): Promise<Map<string, PlanKeyRecord>> {
  const { results } = await db
    .prepare(
      `SELECT id, doc FROM resources WHERE account = ?1 AND region = ?2 AND kind = ?3 AND parent = ?4
       AND id IN (SELECT value FROM json_each(?5))`,
    )
    .bind(account.id, account.region, planKeys.name, planId, JSON.stringify(keyIds))
    .all<{ id: string; doc: string }>()
  return new Map(results.map(({ id, doc }) => [id, JSON.parse(doc) as PlanKeyRecord]))
}

/**
 * A day without requests has left what the day before had, or a whole quota when a period begins with it. A key that
 * was not used in a period has no meter to tell of it: `member` says what its quota began with, or was set to.
 */
export function fillDays(
  rows: readonly Pick<UsageRow, 'day' | 'used' | 'remaining'>[],
  { from, firstDay, lastDay }: { from: string; firstDay: string; lastDay: string },
  quota: Quota | undefined,
  member?: PlanKeyRecord,
): DayUsage[] {
  const byDay = new Map(rows.map(row => [row.day, row]))
  const joinedOn = member && utcDay(member.since)
  const { extraQuota } = member ?? {}
  const setOn = extraQuota && utcDay(extraQuota.serial)
  const days: DayUsage[] = []
  let left = quota?.limit ?? UNLIMITED
  let isTold = false
  for (let at = Date.parse(from); at <= Date.parse(lastDay); at += DAY_MS) {
    const day = utcDay(at)
    const row = byDay.get(day)
    if (quota) {
      const period = periodOf(quota.period, at)
      if (period.start === at) {
        left = quota.limit
        isTold = false
      }
      if (!isTold && day === joinedOn) left = Math.max(0, quota.limit - quota.offset)
      if (!isTold && day === setOn && extraQuota!.periodStart === period.firstDay)
        left = extraQuota!.remaining
    }
    if (row) {
      left = row.remaining ?? left
      isTold = true
    }
    if (day >= firstDay) days.push([row?.used ?? 0, left])
  }
  return days
}
