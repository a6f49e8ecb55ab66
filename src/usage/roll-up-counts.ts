import { accountOfMeter } from './count-batch.ts'
import { COUNT_KINDS, type CountKind } from './count-kinds.ts'
import type { CountRow } from './count-tables.ts'

/** Rows that a meter rolls up at once. */
export const ROLL_UP_ROWS = 100

/** A row together with the name of the meter that it is of. */
export type OwnedCount = CountRow & { readonly meter: string }

/** Writes counts into the usage tables: absolute numbers, so that doing it twice or late does no harm. */
export function countStatements(db: D1Database, rows: readonly OwnedCount[]): D1PreparedStatement[] {
  const upserts = COUNT_KINDS.map(kind => ({ kind, upsert: db.prepare(upsertOf(kind)) }))
  return rows.map(({ kind: name, meter, day, labels, sums, seq }) => {
    const { kind, upsert } = upserts.find(({ kind }) => kind.name === name)!
    const { id, region, number } = accountOfMeter(meter)
    const own = kind.isOfOneMeter ? [] : [number]
    return upsert.bind(id, region, day, ...labels, ...own, ...sums.slice(0, kind.sums.length), seq)
  })
}

function upsertOf({ name, labels, sums, isOfOneMeter }: CountKind): string {
  const own = isOfOneMeter ? [] : ['meter']
  const columns = ['account', 'region', 'day', ...labels, ...own, ...sums, 'seq']
  const set = [...sums, 'seq'].map(column => `${column} = excluded.${column}`)
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT DO UPDATE SET ${set.join(', ')} WHERE excluded.seq > ${name}.seq`
}
