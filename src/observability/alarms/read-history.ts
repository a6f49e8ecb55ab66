import type { HistoryItem } from './history.ts'

/** Where a page of the history goes on: behind this item. */
export interface HistoryPosition {
  readonly at: number
  readonly number: number
}

export interface HistoryQuery {
  readonly alarm?: string
  readonly types?: readonly HistoryItem['type'][]
  readonly kind?: string
  /** Epoch milliseconds; inclusive. */
  readonly from?: number
  /** Inclusive. */
  readonly until?: number
  readonly order: 'ascending' | 'descending'
  readonly after?: HistoryPosition
  readonly limit: number
}

/** An item, and where it stands. */
export type PlacedItem = HistoryItem & HistoryPosition

/** Entries of the history, in the order of time. */
export function readHistory(sql: SqlStorage, asked: HistoryQuery): PlacedItem[] {
  const { alarm, types, kind, from, until, order, after, limit } = asked
  const isUp = order === 'ascending'
  const conditions: [sql: string, ...values: (string | number)[]][] = [
    ...(after ? [[`(at, number) ${isUp ? '>' : '<'} (?, ?)`, after.at, after.number] as const] : []),
    ...(alarm === undefined ? [] : [['alarm = ?', alarm] as const]),
    ...(types ? [['type IN (SELECT value FROM json_each(?))', JSON.stringify(types)] as const] : []),
    ...(kind === undefined ? [] : [['kind = ?', kind] as const]),
    ...(from === undefined ? [] : [['at >= ?', from] as const]),
    ...(until === undefined ? [] : [['at <= ?', until] as const]),
  ].map(condition => [...condition])
  const where = conditions.map(([text]) => ` AND ${text}`).join('')
  const direction = isUp ? 'ASC' : 'DESC'
  return sql
    .exec<{ [K in keyof PlacedItem]: PlacedItem[K] }>(
      `SELECT at, number, alarm, type, kind, summary, data FROM history WHERE TRUE${where}
       ORDER BY at ${direction}, number ${direction} LIMIT ?`,
      ...conditions.flatMap(([, ...values]) => values),
      limit,
    )
    .toArray()
}
