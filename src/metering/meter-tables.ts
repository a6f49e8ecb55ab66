import { DAY_MS, utcDay } from '../lib/utc-day.ts'
import { type KeyRecord, parseKeyRecord } from './key-record.ts'
import type { Reserved } from './money/key-budgets.ts'
import type { AdjustmentRow, MeterRows, SavedMeter, UsageRow } from './saved-meter.ts'

/**
 * The tables of a KeyMeter object. Of this schema's successors each reads the one before it: `schema` says which
 * one is there. WITHOUT ROWID, since a row with its own index would be billed as two.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS usage (
    key_id TEXT NOT NULL, plan_id TEXT NOT NULL, day TEXT NOT NULL,
    used INTEGER NOT NULL, remaining INTEGER, rev INTEGER NOT NULL, rolled INTEGER NOT NULL,
    level REAL, at INTEGER NOT NULL, held INTEGER NOT NULL,
    PRIMARY KEY (key_id, plan_id, day)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS adjustments (
    key_id TEXT NOT NULL, plan_id TEXT NOT NULL, period TEXT NOT NULL,
    adjust INTEGER NOT NULL, serial INTEGER NOT NULL,
    PRIMARY KEY (key_id, plan_id, period)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO facts VALUES ('schema', '1');`

/** From schema 1 to 2: buckets of methods, and rows that last. A row of before says nothing of either. */
const SECOND = `
  ALTER TABLE usage ADD COLUMN methods TEXT;
  ALTER TABLE usage ADD COLUMN lasting INTEGER NOT NULL DEFAULT 0;
  UPDATE facts SET value = '2' WHERE name = 'schema';`

/** From schema 2 to 3: rows name leases. A row of before has all of its tokens out on leases without a name. */
const THIRD = `
  ALTER TABLE usage ADD COLUMN leases TEXT;
  UPDATE facts SET value = '3' WHERE name = 'schema';`

type Row = Omit<Required<UsageRow>, 'lasting'> & { readonly lasting: number }

/**
 * What of a key's past its meter needs in memory: the longest quota period is a month. Of the row written last a bucket
 * may still be refilling, however old it is.
 */
const DAYS_IN_MEMORY = 40

/** The disk side of a {@link Meter}. Everything here is synchronous, as an object's own SQLite is. */
export class MeterTables {
  readonly #sql: SqlStorage
  #keptDay = ''

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(SCHEMA)
    if (this.#fact('schema') === '1') sql.exec(SECOND)
    if (this.#fact('schema') === '2') sql.exec(THIRD)
  }

  /** `now`: epoch milliseconds. */
  load(now: number): SavedMeter {
    const from = utcDay(now - DAYS_IN_MEMORY * DAY_MS)
    const usage = this.#sql.exec<{ [Column in keyof Row]: Row[Column] }>(
      `SELECT key_id AS keyId, plan_id AS planId, day, used, remaining, rev, rolled, level, at, held, methods, lasting,
              leases
       FROM usage WHERE day >= ? OR rolled < rev
       OR (key_id, plan_id, rev) IN (SELECT key_id, plan_id, max(rev) FROM usage GROUP BY key_id, plan_id)`,
      from,
    )
    const adjustments = this.#sql.exec<{ [Column in keyof AdjustmentRow]: AdjustmentRow[Column] }>(
      'SELECT key_id AS keyId, plan_id AS planId, period, adjust, serial FROM adjustments',
    )
    const record = this.#fact('record')
    return {
      ...(record !== undefined && { record: parseKeyRecord(record) }),
      usage: usage.toArray().map(row => ({ ...row, lasting: row.lasting === 1 })),
      adjustments: adjustments.toArray(),
    }
  }

  save(rows: MeterRows): void {
    for (const row of rows.usage)
      this.#sql.exec(
        'INSERT OR REPLACE INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        row.keyId,
        row.planId,
        row.day,
        row.used,
        row.remaining,
        row.rev,
        row.rolled,
        row.level,
        row.at,
        row.held,
        row.methods ?? null,
        row.lasting ? 1 : 0,
        row.leases ?? null,
      )
    for (const row of rows.adjustments)
      this.#sql.exec(
        'INSERT OR REPLACE INTO adjustments VALUES (?, ?, ?, ?, ?)',
        row.keyId,
        row.planId,
        row.period,
        row.adjust,
        row.serial,
      )
  }

  /** The usage table of the whole installation has these rows. */
  markRolled(rows: readonly UsageRow[]): void {
    for (const { keyId, planId, day, rev } of rows)
      this.#sql.exec(
        'UPDATE usage SET rolled = max(rolled, ?) WHERE key_id = ? AND plan_id = ? AND day = ?',
        rev,
        keyId,
        planId,
        day,
      )
  }

  /** Forgets all other days than that of rows that were just written: nobody asks what a method was used. */
  keepDayOf(rows: readonly UsageRow[]): void {
    const day = rows.at(-1)!.day
    if (day === this.#keptDay) return
    this.#sql.exec('DELETE FROM usage WHERE day <> ?', day)
    this.#keptDay = day
  }

  saveRecord(record: KeyRecord): void {
    this.#setFact('record', JSON.stringify(record))
  }

  /** What the key may spend of its account's budget. */
  reserved(): Reserved | undefined {
    const reserved = this.#fact('reserved')
    return reserved === undefined ? undefined : (JSON.parse(reserved) as Reserved)
  }

  saveReserved(reserved: Reserved): void {
    this.#setFact('reserved', JSON.stringify(reserved))
  }

  #fact(name: string): string | undefined {
    const found = this.#sql.exec<{ value: string }>('SELECT value FROM facts WHERE name = ?', name)
    return found.toArray().at(0)?.value
  }

  #setFact(name: string, value: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value)
  }
}
