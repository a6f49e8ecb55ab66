import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { shardName } from '../ingest/batch.ts'
import type { GroupEvent, Position } from './kept-event.ts'
import { logStoreName } from './log-event.ts'
import { mergeOrdered } from './merge-ordered.ts'
import { readShard } from './read-shard.ts'
import type { StreamChoice, UnitPage } from './unit.ts'

export interface LineQuery {
  /** Epoch milliseconds: of events at `from` or later, and before `until`. */
  readonly from: number
  readonly until: number
  readonly direction: 'forward' | 'backward'
  readonly streams?: StreamChoice
  /** Where somebody stopped reading: what follows it, in the query's direction, without it. */
  readonly after?: Position
}

/**
 * Reads a group's events in their order, forward or backward, some at a time and no more than are asked for. What is
 * packed is unpacked here: objects only hand it out. Expired events may be among them: whoever asks knows the group's
 * retention, see `expiryOf`. A group that has never had a line has none.
 */
export async function* readLines(
  env: Pick<Env, 'LOG_STORE' | 'STORE'>,
  account: Account,
  group: string,
  query: LineQuery,
): AsyncGenerator<GroupEvent[]> {
  const root = logStoreName(account, group)
  const shards = await env.LOG_STORE.getByName(root).shards()
  const sources = Array.from({ length: shards }, (_, shard) => {
    const object = env.LOG_STORE.getByName(shardName(root, shard))
    return readShard(
      { shard, units: async asked => (await object.units(asked)) as UnitPage, store: env.STORE },
      query,
    )
  })
  yield* mergeOrdered(sources, query.direction)
}
