import type { Account } from '../../../lib/account.ts'
import { monthOf } from '../billing-month.ts'
import type { Budget, KeyMoney } from '../budget.ts'
import type { DatedSheet, PriceSheet } from '../price-sheet.ts'
import { accountBudgets, EVERYWHERE, keyBudgets, priceSheets } from './billing-records.ts'

/** What admission has to know of a key's money; undefined where neither it nor its account has a budget. */
export async function readKeyMoney(
  db: D1Database,
  { id, region }: Account,
  keyId: string,
  now: number,
): Promise<KeyMoney | undefined> {
  const { results: budgets } = await db
    .prepare(
      `SELECT kind, doc FROM resources WHERE account = ?1 AND parent = '' AND (
         region = ?2 AND kind = '${keyBudgets.name}' AND id = ?3
         OR region = '${EVERYWHERE}' AND kind = '${accountBudgets.name}')`,
    )
    .bind(id, region, keyId)
    .all<{ kind: string; doc: string }>()
  if (budgets.length === 0) return undefined
  const budgetOf = (kind: string): Budget | undefined => {
    const row = budgets.find(each => each.kind === kind)
    return row && (JSON.parse(row.doc) as Budget)
  }
  const budget = budgetOf(keyBudgets.name)
  const account = budgetOf(accountBudgets.name)
  const month = monthOf(now)
  const { results } = await db
    .prepare(
      `SELECT parent, id, doc FROM resources WHERE account = ?1 AND region = ?2 AND kind = '${priceSheets.name}'
       AND parent IN (SELECT plan_id FROM plan_memberships
         WHERE account = ?1 AND region = ?2 AND key_id = ?3 AND (until IS NULL OR until >= ?4))
       ORDER BY parent, id`,
    )
    .bind(id, region, keyId, month.start)
    .all<{ parent: string; id: string; doc: string }>()
  return {
    ...(budget && { budget }),
    ...(account && { account: { currency: account.currency } }),
    plans: [...Map.groupBy(results, row => row.parent)].map(([planId, rows]) => ({
      planId,
      sheets: sinceMonth(
        rows.map(row => ({ from: row.id, sheet: JSON.parse(row.doc) as PriceSheet })),
        month.firstDay,
      ),
    })),
  }
}

/** The sheets that hold on a day or later: what held before has no say any more. */
function sinceMonth(sheets: readonly DatedSheet[], firstDay: string): DatedSheet[] {
  const inForce = sheets.findLastIndex(({ from }) => from <= firstDay)
  return sheets.slice(Math.max(0, inForce))
}
