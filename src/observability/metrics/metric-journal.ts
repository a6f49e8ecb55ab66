import { type Buckets, writeBuckets } from './buckets.ts'
import { MOST_ROW, type Sql } from './ledger-tables.ts'
import type { KnownSubject } from './subject-index.ts'

/** By level: buckets of each subject. */
export type LeveledBuckets = readonly Map<KnownSubject, Buckets>[]

/** Of a subject and level: what was told, as `writeBuckets` writes it. */
type Entry = [subject: number, level: number, buckets: string]

const EPOCH = 'epoch'

/** Characters: what an object has to read when it begins anew. */
const MOST_LENGTH = 6_000_000

/** Rows. Where few come, objects are not in memory for long, and each time read all that there are. */
const MOST_READ = 32

/** Rows that are looked at first. */
const FIRST_PAGE = 8

/**
 * What a ledger was told and has not put in its place. Its rows are used again: those of a former epoch count no more, and
 * are never deleted, which would cost as much as writing them.
 */
export class MetricJournal {
  readonly #sql: Sql
  #epoch = 0
  #slots = 0
  #length = 0
  #wasLong = false

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Whether it should be written anew, which takes few rows. */
  get isLong(): boolean {
    return this.#wasLong || this.#length > MOST_LENGTH
  }

  /** Whether it is long for one that was just written anew. */
  get isFull(): boolean {
    return this.#length > MOST_LENGTH / 2
  }

  /** Passes all that counts in it; to be called once, before anything is written. */
  load(visit: (subject: number, level: number, buckets: string) => void): void {
    const [row] = this.#sql.exec('SELECT value FROM facts WHERE name = ?', EPOCH).toArray()
    this.#epoch = Number(row?.value ?? 0)
    // Those of this epoch are the first: the others need not be read.
    for (let from = 0, count = FIRST_PAGE; ; from += count, count *= 2) {
      const rows = this.#sql
        .exec(
          'SELECT entries FROM journal WHERE slot >= ? AND slot < ? AND epoch = ?',
          from,
          from + count,
          this.#epoch,
        )
        .toArray()
      for (const { entries } of rows) {
        this.#length += (entries as string).length
        for (const [subject, level, buckets] of JSON.parse(entries as string) as Entry[])
          visit(subject, level, buckets)
      }
      this.#slots += rows.length
      if (rows.length < count) break
    }
    this.#wasLong = this.#slots > MOST_READ
  }

  write(all: LeveledBuckets): void {
    let entries: string[] = []
    let length = 0
    const end = () => {
      if (entries.length === 0) return
      this.#writeRow(`[${entries.join(',')}]`)
      entries = []
      length = 0
    }
    for (const [level, subjects] of all.entries()) {
      for (const [{ id }, buckets] of subjects) {
        for (const text of writeBuckets(buckets, MOST_ROW)) {
          const entry = JSON.stringify([id, level, text] satisfies Entry)
          entries.push(entry)
          length += entry.length
          if (length >= MOST_ROW) end()
        }
      }
    }
    end()
  }

  /** From now on nothing counts that was written before. */
  beginAnew(): void {
    this.#epoch += 1
    this.#sql.exec('INSERT OR REPLACE INTO facts VALUES (?, ?)', EPOCH, this.#epoch)
    this.forget()
  }

  /** Its rows are gone. */
  forget(): void {
    this.#slots = 0
    this.#length = 0
    this.#wasLong = false
  }

  #writeRow(entries: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO journal VALUES (?, ?, ?)', this.#slots, this.#epoch, entries)
    this.#slots += 1
    this.#length += entries.length
  }
}
