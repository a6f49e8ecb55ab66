import type { KeyRecord } from './key-record.ts'
import type { UsageRow } from './saved-meter.ts'

const UPSERT = `INSERT INTO usage (account, region, plan_id, key_id, day, used, remaining, seq)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET used = excluded.used, remaining = excluded.remaining, seq = excluded.seq
  WHERE excluded.seq > usage.seq`

/** Writes a key's days into the usage table: absolute numbers, so that doing it twice or late does no harm. */
export async function rollUpUsage(
  db: D1Database,
  { account, region }: Pick<KeyRecord, 'account' | 'region'>,
  rows: readonly UsageRow[],
): Promise<void> {
  if (rows.length === 0) return
  const upsert = db.prepare(UPSERT)
  await db.batch(
    rows.map(({ planId, keyId, day, used, remaining, rev }) =>
      upsert.bind(account, region, planId, keyId, day, used, remaining, rev),
    ),
  )
}
