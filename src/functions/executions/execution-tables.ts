import { DAY_MS, utcDay } from '../../lib/utc-day.ts'
import type { ExecutionBatch, ExecutionCount } from './execution-batch.ts'

/**
 * The tables of an ExecutionMeter object: for each sender what it last said that it has counted. Of this schema's
 * successors each reads the one before it. WITHOUT ROWID, since a row with its own index would be billed as two.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS executions (
    day TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, qualifier TEXT NOT NULL, sender TEXT NOT NULL,
    requests INTEGER NOT NULL, failures INTEGER NOT NULL, billed_ms INTEGER NOT NULL, mb_ms INTEGER NOT NULL,
    inits INTEGER NOT NULL, init_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (day, name, version, qualifier, sender)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO facts VALUES ('schema', 1);`

// A sender's requests grow with every call that it counts, so of two things that it said the larger one is newer.
const UPSERT = `INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET requests = excluded.requests, failures = excluded.failures,
    billed_ms = excluded.billed_ms, mb_ms = excluded.mb_ms, inits = excluded.inits, init_ms = excluded.init_ms,
    seq = excluded.seq
  WHERE excluded.requests > executions.requests`

const UNROLLED = `SELECT day, name, version, qualifier, sum(requests) AS requests, sum(failures) AS failures,
    sum(billed_ms) AS billedMs, sum(mb_ms) AS mbMs, sum(inits) AS inits, sum(init_ms) AS initMs, max(seq) AS seq
  FROM executions GROUP BY day, name, version, qualifier HAVING max(seq) > ? ORDER BY seq LIMIT ?`

/**
 * Days for which senders are told apart, today among them. Later nobody says anything of a day any more, as isolates
 * do not keep it, and the usage table has it.
 */
const DAYS_KEPT = 3

/** A day's count over all senders, as the usage table gets it. */
export type ExecutionRow = ExecutionCount & {
  /** Grows with every change of the row. */
  readonly seq: number
}

/** What of an object's SQLite is needed here. Everything is synchronous, and one turn is one transaction. */
export interface Sql {
  exec(
    query: string,
    ...values: Array<string | number>
  ): { toArray(): Array<Record<string, SqlStorageValue>> }
}

/** The counts of an ExecutionMeter. `now`: epoch milliseconds. */
export class ExecutionTables {
  readonly #sql: Sql
  #seq: number
  #rolled: number

  constructor(sql: Sql) {
    this.#sql = sql
    sql.exec(SCHEMA)
    this.#rolled = this.#fact('rolled')
    const [last] = sql.exec('SELECT max(seq) AS seq FROM executions').toArray()
    // Rows may all have been removed; their numbers must not come again.
    this.#seq = Math.max(Number(last?.seq ?? 0), this.#rolled)
  }

  /** Whether the usage table lacks something. */
  get isUnrolled(): boolean {
    return this.#seq > this.#rolled
  }

  get isMarked(): boolean {
    return this.#fact('marked') === 1
  }

  setMarked(): void {
    this.#setFact('marked', 1)
  }

  apply({ sender, counts }: ExecutionBatch, now: number): void {
    const oldest = oldestDay(now)
    for (const count of counts) {
      if (count.day < oldest) continue
      this.#sql.exec(
        UPSERT,
        count.day,
        count.name,
        count.version,
        count.qualifier,
        sender,
        count.requests,
        count.failures,
        count.billedMs,
        count.mbMs,
        count.inits,
        count.initMs,
        ++this.#seq,
      )
    }
  }

  /** What the usage table does not have, the oldest first. */
  unrolled(limit: number): ExecutionRow[] {
    return this.#sql.exec(UNROLLED, this.#rolled, limit).toArray() as unknown as ExecutionRow[]
  }

  /** The usage table has these rows, which {@link unrolled} gave. */
  markRolled(rows: readonly ExecutionRow[]): void {
    const last = rows.at(-1)?.seq ?? 0
    if (last <= this.#rolled) return
    this.#rolled = last
    this.#setFact('rolled', last)
  }

  /** Lets go of days that are over and done. */
  prune(now: number): void {
    const oldest = oldestDay(now)
    const [old] = this.#sql.exec('SELECT min(day) AS day FROM executions').toArray()
    if (typeof old?.day !== 'string' || old.day >= oldest) return
    this.#sql.exec('DELETE FROM executions WHERE day < ? AND seq <= ?', oldest, this.#rolled)
  }

  /** Forgets all counts. Numbers go on, so that no row that was on its way can stand above a later one. */
  clear(): void {
    this.#sql.exec('DELETE FROM executions')
    this.#setFact('marked', 0)
    this.#rolled = this.#seq
    this.#setFact('rolled', this.#seq)
  }

  #fact(name: string): number {
    const [found] = this.#sql.exec('SELECT value FROM facts WHERE name = ?', name).toArray()
    return Number(found?.value ?? 0)
  }

  #setFact(name: string, value: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value)
  }
}

const oldestDay = (now: number): string => utcDay(now - (DAYS_KEPT - 1) * DAY_MS)
