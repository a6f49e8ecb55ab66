import type { Env } from '../../../env.ts'
import type { Account } from '../../../lib/account.ts'
import { sha256Hex } from '../../../lib/hash.ts'
import { flushUsage } from '../../control/read-usage.ts'
import { type BillingMonth, monthOf, readMonth } from '../billing-month.ts'
import { findLateUsage } from '../late-usage.ts'
import { entryOfStatement } from '../ledger.ts'
import { makeStatement, type Statement } from '../statement.ts'
import { priceSheets } from './billing-records.ts'
import { isTaken, postingStatements, readCredits } from './ledger-records.ts'
import { earliest, readPlanMonths } from './read-plan-months.ts'

/**
 * A month's statements become final so long after its end, milliseconds: until then meters write down what was counted
 * last, those of deleted keys by themselves.
 */
export const CLOSES_AFTER_MS = 3_600_000

/** A statement as it is answered: of a final one the very text that its hash is of. */
export interface GivenStatement {
  readonly statement: Statement
  readonly text: string
  readonly sha256?: string
  /** Epoch milliseconds. */
  readonly issuedAt?: number
}

/**
 * Ids of keys that a month has statements of, in order: those that were on a priced plan in it, or in the month before,
 * of which some usage may have been late.
 */
export async function listBilledKeys(
  db: D1Database,
  account: Account,
  month: BillingMonth,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT key_id AS id FROM plan_memberships WHERE account = ?1 AND region = ?2 AND since < ?5
       AND (until IS NULL OR until >= ?4) AND key_id > ?6 AND plan_id IN (
         SELECT parent FROM resources WHERE account = ?1 AND region = ?2 AND kind = '${priceSheets.name}' AND id <= ?3)
       ORDER BY id LIMIT ?7`,
    )
    .bind(account.id, account.region, month.lastDay, monthOf(month.start - 1).start, month.end, after, limit)
    .all<{ id: string }>()
  return results.map(row => row.id)
}

/**
 * Statements of some keys for a month, exact as of now. When the month is over they are issued: written down with what
 * they post to the ledger, in one transaction, and from then on they are what was written.
 */
export async function giveStatements(
  env: Env,
  account: Account,
  month: BillingMonth,
  keyIds: readonly string[],
  now: number,
): Promise<GivenStatement[]> {
  const isOver = now >= month.end + CLOSES_AFTER_MS
  const issued = isOver ? await readIssued(env.DB, account, keyIds, month.name, month.name) : []
  const known = new Map(issued.map(given => [given.statement.keyId, given]))
  const missing = keyIds.filter(keyId => !known.has(keyId))
  for (const statement of await compose(env, account, month, missing, isOver)) {
    known.set(statement.keyId, isOver ? await issue(env.DB, account, statement, now) : given(statement))
  }
  return keyIds.map(keyId => known.get(keyId)!)
}

const given = (statement: Statement): GivenStatement => ({ statement, text: JSON.stringify(statement) })

async function compose(
  env: Env,
  account: Account,
  month: BillingMonth,
  keyIds: readonly string[],
  isOver: boolean,
): Promise<Statement[]> {
  if (keyIds.length === 0) return []
  await flushUsage(env, account, keyIds)
  const [months, credits, earlier] = await Promise.all([
    readPlanMonths(env.DB, account, month, keyIds),
    readCredits(env.DB, account, keyIds, month.start, month.end),
    readIssued(env.DB, account, keyIds, earliest(month).name, month.name),
  ])
  return keyIds.map(keyId => {
    const { keyName, plansIn } = months.get(keyId)!
    const before = earlier
      .map(({ statement }) => statement)
      .filter(statement => statement.keyId === keyId && statement.month < month.name)
    const late = findLateUsage(before, name => plansIn(readMonth(name)!))
    const about = { account: account.id, region: account.region, keyId, keyName }
    const status = isOver ? 'final' : 'open'
    return makeStatement({ ...about, status }, month, plansIn(month), late, credits.get(keyId) ?? [])
  })
}

/** Writes a statement down for good; of several who do so at once all get the one that was first. */
async function issue(
  db: D1Database,
  account: Account,
  statement: Statement,
  now: number,
): Promise<GivenStatement> {
  const text = JSON.stringify(statement)
  const sha256 = await sha256Hex(new TextEncoder().encode(text))
  const { month, keyId } = statement
  const entry = entryOfStatement(statement)
  try {
    await db.batch([
      db
        .prepare('INSERT INTO statements VALUES (?, ?, ?, ?, ?, ?, ?)')
        .bind(account.id, account.region, month, keyId, now, sha256, text),
      ...(entry.postings.length > 0 ? postingStatements(db, account, entry, now) : []),
    ])
  } catch (error) {
    const [first] = isTaken(error) ? await readIssued(db, account, [keyId], month, month) : []
    if (!first) throw error
    return first
  }
  return { statement, text, sha256, issuedAt: now }
}

/** Final statements of keys and of months from the one to the other, in the order of the months. */
async function readIssued(
  db: D1Database,
  account: Account,
  keyIds: readonly string[],
  from: string,
  to: string,
): Promise<GivenStatement[]> {
  const { results } = await db
    .prepare(
      `SELECT issued_at, sha256, document FROM statements
       WHERE account = ?1 AND region = ?2 AND key_id IN (SELECT value FROM json_each(?3)) AND month BETWEEN ?4 AND ?5
       ORDER BY month`,
    )
    .bind(account.id, account.region, JSON.stringify(keyIds), from, to)
    .all<{ issued_at: number; sha256: string; document: string }>()
  return results.map(({ issued_at, sha256, document }) => ({
    statement: JSON.parse(document) as Statement,
    text: document,
    sha256,
    issuedAt: issued_at,
  }))
}
