import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { objectMark } from '../../lib/object-marks.ts'
import type { Publish } from '../../records/publications.ts'
import { shardNames } from '../ingest/batch.ts'
import { logStoreName } from './log-event.ts'

type Bound = Pick<Env, 'LOG_STORE' | 'STORE'>

/**
 * Has a group's objects read its record anew; one that is gone makes them forget. An object that does not exist yet
 * reads it when it is first told of a line, which is after it has said in the store that it exists.
 */
export const publishLogGroup =
  (env: Bound): Publish =>
  async ({ id, region, pointer }) => {
    const objects = await objectsOf(env, { id, region }, pointer)
    // The first knows how many there are, until it has forgotten.
    for (const name of objects.reverse()) await env.LOG_STORE.getByName(name).reload()
  }

/** Names of the objects that keep a group, the first one first; none of a group that has never had anything. */
export async function objectsOf(env: Bound, account: Account, group: string): Promise<string[]> {
  const root = logStoreName(account, group)
  if (!(await env.STORE.head(objectMark(root)))) return []
  return shardNames(root, await env.LOG_STORE.getByName(root).shards())
}
