import { eachAnywhere } from '../../records/records.ts'
import { accounts } from './account-records.ts'

export interface ListedAccount {
  readonly account: string
  readonly name: string
  /** ISO 8601. */
  readonly created: string
}

const BATCH = 1000

/** All accounts that were made, by their numbers. */
export async function listAccounts(db: D1Database): Promise<ListedAccount[]> {
  const found: ListedAccount[] = []
  for await (const { id, doc } of eachAnywhere(db, accounts, BATCH)) {
    found.push({ account: id, name: doc.name, created: new Date(doc.created).toISOString() })
  }
  return found
}

/** What an account has, by kind, beside what it was made with. */
export async function resourcesOf(db: D1Database, account: string): Promise<Record<string, number>> {
  const { results } = await db
    .prepare(
      `SELECT kind, count(*) AS n FROM resources WHERE account = ? AND kind NOT LIKE 'weir.%'
       AND NOT (kind = 'iam.access-key' AND parent = '') GROUP BY kind ORDER BY kind`,
    )
    .bind(account)
    .all<{ kind: string; n: number }>()
  return Object.fromEntries(results.map(({ kind, n }) => [kind, n]))
}
