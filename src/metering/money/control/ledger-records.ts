import type { Account } from '../../../lib/account.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { formatAmount, NANOS_PER_UNIT, type Nanos } from '../amount.ts'
import { type EntryKind, type LedgerEntry, sumsOf } from '../ledger.ts'
import type { Credit } from '../statement.ts'

/** What SQLite keeps in an integer. */
const MOST = 2n ** 63n - 1n

/**
 * Statements that post an entry; in a batch they are all done or none. An entry whose id is taken fails the batch with
 * a UNIQUE constraint.
 */
export function postingStatements(
  db: D1Database,
  account: Account,
  entry: LedgerEntry,
  at: number,
): D1PreparedStatement[] {
  const { id, kind, keyId, memo, postings } = entry
  if ([...sumsOf(postings).values()].some(sum => sum !== 0n)) throw new Error(`entry ${id} does not balance`)
  const tooLarge = postings.some(({ amount }) => amount > MOST || amount < -MOST)
  if (tooLarge) throw new Refusal('LimitExceededException', 'The amount is more than the ledger can keep')
  return [
    ...postings.map(({ ledgerAccount, currency, amount }, line) =>
      db
        .prepare('INSERT INTO ledger_postings VALUES (?, ?, ?, ?, ?, ?, CAST(? AS INTEGER))')
        .bind(account.id, account.region, id, line, ledgerAccount, currency, String(amount)),
    ),
    db
      .prepare('INSERT INTO ledger_entries VALUES (?, ?, ?, ?, ?, ?, ?)')
      .bind(account.id, account.region, id, at, kind, keyId, memo),
  ]
}

/** Posts an entry once; false when there is one of its id already. */
export async function postEntry(
  db: D1Database,
  account: Account,
  entry: LedgerEntry,
  at: number,
): Promise<boolean> {
  try {
    await db.batch(postingStatements(db, account, entry, at))
    return true
  } catch (error) {
    if (isTaken(error)) return false
    throw error
  }
}

export const isTaken = (error: unknown): boolean => String(error).includes('UNIQUE constraint failed')

export interface PostedEntry {
  readonly id: string
  readonly kind: EntryKind
  readonly keyId: string
  readonly memo: string
  /** ISO 8601 */
  readonly postedAt: string
  readonly postings: ReadonlyArray<{
    readonly ledgerAccount: string
    readonly currency: string
    /** Debits positive, credits negative. */
    readonly amount: string
  }>
}

interface EntryRow {
  id: string
  kind: EntryKind
  key_id: string
  memo: string
  posted_at: number
  postings: string
}

// Amounts leave as texts: as numbers they would lose digits.
const ENTRIES = `
SELECT e.id, e.kind, e.key_id, e.memo, e.posted_at,
  (SELECT json_group_array(json_array(p.ledger_account, p.currency, CAST(p.amount AS TEXT))) FROM ledger_postings p
   WHERE p.account = e.account AND p.region = e.region AND p.entry_id = e.id) AS postings
FROM ledger_entries e WHERE e.account = ?1 AND e.region = ?2`

/** Entries in the order of their ids, of one key or of all, after the id given. */
export async function listEntries(
  db: D1Database,
  account: Account,
  { keyId, after, limit }: { keyId?: string; after: string; limit: number },
): Promise<PostedEntry[]> {
  const { results } = await db
    .prepare(`${ENTRIES} AND e.id > ?3 AND (?4 = '' OR e.key_id = ?4) ORDER BY e.id LIMIT ?5`)
    .bind(account.id, account.region, after, keyId ?? '', limit)
    .all<EntryRow>()
  return results.map(postedEntry)
}

export async function findEntry(
  db: D1Database,
  account: Account,
  id: string,
): Promise<PostedEntry | undefined> {
  const row = await db
    .prepare(`${ENTRIES} AND e.id = ?3`)
    .bind(account.id, account.region, id)
    .first<EntryRow>()
  return row ? postedEntry(row) : undefined
}

const postedEntry = ({ id, kind, key_id, memo, posted_at, postings }: EntryRow): PostedEntry => ({
  id,
  kind,
  keyId: key_id,
  memo,
  postedAt: new Date(posted_at).toISOString(),
  postings: (JSON.parse(postings) as [string, string, string][]).map(([ledgerAccount, currency, amount]) => ({
    ledgerAccount,
    currency,
    amount: formatAmount(BigInt(amount)),
  })),
})

export interface Balance {
  readonly ledgerAccount: string
  readonly currency: string
  readonly balance: string
}

export interface TrialBalance {
  readonly balances: readonly Balance[]
  /** Of all balances, by currency: 0 for books that are in balance. */
  readonly sums: ReadonlyArray<{ readonly currency: string; readonly sum: string }>
}

// Whole units and the rest apart: a sum of all amounts might not fit into an integer.
const SUMS = `CAST(sum(amount / ${NANOS_PER_UNIT}) AS TEXT) AS units, CAST(sum(amount % ${NANOS_PER_UNIT}) AS TEXT) AS rest`

interface SumRow {
  ledger_account: string
  currency: string
  units: string
  rest: string
}

const sumOf = ({ units, rest }: Pick<SumRow, 'units' | 'rest'>): Nanos =>
  BigInt(units) * NANOS_PER_UNIT + BigInt(rest)

/** Balances of ledger accounts whose names begin with `prefix`. */
export async function trialBalance(db: D1Database, account: Account, prefix = ''): Promise<TrialBalance> {
  const { results } = await db
    .prepare(
      `SELECT ledger_account, currency, ${SUMS} FROM ledger_postings
       WHERE account = ?1 AND region = ?2 AND substr(ledger_account, 1, length(?3)) = ?3
       GROUP BY ledger_account, currency ORDER BY ledger_account, currency`,
    )
    .bind(account.id, account.region, prefix)
    .all<SumRow>()
  const sums = new Map<string, Nanos>()
  for (const row of results) sums.set(row.currency, (sums.get(row.currency) ?? 0n) + sumOf(row))
  return {
    balances: results.map(row => ({
      ledgerAccount: row.ledger_account,
      currency: row.currency,
      balance: formatAmount(sumOf(row)),
    })),
    sums: [...sums].map(([currency, sum]) => ({ currency, sum: formatAmount(sum) })),
  }
}

/** Credits that keys were given between two moments (epoch milliseconds, the later one not included). */
export async function readCredits(
  db: D1Database,
  account: Account,
  keyIds: readonly string[],
  from: number,
  to: number,
): Promise<ReadonlyMap<string, Credit[]>> {
  const { results } = await db
    .prepare(
      `SELECT e.key_id, e.id, e.memo, p.currency, CAST(p.amount AS TEXT) AS amount
       FROM ledger_entries e JOIN ledger_postings p
         ON p.account = e.account AND p.region = e.region AND p.entry_id = e.id AND p.ledger_account = 'credits'
       WHERE e.account = ?1 AND e.region = ?2 AND e.kind = 'credit' AND e.posted_at >= ?4 AND e.posted_at < ?5
         AND e.key_id IN (SELECT value FROM json_each(?3)) ORDER BY e.posted_at, e.id`,
    )
    .bind(account.id, account.region, JSON.stringify(keyIds), from, to)
    .all<{ key_id: string; id: string; memo: string; currency: string; amount: string }>()
  const credits = new Map<string, Credit[]>()
  for (const { key_id, id, memo, currency, amount } of results) {
    const own = credits.get(key_id) ?? []
    credits.set(key_id, own)
    own.push({ entryId: id, memo, currency, amount: BigInt(amount) })
  }
  return credits
}
