import { type Env, minuteMsOf } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { keepLatest } from '../../lib/keep-latest.ts'
import { shardName } from '../ingest/batch.ts'
import { bucketLength, condenseSamples } from './condense-samples.ts'
import { type MetricSample, metricStoreName } from './metric-sample.ts'

/** Names whose shards an isolate remembers. */
const MOST_NAMES = 1_000

const shards = new Map<string, number>()

/**
 * Writes samples down; settles once they are. Rejects when they may not be: saying them again may count them twice.
 */
export async function writeSamples(
  env: Pick<Env, 'METRIC_STORE' | 'WEIR_MINUTE_MS'>,
  account: Account,
  samples: readonly MetricSample[],
): Promise<void> {
  if (samples.length === 0) return
  const root = metricStoreName(account)
  const shard = Math.floor(Math.random() * (shards.get(root) ?? 1))
  const condensed = condenseSamples(samples, bucketLength(minuteMsOf(env)))
  const taken = await env.METRIC_STORE.getByName(shardName(root, shard)).write(condensed)
  keepLatest(shards, root, taken.shards, MOST_NAMES)
}
