import type { Env } from '../../../env.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Publish } from '../../../records/publications.ts'
import { Records } from '../../../records/records.ts'
import { apiKeys } from '../../control/metering-records.ts'
import { flushUsage } from '../../control/read-usage.ts'
import { keyMeterName } from '../../key-record.ts'
import { type BillingMonth, monthOf } from '../billing-month.ts'
import { KeySpend } from '../key-spend.ts'
import { daysOf } from './answer-spending.ts'
import {
  ACCOUNT_BUDGET_ID,
  accountBudgetName,
  accountBudgets,
  everywhere,
  lately,
  priceSheets,
  usedLately,
} from './billing-records.ts'
import { listBilledKeys } from './issue-statements.ts'
import { readPlanMonths } from './read-plan-months.ts'

const PAGE = 300

/**
 * Keys whose objects are asked for what they have counted, those that are used most: of the others the usage table says
 * what was spent, which may be some hours old for keys that are seldom used. A key that is used again tells by itself.
 */
const MOST_ASKED = 300

export interface Spending {
  readonly holder: string
  readonly meter: string
  /** Nanos. */
  readonly spent: string
}

/** Tells an account's budget object what the budget is, and what the month has cost so far. */
export const publishAccountBudget =
  (env: Env, clock: Clock): Publish =>
  async ({ id, generation }) => {
    const found = await new Records(env.DB, everywhere({ id })).get(accountBudgets, '', ACCOUNT_BUDGET_ID)
    const budget = found?.doc ?? null
    const object = env.ACCOUNT_BUDGET.getByName(accountBudgetName(id))
    const month = monthOf(clock())
    const spendings = budget ? await spentSoFar(env, id, month, budget.currency, clock()) : []
    await object.configure({ version: generation, budget }, month.name, spendings)
  }

async function spentSoFar(
  env: Env,
  id: string,
  month: BillingMonth,
  currency: string,
  now: number,
): Promise<Spending[]> {
  const { results } = await env.DB.prepare(
    `SELECT DISTINCT region FROM resources WHERE account = ? AND kind = '${priceSheets.name}'`,
  )
    .bind(id)
    .all<{ region: string }>()
  const spendings: Spending[] = []
  await flushBusiest(env, id, now)
  for (const { region } of results) {
    const account = { id, region }
    for (let after = ''; ; ) {
      const keyIds = await listBilledKeys(env.DB, account, month, { after, limit: PAGE })
      const [months, hashes] = await Promise.all([
        readPlanMonths(env.DB, account, month, keyIds),
        valueHashes(env.DB, region, id, keyIds),
      ])
      for (const keyId of keyIds) {
        const plans = months.get(keyId)!.plansIn(month)
        const spent = new KeySpend({ plans }, now).spent(currency, planId => daysOf(plans, planId), now)
        // A key that is gone has no object to give anything back.
        const hash = hashes.get(keyId)
        const meter = hash === undefined ? '' : keyMeterName(id, region, hash)
        if (spent > 0n) spendings.push({ holder: `${region}/${keyId}`, meter, spent: String(spent) })
      }
      if (keyIds.length < PAGE) break
      after = keyIds.at(-1)!
    }
  }
  return spendings
}

/** Has the meters of those that are used most write down what they have counted. */
async function flushBusiest(env: Env, id: string, now: number): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT DISTINCT m.region, m.key_id AS id, ${usedLately('m.account', 'm.region', 'm.key_id')} AS used
     FROM plan_memberships m JOIN resources s ON s.account = m.account AND s.region = m.region
       AND s.kind = '${priceSheets.name}' AND s.parent = m.plan_id
     WHERE m.account = ?1 AND (m.until IS NULL OR m.until >= ?4) ORDER BY used DESC LIMIT ?3`,
  )
    .bind(id, lately(now), MOST_ASKED, monthOf(now).start)
    .all<{ region: string; id: string }>()
  for (const [region, rows] of Map.groupBy(results, row => row.region)) {
    const keyIds = rows.map(row => row.id)
    await flushUsage(env, { id, region }, keyIds)
  }
}

async function valueHashes(
  db: D1Database,
  region: string,
  account: string,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { results } = await db
    .prepare(
      `SELECT id, alias FROM resources WHERE account = ? AND region = ? AND kind = '${apiKeys.name}' AND parent = ''
       AND id IN (SELECT value FROM json_each(?))`,
    )
    .bind(account, region, JSON.stringify(keyIds))
    .all<{ id: string; alias: string }>()
  return new Map(results.map(row => [row.id, row.alias]))
}
