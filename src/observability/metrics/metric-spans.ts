import { type Buckets, cellAt, cellsAt, readBuckets, writeBuckets } from './buckets.ts'
import { MOST_ROW, type Sql } from './ledger-tables.ts'
import { floorTo, LEVELS } from './levels.ts'

/** A row that is longer gets another one beside it, and is not written again. */
const MOST_REWRITTEN = 100_000

/** What a ledger has put in its place: for each subject and level, buckets of a span of time in a row. */
export class MetricSpans {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  add(subject: number, level: number, buckets: Buckets): void {
    const { spanMs } = LEVELS[level]!
    const bySpan = Map.groupBy(buckets, ([at]) => floorTo(at, spanMs))
    for (const [at, part] of bySpan) this.#addToSpan(subject, level, at, new Map(part))
  }

  /** Rows with buckets of a time range, and perhaps some before it. */
  texts(subject: number, level: number, from: number, to: number): string[] {
    const rows = this.#sql.exec(
      'SELECT buckets FROM spans WHERE subject = ? AND level = ? AND at >= ? AND at < ?',
      subject,
      level,
      floorTo(from, LEVELS[level]!.spanMs),
      to,
    )
    return rows.toArray().map(({ buckets }) => buckets as string)
  }

  /**
   * Adds up what has been kept for long enough as finely as it is.
   *
   * @param most rows
   * @returns how many rows that were
   */
  rollUp(subject: number, now: number, most: number): number {
    let done = 0
    for (const [level, { keptMs, spanMs }] of LEVELS.entries()) {
      const rows = this.#sql
        .exec(
          'SELECT at, part, buckets FROM spans WHERE subject = ? AND level = ? AND at < ? LIMIT ?',
          subject,
          level,
          now - keptMs - spanMs,
          most - done,
        )
        .toArray()
      for (const { at, part, buckets } of rows) {
        if (level + 1 < LEVELS.length) this.#moveUp(subject, level + 1, buckets as string)
        this.#sql.exec(
          'DELETE FROM spans WHERE subject = ? AND level = ? AND at = ? AND part = ?',
          subject,
          level,
          at as number,
          part as number,
        )
      }
      done += rows.length
      if (done >= most) break
    }
    return done
  }

  #addToSpan(subject: number, level: number, at: number, further: Buckets): void {
    const [last] = this.#sql
      .exec(
        'SELECT part, buckets FROM spans WHERE subject = ? AND level = ? AND at = ? ORDER BY part DESC LIMIT 1',
        subject,
        level,
        at,
      )
      .toArray()
    let part = Number(last?.part ?? -1) + 1
    let all = further
    if (last && (last.buckets as string).length < MOST_REWRITTEN) {
      part -= 1
      all = new Map()
      addWritten(all, last.buckets as string)
      for (const [begin, cells] of further)
        for (const [name, cell] of cells) cellAt(cellsAt(all, begin), name).merge(cell.summary())
    }
    for (const text of writeBuckets(all, MOST_ROW))
      this.#sql.exec('INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?, ?)', subject, level, at, part++, text)
  }

  #moveUp(subject: number, level: number, text: string): void {
    const buckets: Buckets = new Map()
    addWritten(buckets, text, LEVELS[level]!.widthMs)
    this.add(subject, level, buckets)
  }
}

/** @param widthMs of the buckets that it is added to, where those are wider */
function addWritten(all: Buckets, text: string, widthMs = 1): void {
  readBuckets(text, (at, name, summary) => cellAt(cellsAt(all, floorTo(at, widthMs)), name).merge(summary))
}
