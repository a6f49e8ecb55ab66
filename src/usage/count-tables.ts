import { DAY_MS, utcDay } from '../lib/utc-day.ts'
import type { CountTold, Telling } from './count-batch.ts'
import { EXECUTIONS, MOST_SUMS } from './count-kinds.ts'

/**
 * The tables of an object that counts: for each sender what it last said that it has counted, one row however much that
 * is, since rows are what writing costs. WITHOUT ROWID, since a row with its own index would be billed as two.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tellings (
    day TEXT NOT NULL, sender TEXT NOT NULL, counts TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (day, sender)
  ) WITHOUT ROWID;`

const SCHEMA_VERSION = 2

/** Of the schema before this one, which had functions alone, and a row for each version that a sender had called. */
const FORMER = `SELECT day, sender, name, version, qualifier, requests, failures, billed_ms, mb_ms, inits, init_ms, seq
  FROM executions ORDER BY day, sender`

const UPSERT = `INSERT INTO tellings VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET counts = excluded.counts, seq = excluded.seq`

/** Of days of which the usage table lacks something. */
const UNROLLED = `SELECT t.day AS day, c.value ->> 0 AS kind, c.value -> 1 AS labels, max(c.value ->> 3) AS seq,
    ${Array.from({ length: MOST_SUMS }, (_, i) => `sum(c.value ->> '$[2][${i}]') AS sum${i}`).join(', ')}
  FROM tellings t, json_each(t.counts) c
  WHERE t.day IN (SELECT day FROM tellings WHERE seq > ?1)
  GROUP BY t.day, c.value ->> 0, c.value -> 1 HAVING max(c.value ->> 3) > ?1 ORDER BY seq LIMIT ?2`

/**
 * Days for which senders are told apart, today among them. Later nobody says anything of a day any more, as isolates
 * do not keep it, and the usage table has it.
 */
const DAYS_KEPT = 3

/** A count as a row of `tellings` has it. */
type Kept = [kind: string, labels: readonly string[], sums: readonly number[], seq: number]

/** A day's count over all senders, as the usage table gets it. */
export interface CountRow extends CountTold {
  readonly day: string
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

/** The counts of a meter. `now`: epoch milliseconds. */
export class CountTables {
  readonly #sql: Sql
  #seq: number
  #rolled: number

  constructor(sql: Sql) {
    this.#sql = sql
    sql.exec(SCHEMA)
    this.#rolled = this.#fact('rolled')
    const schema = this.#fact('schema')
    if (schema === 1) this.#takeOver()
    if (schema !== SCHEMA_VERSION) this.#setFact('schema', SCHEMA_VERSION)
    const [last] = sql.exec('SELECT max(seq) AS seq FROM tellings').toArray()
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

  apply(tellings: readonly Telling[], now: number): void {
    const oldest = oldestDay(now)
    for (const telling of tellings) if (telling.day >= oldest) this.#applyOne(telling)
  }

  #applyOne({ sender, day, counts }: Telling): void {
    const [row] = this.#sql
      .exec('SELECT counts FROM tellings WHERE day = ? AND sender = ?', day, sender)
      .toArray()
    const kept = new Map<string, Kept>()
    if (row) for (const each of JSON.parse(row.counts as string) as Kept[]) kept.set(idOf(each), each)
    let last = 0
    for (const { kind, labels, sums } of counts) {
      const said: Kept = [kind, labels, sums, 0]
      const id = idOf(said)
      const known = kept.get(id)
      // The first grows with everything that is counted: what has less of it was said before.
      if (known && known[2][0]! >= sums[0]!) continue
      last = ++this.#seq
      said[3] = last
      kept.set(id, said)
    }
    if (last > 0) this.#sql.exec(UPSERT, day, sender, JSON.stringify([...kept.values()]), last)
  }

  /** What the usage table does not have, the oldest first. */
  unrolled(limit: number): CountRow[] {
    const rows = this.#sql.exec(UNROLLED, this.#rolled, limit).toArray()
    return rows.map(row => {
      const sums = Array.from({ length: MOST_SUMS }, (_, i) => Number(row[`sum${i}`] ?? 0))
      const labels = JSON.parse(row.labels as string) as string[]
      return { day: row.day as string, kind: row.kind as string, labels, sums, seq: Number(row.seq) }
    })
  }

  /** The usage table has these rows, which {@link unrolled} gave. */
  markRolled(rows: readonly CountRow[]): void {
    const last = rows.at(-1)?.seq ?? 0
    if (last <= this.#rolled) return
    this.#rolled = last
    this.#setFact('rolled', last)
  }

  /** Lets go of days that are over and done. */
  prune(now: number): void {
    const oldest = oldestDay(now)
    const [old] = this.#sql.exec('SELECT min(day) AS day FROM tellings').toArray()
    if (typeof old?.day !== 'string' || old.day >= oldest) return
    this.#sql.exec('DELETE FROM tellings WHERE day < ? AND seq <= ?', oldest, this.#rolled)
  }

  /** Forgets all counts. Numbers go on, so that no row that was on its way can stand above a later one. */
  clear(): void {
    this.#sql.exec('DELETE FROM tellings')
    this.#setFact('marked', 0)
    this.#rolled = this.#seq
    this.#setFact('rolled', this.#seq)
  }

  /** What the former schema's rows say is from now on in this one's. */
  #takeOver(): void {
    const bySender = Map.groupBy(this.#sql.exec(FORMER).toArray(), ({ day, sender }) => `${day} ${sender}`)
    for (const rows of bySender.values()) {
      const kept = rows.map((row): Kept => {
        const labels = EXECUTIONS.labels.map(label => String(row[label]))
        const sums = EXECUTIONS.sums.map(sum => Number(row[sum]))
        return [EXECUTIONS.name, labels, sums, Number(row.seq)]
      })
      const { day, sender } = rows[0]!
      const last = Math.max(...kept.map(each => each[3]))
      this.#sql.exec(UPSERT, String(day), String(sender), JSON.stringify(kept), last)
    }
    this.#sql.exec('DROP TABLE executions')
  }

  #fact(name: string): number {
    const [found] = this.#sql.exec('SELECT value FROM facts WHERE name = ?', name).toArray()
    return Number(found?.value ?? 0)
  }

  #setFact(name: string, value: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value)
  }
}

const idOf = ([kind, labels]: Kept): string => kind + JSON.stringify(labels)

const oldestDay = (now: number): string => utcDay(now - (DAYS_KEPT - 1) * DAY_MS)
