import { isJsonObject } from '../../lib/json-object.ts'
import { formatAmount, parseAmount } from './amount.ts'
import { isCurrency } from './currency.ts'
import type { DatedSheet } from './price-sheet.ts'

/**
 * What requests of a calendar month (UTC) may cost at the most. Monthly fees do not count, since refusing requests
 * saves none, nor do plans that are priced in another currency.
 */
export interface Budget {
  /** ISO 4217 */
  readonly currency: string
  /** A decimal text. */
  readonly amount: string
  /** What requests beyond it are answered: Payment Required, or Too Many Requests as for quotas. */
  readonly status: 402 | 429
  readonly message?: string
}

/** What admission has to know of money: present only where there is a budget. */
export interface KeyMoney {
  readonly budget?: Budget
  /** The account has a budget in this currency, and its object says what the key may spend of it. */
  readonly account?: { readonly currency: string }
  /** Plans that the key is on, or was on this month, with all sheets that hold or will hold. */
  readonly plans: ReadonlyArray<{ readonly planId: string; readonly sheets: readonly DatedSheet[] }>
}

const LONGEST_MESSAGE = 256
const MEMBERS = new Set(['currency', 'amount', 'status', 'message'])

/** Reads a budget that somebody wrote; a text says what is wrong with it. */
export function readBudget(given: unknown): Budget | string {
  if (!isJsonObject(given)) return 'A budget is an object'
  const unknown = Object.keys(given).find(name => !MEMBERS.has(name))
  if (unknown !== undefined) return `A budget has no ${JSON.stringify(unknown)}`
  const { currency, amount: text, status = 402, message } = given
  if (!isCurrency(currency)) return 'currency has to be a code of ISO 4217, such as "EUR"'
  const amount = parseAmount(text)
  if (amount === undefined || amount < 0n)
    return 'amount is an amount in decimal digits, as a text such as "25.00": at most nine on either side of the point'
  if (status !== 402 && status !== 429) return 'status is 402 or 429'
  if (message !== undefined && !(typeof message === 'string' && /^[^\p{C}]{1,256}$/u.test(message)))
    return `message is a text of 1 to ${LONGEST_MESSAGE} characters`
  return { currency, amount: formatAmount(amount), status, ...(message !== undefined && { message }) }
}
