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
export const ACCOUNT_BUDGET_ID = 'account'

/** Kind of publication that tells an account's budget object. Id: {@link ACCOUNT_BUDGET_ID}, in {@link EVERYWHERE}. */
export const BUDGET_PUBLICATION = 'account-budget'

/** Name of an account's budget object. */
export const accountBudgetName = (account: string): string => `budgets/${account}`
