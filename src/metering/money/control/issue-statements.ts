import type { Env } from '../../../env.ts'
import type { Account } from '../../../lib/account.ts'
import { sha256Hex } from '../../../lib/hash.ts'
import { flushUsage } from '../../control/read-usage.ts'
import { type BillingMonth, monthOf, readMonth } from '../billing-month.ts'
import { findLateUsage } from '../late-usage.ts'
import { entryOfStatement } from '../ledger.ts'
import { makeStatement, type Statement } from '../statement.ts'
import { priceSheets } from './billing-records.ts'
import { postingStatements, readCredits } from './ledger-records.ts'
import { earliest, MONTHS_LOOKED_BACK, monthsAfter, readPlanMonths } from './read-plan-months.ts'

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
  for (const { statement, besides } of await compose(env, account, month, missing, isOver)) {
    const { keyId } = statement
    const done = isOver ? await issue(env.DB, account, statement, besides, now) : given(statement)
    // Another month was issued meanwhile, which may have charged the same late usage.
    known.set(keyId, done ?? (await giveStatements(env, account, month, [keyId], now))[0]!)
  }
  return keyIds.map(keyId => known.get(keyId)!)
}

/** What was made of all that is known, and how many final statements of other months of the key were among it. */
interface Composed {
  readonly statement: Statement
  readonly besides: number
}

/** The months whose statements may have charged late usage of the same months as this one's. */
const besidesOf = (month: BillingMonth) => ({
  from: earliest(month).name,
  to: monthsAfter(month, MONTHS_LOOKED_BACK).name,
})

const given = (statement: Statement): GivenStatement => ({ statement, text: JSON.stringify(statement) })

async function compose(
  env: Env,
  account: Account,
  month: BillingMonth,
  keyIds: readonly string[],
  isOver: boolean,
): Promise<Composed[]> {
  if (keyIds.length === 0) return []
  await flushUsage(env, account, keyIds)
  const { from, to } = besidesOf(month)
  // Statements before usage: what one of them has charged is then not taken for late.
  const issued = await readIssued(env.DB, account, keyIds, from, to)
  const [months, credits] = await Promise.all([
    readPlanMonths(env.DB, account, month, keyIds),
    readCredits(env.DB, account, keyIds, month.start, month.end),
  ])
  return keyIds.map(keyId => {
    const { keyName, plansIn } = months.get(keyId)!
    const others = issued.map(({ statement }) => statement).filter(statement => statement.keyId === keyId)
    const late = findLateUsage(others, month.name, name => plansIn(readMonth(name)!))
    const about = { account: account.id, region: account.region, keyId, keyName }
    const status = isOver ? 'final' : 'open'
    const own = credits.get(keyId) ?? []
    const statement = makeStatement({ ...about, status }, month, plansIn(month), late, own)
    return { statement, besides: others.length }
  })
}

/**
 * Writes a statement down for good; of several who do so at once all get the one that was first. Undefined when it was
 * made without knowing a statement of another month that there is now.
 */
async function issue(
  db: D1Database,
  account: Account,
  statement: Statement,
  besides: number,
  now: number,
): Promise<GivenStatement | undefined> {
  const text = JSON.stringify(statement)
  const sha256 = await sha256Hex(new TextEncoder().encode(text))
  const { month, keyId } = statement
  const { from, to } = besidesOf(readMonth(month)!)
  const entry = entryOfStatement(statement)
  try {
    await db.batch([
      db
        .prepare(
          `INSERT INTO statements SELECT ?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN (
             SELECT count(*) FROM statements
             WHERE account = ?1 AND region = ?2 AND key_id = ?4 AND month BETWEEN ?8 AND ?9) = ?10 THEN ?7 END`,
        )
        .bind(account.id, account.region, month, keyId, now, sha256, text, from, to, besides),
      ...(entry.postings.length > 0 ? postingStatements(db, account, entry, now) : []),
    ])
  } catch (error) {
    const [first] = await readIssued(db, account, [keyId], month, month)
    if (first) return first
    if (String(error).includes('NOT NULL constraint failed: statements.document')) return undefined
    throw error
  }
  return { statement, text, sha256, issuedAt: now }
}

/** Final statements of keys and of months from the one to the other, in the order in which they were issued. */
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
       ORDER BY issued_at, month`,
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
