import { type AccountRecord, accounts } from './account-records.ts'

export interface ListedAccount {
  readonly account: string
  readonly name: string
  /** ISO 8601. */
  readonly created: string
}

const PAGE = 1000

/** All accounts that were made, by their numbers. */
export async function listAccounts(db: D1Database): Promise<ListedAccount[]> {
  const found: ListedAccount[] = []
  for (let after = ''; ; after = found.at(-1)!.account) {
    // The kind stands in the text, since an index with a condition is not used for one that is bound.
    const { results } = await db
      .prepare(
        `SELECT id, doc FROM resources WHERE kind = '${accounts.name}' AND id > ? ORDER BY id LIMIT ${PAGE}`,
      )
      .bind(after)
      .all<{ id: string; doc: string }>()
    for (const { id, doc } of results) {
      const { name, created } = JSON.parse(doc) as AccountRecord
      found.push({ account: id, name, created: new Date(created).toISOString() })
    }
    if (results.length < PAGE) return found
  }
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
