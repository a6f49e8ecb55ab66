import type { Account } from '../../../lib/account.ts'
import type { Platform } from '../../../platform.ts'
import { flushUsage } from '../../control/read-usage.ts'
import { formatAmount } from '../amount.ts'
import { monthOf } from '../billing-month.ts'
import type { Budget } from '../budget.ts'
import { KeySpend } from '../key-spend.ts'
import { accountBudgetName } from './billing-records.ts'
import { readPlanMonths } from './read-plan-months.ts'

/** What counts against a key's budget this month, exact as of now. */
export async function keySpending(
  { env, clock }: Pick<Platform, 'env' | 'clock'>,
  account: Account,
  keyId: string,
  { currency }: Budget,
): Promise<{ readonly month: string; readonly spent: string }> {
  await flushUsage(env, account, [keyId])
  const now = clock()
  const month = monthOf(now)
  const plans = (await readPlanMonths(env.DB, account, month, [keyId])).get(keyId)!.plansIn(month)
  const spent = new KeySpend({ plans }, now).spent(currency, id => daysOf(plans, id), now)
  return { month: month.name, spent: formatAmount(spent) }
}

type Plans = ReadonlyArray<{
  readonly planId: string
  readonly days: ReadonlyArray<readonly [day: string, used: number]>
}>

export const daysOf = (plans: Plans, planId: string) =>
  (plans.find(plan => plan.planId === planId)?.days ?? []).map(([day, used]) => ({ day, used }))

/** What keys have spent of the account's budget this month, or have reserved and may still spend. */
export async function accountSpending(
  { env, clock }: Pick<Platform, 'env' | 'clock'>,
  { id }: Account,
): Promise<{ readonly month: string; readonly reserved: string }> {
  const { name } = monthOf(clock())
  const reserved = await env.ACCOUNT_BUDGET.getByName(accountBudgetName(id)).reservedIn(name)
  return { month: name, reserved: formatAmount(BigInt(reserved)) }
}
