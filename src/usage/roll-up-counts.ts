import type { Account } from '../lib/account.ts'
import { COUNT_KINDS, type CountKind } from './count-kinds.ts'
import type { CountRow } from './count-tables.ts'

/** Statements of one batch. */
export const ROLL_UP_ROWS = 100

/** Writes counts into the usage tables: absolute numbers, so that doing it twice or late does no harm. */
export async function rollUpCounts(
  db: D1Database,
  { id, region, number }: Account & { readonly number: number },
  rows: readonly CountRow[],
): Promise<void> {
  const upserts = new Map(COUNT_KINDS.map(kind => [kind.name as string, { kind, sql: upsertOf(kind) }]))
  await db.batch(
    rows.flatMap(({ kind: name, day, labels, sums, seq }) => {
      const { kind, sql } = upserts.get(name)!
      const own = kind.isOfOneMeter ? [] : [number]
      return db.prepare(sql).bind(id, region, day, ...labels, ...own, ...sums.slice(0, kind.sums.length), seq)
    }),
  )
}

function upsertOf({ name, labels, sums, isOfOneMeter }: CountKind): string {
  const own = isOfOneMeter ? [] : ['meter']
  const columns = ['account', 'region', 'day', ...labels, ...own, ...sums, 'seq']
  const set = [...sums, 'seq'].map(column => `${column} = excluded.${column}`)
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT DO UPDATE SET ${set.join(', ')} WHERE excluded.seq > ${name}.seq`
}
