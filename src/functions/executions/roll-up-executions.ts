import type { Account } from '../../lib/account.ts'
import type { ExecutionRow } from './execution-tables.ts'

/** Statements of one batch. */
export const ROLL_UP_ROWS = 100

const UPSERT = `INSERT INTO executions
    (account, region, day, name, version, qualifier, requests, failures, billed_ms, mb_ms, inits, init_ms, seq)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET requests = excluded.requests, failures = excluded.failures,
    billed_ms = excluded.billed_ms, mb_ms = excluded.mb_ms, inits = excluded.inits, init_ms = excluded.init_ms,
    seq = excluded.seq
  WHERE excluded.seq > executions.seq`

/** Writes counts into the usage table: absolute numbers, so that doing it twice or late does no harm. */
export async function rollUpExecutions(
  db: D1Database,
  { id, region }: Account,
  rows: readonly ExecutionRow[],
): Promise<void> {
  const upsert = db.prepare(UPSERT)
  await db.batch(
    rows.map(row =>
      upsert.bind(
        id,
        region,
        row.day,
        row.name,
        row.version,
        row.qualifier,
        row.requests,
        row.failures,
        row.billedMs,
        row.mbMs,
        row.inits,
        row.initMs,
        row.seq,
      ),
    ),
  )
}
