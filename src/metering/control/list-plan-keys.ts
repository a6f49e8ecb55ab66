import type { Account } from '../../lib/account.ts'
import { type ApiKeyRecord, apiKeys, planKeys } from './metering-records.ts'

export interface PlanKey {
  readonly id: string
  readonly key: ApiKeyRecord
}

const SQL = `
SELECT k.id AS id, k.doc AS doc FROM resources m JOIN resources k
  ON k.account = m.account AND k.region = m.region AND k.kind = ?1 AND k.parent = '' AND k.id = m.id
WHERE m.account = ?2 AND m.region = ?3 AND m.kind = ?4 AND m.parent = ?5 AND m.id > ?6
  AND (?7 = '' OR substr(json_extract(k.doc, '$.name'), 1, length(?7)) = ?7)
ORDER BY m.id LIMIT ?8`

/** Keys of a plan whose names begin with `name` ('' for all), in the order of their ids, after the id given. */
export async function listPlanKeys(
  db: D1Database,
  account: Account,
  planId: string,
  { name, after, limit }: { name: string; after: string; limit: number },
): Promise<PlanKey[]> {
  const { results } = await db
    .prepare(SQL)
    .bind(apiKeys.name, account.id, account.region, planKeys.name, planId, after, name, limit)
    .all<{ id: string; doc: string }>()
  return results.map(({ id, doc }) => ({ id, key: JSON.parse(doc) as ApiKeyRecord }))
}
