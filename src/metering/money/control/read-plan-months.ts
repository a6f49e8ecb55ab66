import type { Account } from '../../../lib/account.ts'
import { utcDay } from '../../../lib/utc-day.ts'
import { type BillingMonth, monthOf } from '../billing-month.ts'
import type { DatedSheet, PriceSheet } from '../price-sheet.ts'
import type { DayCount, PlanMonth } from '../statement.ts'
import { priceSheets } from './billing-records.ts'

/** Months before the one that is billed in which late usage is looked for. */
export const MONTHS_LOOKED_BACK = 3

/** What statements of some keys are made of, as the database had it at one moment. */
export interface KeyMonths {
  readonly keyName: string
  /** The key's plans in a month, with the sheets that have to do with it; plans without any are left out. */
  plansIn(month: BillingMonth): PlanMonth[]
}

interface Membership {
  plan_id: string
  key_id: string
  since: number
  until: number | null
}

interface UsedDay {
  plan_id: string
  key_id: string
  day: string
  used: number
}

/** Sheets by plan, each plan's in the order of their first days. */
async function readSheets(
  db: D1Database,
  account: Account,
): Promise<ReadonlyMap<string, readonly DatedSheet[]>> {
  const { results } = await db
    .prepare(
      `SELECT parent, id, doc FROM resources WHERE account = ? AND region = ? AND kind = '${priceSheets.name}'
       ORDER BY parent, id`,
    )
    .bind(account.id, account.region)
    .all<{ parent: string; id: string; doc: string }>()
  const byPlan = new Map<string, DatedSheet[]>()
  for (const { parent, id, doc } of results) {
    const sheets = byPlan.get(parent) ?? []
    byPlan.set(parent, sheets)
    sheets.push({ from: id, sheet: JSON.parse(doc) as PriceSheet })
  }
  return byPlan
}

/** Of a month and of the few before it. */
export async function readPlanMonths(
  db: D1Database,
  account: Account,
  month: BillingMonth,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, KeyMonths>> {
  const sheets = await readSheets(db, account)
  const first = earliest(month)
  const here = [account.id, account.region, JSON.stringify(keyIds)]
  const planIds = JSON.stringify([...sheets.keys()])
  const [members, used, names] = await db.batch([
    db
      .prepare(
        `SELECT plan_id, key_id, since, until FROM plan_memberships
         WHERE account = ?1 AND region = ?2 AND key_id IN (SELECT value FROM json_each(?3))
         AND since < ?4 AND (until IS NULL OR until >= ?5)`,
      )
      .bind(...here, month.end, first.start),
    db
      .prepare(
        `SELECT plan_id, key_id, day, used FROM usage
         WHERE account = ?1 AND region = ?2 AND key_id IN (SELECT value FROM json_each(?3))
         AND plan_id IN (SELECT value FROM json_each(?6)) AND day BETWEEN ?4 AND ?5 AND used > 0 ORDER BY day`,
      )
      .bind(...here, first.firstDay, month.lastDay, planIds),
    db
      .prepare(
        `SELECT kind, id, name FROM metered_names WHERE account = ?1 AND region = ?2
         AND (kind = 'apigateway.api-key' AND id IN (SELECT value FROM json_each(?3))
           OR kind = 'apigateway.usage-plan' AND id IN (SELECT value FROM json_each(?4)))`,
      )
      .bind(...here, planIds),
  ])
  const memberships = Map.groupBy(members!.results as Membership[], row => row.key_id)
  const usage = Map.groupBy(used!.results as UsedDay[], row => row.key_id)
  const nameOf = new Map(
    (names!.results as { kind: string; id: string; name: string }[]).map(row => [
      `${row.kind} ${row.id}`,
      row.name,
    ]),
  )
  return new Map(
    keyIds.map(keyId => {
      const own = { memberships: memberships.get(keyId) ?? [], usage: usage.get(keyId) ?? [] }
      return [
        keyId,
        {
          keyName: nameOf.get(`apigateway.api-key ${keyId}`) ?? '',
          plansIn: (of: BillingMonth) =>
            planMonths(of, own, sheets, id => nameOf.get(`apigateway.usage-plan ${id}`) ?? ''),
        },
      ]
    }),
  )
}

/** The first of the months that {@link MONTHS_LOOKED_BACK} reaches. */
export const earliest = (month: BillingMonth): BillingMonth => monthsAfter(month, -MONTHS_LOOKED_BACK)

export function monthsAfter({ start }: BillingMonth, months: number): BillingMonth {
  const date = new Date(start)
  return monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1))
}

function planMonths(
  month: BillingMonth,
  { memberships, usage }: { readonly memberships: readonly Membership[]; readonly usage: readonly UsedDay[] },
  sheets: ReadonlyMap<string, readonly DatedSheet[]>,
  planName: (id: string) => string,
): PlanMonth[] {
  const inMonth = memberships.filter(
    ({ since, until }) => since < month.end && (until === null || until >= month.start),
  )
  const days = usage.filter(({ day }) => day >= month.firstDay && day <= month.lastDay)
  const ids = [...new Set([...inMonth, ...days].map(row => row.plan_id))].sort()
  return ids.flatMap(planId => {
    const held = (sheets.get(planId) ?? []).filter(({ from }) => from <= month.lastDay)
    if (held.length === 0) return []
    return {
      planId,
      planName: planName(planId),
      sheets: held,
      memberships: inMonth
        .filter(row => row.plan_id === planId)
        .map(({ since, until }) => ({
          firstDay: utcDay(since),
          ...(until !== null && { lastDay: utcDay(until) }),
        })),
      days: days.filter(row => row.plan_id === planId).map(({ day, used }): DayCount => [day, used]),
    }
  })
}
