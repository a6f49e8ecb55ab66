import { amountOf, type Nanos } from './amount.ts'
import type { Statement } from './statement.ts'

/** One side of an entry. Debits are positive, credits negative. */
export interface Posting {
  readonly ledgerAccount: string
  readonly currency: string
  readonly amount: Nanos
}

export type EntryKind = 'statement' | 'payment' | 'credit' | 'refund'

/** Something that happened, by double entry: its postings sum to zero in every currency. */
export interface LedgerEntry {
  /** Unique in the account and region: the same entry is posted once, however often it is said. */
  readonly id: string
  readonly kind: EntryKind
  readonly keyId: string
  readonly memo: string
  readonly postings: readonly Posting[]
}

/** Accounts of the ledger. */
export const receivable = (keyId: string): string => `receivable/${keyId}`
export const revenue = (planId: string): string => `revenue/${planId}`
const ROUNDING = 'rounding'
const CASH = 'cash'
const CREDITS = 'credits'

/** What issuing a statement posts. Its credits were posted when they were given. */
export function entryOfStatement(statement: Statement): LedgerEntry {
  const { id, keyId, month, lines, totals } = statement
  const postings: Posting[] = []
  for (const { currency, charges, rounding } of totals) {
    const amount = amountOf(charges) + amountOf(rounding)
    postings.push({ ledgerAccount: receivable(keyId), currency, amount })
    const byPlan = new Map<string, Nanos>()
    for (const line of lines) {
      if (line.type === 'credit' || line.currency !== currency) continue
      byPlan.set(line.planId, (byPlan.get(line.planId) ?? 0n) - amountOf(line.amount))
    }
    for (const [planId, earned] of byPlan)
      postings.push({ ledgerAccount: revenue(planId), currency, amount: earned })
    postings.push({ ledgerAccount: ROUNDING, currency, amount: -amountOf(rounding) })
  }
  return {
    id: `statement/${id}`,
    kind: 'statement',
    keyId,
    memo: `Statement of ${month}`,
    postings: postings.filter(({ amount }) => amount !== 0n),
  }
}

/** What a key paid, was credited or was paid back: `amount` is more than 0. */
export function ownersEntry(
  kind: Exclude<EntryKind, 'statement'>,
  about: { id: string; keyId: string; memo: string; currency: string; amount: Nanos },
): LedgerEntry {
  const { id, keyId, memo, currency, amount } = about
  const against = kind === 'credit' ? CREDITS : CASH
  const owed = kind === 'refund' ? amount : -amount
  return {
    id: `${kind}/${id}`,
    kind,
    keyId,
    memo,
    postings: [
      { ledgerAccount: against, currency, amount: -owed },
      { ledgerAccount: receivable(keyId), currency, amount: owed },
    ],
  }
}

/** Sums by currency: all zero for what is in balance. */
export function sumsOf(postings: readonly Posting[]): ReadonlyMap<string, Nanos> {
  const sums = new Map<string, Nanos>()
  for (const { currency, amount } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + amount)
  return sums
}
