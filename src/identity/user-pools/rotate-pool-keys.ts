import type { Platform } from '../../platform.ts'
import { modify } from '../../records/modify.ts'
import { IDENTITY_PUBLICATION, identityId } from '../published.ts'
import { changeKeys, newPoolKey, nextKeyChange } from './pool-keys.ts'
import { pools } from './pool-records.ts'

/** A new pair of keys takes some 100 ms to make, and a run has to leave time for others. */
const POOLS_A_RUN = 20

/** A pool, and whose it is. */
interface Due {
  readonly account: string
  readonly region: string
  readonly id: string
}

/**
 * Changes the keys of pools whose time for it has come. Answers how many; one that fails waits for the next run and
 * does not hold up the others. The order is random, so that many that keep failing starve nobody.
 *
 * @param now milliseconds since the epoch
 */
export async function rotatePoolKeys(platform: Omit<Platform, 'origin'>, now: number): Promise<number> {
  const { results } = await platform.env.DB.prepare(
    `SELECT account, region, id FROM resources
     WHERE kind = 'cognito.pool' AND json_extract(doc, '$.keysDue') <= ? ORDER BY random() LIMIT ?`,
  )
    .bind(now, POOLS_A_RUN)
    .all<Due>()
  let changed = 0
  for (const due of results) {
    try {
      await rotateKeysOf(platform, due, now)
      changed += 1
    } catch (error) {
      console.warn(`the keys of user pool ${due.id} could not be changed yet`, error)
    }
  }
  return changed
}

/** Changes the keys of one pool as far as their time has come. */
export async function rotateKeysOf(platform: Omit<Platform, 'origin'>, due: Due, now: number): Promise<void> {
  const account = { id: due.account, region: due.region }
  const records = platform.records(account)
  const publication = { kind: IDENTITY_PUBLICATION, id: identityId('pool', due.id) }
  await modify(async () => {
    const pool = await records.get(pools, '', due.id)
    if (!pool) return
    const keys = await changeKeys(pool.doc.keys, now, () => newPoolKey(platform.secrets, account.id, now))
    const doc = { ...pool.doc, keys, keysDue: nextKeyChange(keys) }
    await records.change().replace(pools, pool, doc).publish(publication).commit()
  })
  await platform.publications.publish(account, publication.kind, publication.id)
}
