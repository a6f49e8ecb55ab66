import type { Env } from '../../../env.ts'
import { DAY_MS } from '../../../lib/utc-day.ts'
import { monthOf } from '../billing-month.ts'
import { priceSheets } from './billing-records.ts'
import { CLOSES_AFTER_MS, giveStatements } from './issue-statements.ts'

/** A statement takes some queries, of the 1,000 that an invocation has. */
const MOST_AT_ONCE = 100

/** Nearly all are issued in the month's first days; later ones are looked for once an hour. */
const EARLY_MS = 2 * DAY_MS

/**
 * Issues statements of the month that is over, some at a time: nobody has to ask for one that its month be closed. What
 * one account's cannot be issued for holds up no other.
 *
 * @returns how many were issued
 */
export async function issueDueStatements(env: Env, now: number): Promise<number> {
  const month = monthOf(monthOf(now).start - 1)
  if (now < month.end + CLOSES_AFTER_MS) return 0
  if (now >= month.end + EARLY_MS && new Date(now).getUTCMinutes() !== 0) return 0
  const { results } = await env.DB.prepare(
    `SELECT DISTINCT m.account, m.region, m.key_id FROM plan_memberships m
     JOIN resources s ON s.account = m.account AND s.region = m.region AND s.kind = '${priceSheets.name}'
       AND s.parent = m.plan_id AND s.id <= ?1
     WHERE m.since < ?2 AND (m.until IS NULL OR m.until >= ?3) AND NOT EXISTS (
       SELECT 1 FROM statements d WHERE d.account = m.account AND d.region = m.region AND d.month = ?4
       AND d.key_id = m.key_id)
     ORDER BY random() LIMIT ?5`,
  )
    .bind(month.lastDay, month.end, monthOf(month.start - 1).start, month.name, MOST_AT_ONCE)
    .all<{ account: string; region: string; key_id: string }>()
  const groups = Map.groupBy(results, ({ account, region }) => `${account} ${region}`)
  let issued = 0
  for (const rows of groups.values()) {
    const [{ account: id, region }] = rows as [(typeof rows)[number]]
    const keyIds = rows.map(row => row.key_id)
    try {
      await giveStatements(env, { id, region }, month, keyIds, now)
      issued += keyIds.length
    } catch (error) {
      console.warn(`statements of account ${id} for ${month.name} wait on`, error)
    }
  }
  return issued
}
