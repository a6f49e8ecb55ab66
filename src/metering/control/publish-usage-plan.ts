import type { Env } from '../../env.ts'
import { Publications, type Publish } from '../../records/publications.ts'
import { apiKeys, KEY_PUBLICATION, planKeys } from './metering-records.ts'
import { publishApiKey } from './publish-api-key.ts'

/**
 * Keys of a changed plan that are told before the change is acknowledged. A key takes three queries and two store
 * operations, of the 1,000 subrequests that an invocation has. Keys beyond it stay marked in the outbox and follow
 * with its next rounds.
 */
export const KEYS_AT_ONCE = 100

/** Connections that a Worker may have open at a time. */
const SIDE_BY_SIDE = 6

// However many keys the plan has, one statement marks them.
const MARK = `
INSERT INTO publications (kind, account, region, id, wanted, published)
SELECT ?1, k.account, k.region, k.alias, 1, 0
FROM resources m JOIN resources k
  ON k.account = m.account AND k.region = m.region AND k.kind = ?2 AND k.parent = '' AND k.id = m.id
WHERE m.account = ?3 AND m.region = ?4 AND m.kind = ?5 AND m.parent = ?6
ON CONFLICT DO UPDATE SET wanted = wanted + 1
RETURNING id`

/**
 * Hands a changed plan on to its keys: their records carry it. A plan may have 10,000 of them, so they are not part
 * of the change's transaction; the plan's own mark is, and holds until all keys are marked.
 */
export const publishUsagePlan =
  (env: Env): Publish =>
  async ({ id, region, pointer: planId }) => {
    const { results } = await env.DB.prepare(MARK)
      .bind(KEY_PUBLICATION, apiKeys.name, id, region, planKeys.name, planId)
      .all<{ id: string }>()
    const outbox = new Publications(env.DB, { [KEY_PUBLICATION]: publishApiKey(env) })
    const waiting = results.slice(0, KEYS_AT_ONCE).map(row => row.id)
    const worker = async () => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
        await outbox.publish({ id, region }, KEY_PUBLICATION, key)
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  }
