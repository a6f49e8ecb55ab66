import type { Account } from '../../../lib/account.ts'
import { DAY_MS, utcDay } from '../../../lib/utc-day.ts'
import { kind } from '../../../records/records.ts'
import type { Budget } from '../budget.ts'
import type { PriceSheet } from '../price-sheet.ts'

/** What a usage plan costs. Parent: the plan's id, also when the plan is gone. Id: the first day on which it holds. */
export const priceSheets = kind<PriceSheet>('weir.price-sheet')

/** What a key may spend in a month. Id: the key's. */
export const keyBudgets = kind<Budget>('weir.key-budget')

/** What an account may spend in a month, in all regions: it is in {@link EVERYWHERE}. */
export const accountBudgets = kind<Budget>('weir.account-budget')

/** The region of what an account has once. */
export const EVERYWHERE = 'global'
export const everywhere = ({ id }: Pick<Account, 'id'>): Account => ({ id, region: EVERYWHERE })

export const ACCOUNT_BUDGET_ID = 'account'

/** Kind of publication that tells an account's budget object. Id: {@link ACCOUNT_BUDGET_ID}, in {@link EVERYWHERE}. */
export const BUDGET_PUBLICATION = 'account-budget'

/**
 * SQL: how many requests of a key, by the columns named, the usage table has of plans with prices since the day ?2.
 * Of ten thousand keys few make most requests, and those are to be seen to first.
 */
export const usedLately = (account: string, region: string, keyId: string): string => `
  (SELECT coalesce(sum(u.used), 0) FROM usage u WHERE u.account = ${account} AND u.region = ${region}
   AND u.plan_id IN (SELECT s.parent FROM resources s WHERE s.account = ${account} AND s.region = ${region}
     AND s.kind = '${priceSheets.name}')
   AND u.key_id = ${keyId} AND u.day >= ?2)`

/** The first day of {@link usedLately}: meters write into the table some hours after a request at the latest. */
export const lately = (now: number): string => utcDay(now - DAY_MS)

/** Name of an account's budget object. */
export const accountBudgetName = (account: string): string => `budgets/${account}`
