import { fnv1a } from '../lib/hash.ts'
import type { KeyRecord } from './key-record.ts'
import type { UsageRow } from './saved-meter.ts'

const UPSERT = `INSERT INTO usage (account, region, plan_id, key_id, day, used, remaining, seq)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET used = excluded.used, remaining = excluded.remaining, seq = excluded.seq
  WHERE excluded.seq > usage.seq`

/** Rows that are written at once, unless a single meter has more. */
export const USAGE_BATCH = 100

/** Objects that gather what meters roll up. */
const COLLECTORS = 32

/** A row together with whose it is. */
export type OwnedRow = Pick<UsageRow, 'keyId' | 'planId' | 'day' | 'used' | 'remaining' | 'rev'> &
  Pick<KeyRecord, 'account' | 'region'>

/** The name of the collector that a meter hands its rows to. */
export const collectorOf = (meterName: string): string => `usage/${fnv1a(meterName) % COLLECTORS}`

export const ownedBy = (
  { account, region }: Pick<KeyRecord, 'account' | 'region'>,
  rows: readonly UsageRow[],
): OwnedRow[] =>
  rows.map(({ keyId, planId, day, used, remaining, rev }) => ({
    account,
    region,
    keyId,
    planId,
    day,
    used,
    remaining,
    rev,
  }))

/** Writes keys' days into the usage table: absolute numbers, so that doing it twice or late does no harm. */
export function usageStatements(db: D1Database, rows: readonly OwnedRow[]): D1PreparedStatement[] {
  const upsert = db.prepare(UPSERT)
  return rows.map(({ account, region, planId, keyId, day, used, remaining, rev }) =>
    upsert.bind(account, region, planId, keyId, day, used, remaining, rev),
  )
}
