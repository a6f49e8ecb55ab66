import { type Buckets, type Cells, cellAt, cellsAt, readBuckets, writeBuckets } from './buckets.ts'
import { addValues, bucketOf, cellName, cellNamed } from './condense-samples.ts'
import { DAY_MS, floorTo, LEVELS } from './levels.ts'
import type { MetricSample } from './metric-sample.ts'
import type { SubjectTotals } from './prometheus/exposition.ts'
import type { ListedSeries, PeriodSummary, SeriesFilter, SummaryQuery } from './stored-summaries.ts'
import type { Subject } from './subject.ts'
import { type KnownSubject, SubjectIndex } from './subject-index.ts'
import type { Accumulator, Summary } from './summary.ts'

/** What of an object's SQLite is needed here. Everything is synchronous, and one turn is one transaction. */
export interface Sql {
  exec(
    query: string,
    ...values: Array<string | number>
  ): { toArray(): Array<Record<string, SqlStorageValue>> }
}

/**
 * `journal`: what was told since the last time that it was put in its place, a row a write; rows of former epochs are
 * written over. `spans`: what was put in its place, a row for a subject and some of its buckets. Rows are what writing
 * costs, and one with its own index would be billed as two.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (slot INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, entries TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS subjects (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, cells TEXT NOT NULL, last_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS spans (
    subject INTEGER NOT NULL, level INTEGER NOT NULL, at INTEGER NOT NULL, part INTEGER NOT NULL, buckets TEXT NOT NULL,
    PRIMARY KEY (subject, level, at, part)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`

/** Of a subject and level: what was told, as `writeBuckets` writes it. */
type JournalEntry = [subject: number, level: number, buckets: string]

/** By level: buckets of each subject. */
type LeveledBuckets = readonly Map<KnownSubject, Buckets>[]

const noBuckets = (): LeveledBuckets => LEVELS.map(() => new Map())

const isEmpty = (of: LeveledBuckets): boolean => of.every(({ size }) => size === 0)

const EPOCH = 'epoch'

/** Characters of a row of the journal or of a span; the platform takes two million bytes. */
const MOST_ROW = 500_000

/** A row of a span that is longer gets another one beside it, and is not written again. */
const MOST_REWRITTEN = 100_000

/** Of the journal: what an object has to read when it starts, and to keep in memory. */
const MOST_JOURNAL = 12_000_000

/** How often what was told is put in its place. */
export const FOLD_MS = 5 * 60_000

/** Series are listed as long as they were measured within two weeks: ListMetrics, API reference. */
const LAST_AT_STEP_MS = 3_600_000

/** What was measured, of one object. `now`: epoch milliseconds. */
export class MetricLedger {
  readonly #sql: Sql
  readonly #bucketMs: number
  readonly #subjects = new SubjectIndex()
  /** Subjects whose row lacks something. */
  readonly #unsaved = new Set<KnownSubject>()
  /** What is in the journal, and what is to come there. */
  readonly #open = noBuckets()
  #unwritten = noBuckets()
  /** Of a day: nobody may ask for them. */
  #totals: { readonly from: number; readonly cells: Map<KnownSubject, Cells> } | undefined
  #hasTables: boolean
  #epoch = 0
  #slots = 0
  #journalLength = 0
  #lastId = 0

  /** @param bucketMs see `bucketLength` */
  constructor(sql: Sql, bucketMs: number) {
    this.#sql = sql
    this.#bucketMs = bucketMs
    // Whoever reads makes objects of accounts that measure nothing: these write nothing either.
    this.#hasTables =
      sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'spans'").toArray().length > 0
    if (this.#hasTables) this.#load()
  }

  /** Whether there is anything that is not in its place, or not written. */
  get isOpen(): boolean {
    return !isEmpty(this.#open)
  }

  get isEmpty(): boolean {
    return this.#subjects.size === 0
  }

  /** Counts samples: readers see them from now on. They are not written down yet. */
  take(samples: readonly MetricSample[]): void {
    for (const sample of samples) this.#count(sample)
  }

  /** Writes down what was taken; must be called in a transaction. */
  write(now: number): void {
    if (isEmpty(this.#unwritten)) return
    this.#makeTables()
    this.#saveSubjects()
    this.#writeJournal(this.#unwritten)
    this.#unwritten = noBuckets()
    if (this.#journalLength > MOST_JOURNAL) this.fold(now, Number.POSITIVE_INFINITY)
  }

  /**
   * Puts what was told in its place, as far as periods are over; must be called in a transaction.
   *
   * @param until epoch milliseconds: buckets that begin later stay in the journal
   */
  fold(now: number, until = floorTo(now, FOLD_MS)): void {
    if (!this.#hasTables || !this.isOpen) return
    for (const [level, subjects] of this.#open.entries()) {
      for (const [subject, buckets] of subjects) {
        const over: Buckets = new Map([...buckets].filter(([at]) => at < until))
        for (const at of over.keys()) buckets.delete(at)
        if (buckets.size === 0) subjects.delete(subject)
        this.#addToSpans(subject, level, over)
      }
    }
    this.#epoch += 1
    this.#setFact(EPOCH, this.#epoch)
    this.#slots = 0
    this.#journalLength = 0
    this.#writeJournal(this.#open)
    // It stands there, too, what was not written.
    this.#unwritten = noBuckets()
    this.#saveSubjects()
  }

  /**
   * Adds up what has been kept for long enough as finely as it is; must be called in a transaction.
   *
   * @returns whether there is more to do
   */
  rollUp(now: number, most = 200): boolean {
    if (!this.#hasTables) return false
    let done = 0
    for (const subject of this.#subjects.all()) {
      for (const [level, { keptMs, spanMs }] of LEVELS.entries()) {
        const rows = this.#sql
          .exec(
            'SELECT at, part, buckets FROM spans WHERE subject = ? AND level = ? AND at < ? LIMIT ?',
            subject.id,
            level,
            now - keptMs - spanMs,
            most - done,
          )
          .toArray()
        for (const { at, part, buckets } of rows) {
          if (level + 1 < LEVELS.length) this.#moveUp(subject, level + 1, buckets as string)
          this.#sql.exec(
            'DELETE FROM spans WHERE subject = ? AND level = ? AND at = ? AND part = ?',
            subject.id,
            level,
            at as number,
            part as number,
          )
        }
        done += rows.length
        if (done >= most) return true
      }
      if (subject.lastAt < now - LEVELS.at(-1)!.keptMs && !this.#isOpenFor(subject))
        this.#forgetSubject(subject)
    }
    return false
  }

  /** What was measured, in each period and with each unit, oldest first. */
  read(queries: readonly SummaryQuery[]): PeriodSummary[][] {
    return queries.map(query => this.#readOne(query))
  }

  list(filter: SeriesFilter, after: string, limit: number): ListedSeries[] {
    return this.#subjects.series(filter, after, limit)
  }

  /** What was measured of each subject since the day of `now` began, UTC. */
  totals(now: number): SubjectTotals[] {
    const from = floorTo(now, DAY_MS)
    if (this.#totals?.from !== from) this.#totals = { from, cells: this.#totalsSince(from) }
    return [...this.#totals.cells].map(([{ namespace, labels, dimensionSets }, cells]) => ({
      namespace,
      labels,
      dimensionSets,
      totals: [...cells].map(([name, cell]) => ({ ...cellNamed(name), summary: cell.summary() })),
    }))
  }

  /** Forgets everything. Tables stay: making them anew takes several times as long. */
  clear(): void {
    if (this.#hasTables) {
      for (const table of ['journal', 'subjects', 'spans']) this.#sql.exec(`DELETE FROM ${table}`)
    }
    this.#subjects.clear()
    this.#unsaved.clear()
    this.#totals = undefined
    for (const open of this.#open) open.clear()
    this.#unwritten = noBuckets()
    this.#slots = 0
    this.#journalLength = 0
  }

  #load(): void {
    const sql = this.#sql
    for (const { id, subject, cells, last_at } of sql.exec('SELECT * FROM subjects').toArray()) {
      this.#subjects.add({
        ...(JSON.parse(subject as string) as Subject),
        id: Number(id),
        cells: new Set(JSON.parse(cells as string) as string[]),
        lastAt: Number(last_at),
        savedAt: Number(last_at),
      })
      this.#lastId = Math.max(this.#lastId, Number(id))
    }
    const [row] = sql.exec('SELECT value FROM facts WHERE name = ?', EPOCH).toArray()
    this.#epoch = Number(row?.value ?? 0)
    const byId = new Map([...this.#subjects.all()].map(subject => [subject.id, subject]))
    const journal = sql.exec('SELECT slot, entries FROM journal WHERE epoch = ?', this.#epoch).toArray()
    for (const { slot, entries } of journal) {
      this.#slots = Math.max(this.#slots, Number(slot) + 1)
      this.#journalLength += (entries as string).length
      for (const [id, level, text] of JSON.parse(entries as string) as JournalEntry[]) {
        const subject = byId.get(id)!
        const buckets = mapOf(this.#open[level]!, subject)
        readBuckets(text, (at, name, summary) => {
          cellAt(cellsAt(buckets, at), name).merge(summary)
          subject.lastAt = Math.max(subject.lastAt, at)
        })
      }
    }
  }

  #makeTables(): void {
    if (this.#hasTables) return
    this.#sql.exec(SCHEMA)
    this.#hasTables = true
  }

  #count(sample: MetricSample): void {
    const subject = this.#subjectOf(sample)
    const at = bucketOf(sample, this.#bucketMs)
    const level = sample.highResolution || this.#bucketMs < LEVELS[1]!.widthMs ? 0 : 1
    const cells = cellsAt(mapOf(this.#open[level]!, subject), at)
    const unwritten = cellsAt(mapOf(this.#unwritten[level]!, subject), at)
    const totals = this.#totals && at >= this.#totals.from ? mapOf(this.#totals.cells, subject) : undefined
    for (const [metric, values] of Object.entries(sample.values)) {
      const name = cellName(metric, values.unit)
      if (!subject.cells.has(name)) {
        subject.cells.add(name)
        this.#unsaved.add(subject)
      }
      for (const each of [cells, unwritten, totals]) if (each) addValues(cellAt(each, name), values)
    }
    subject.lastAt = Math.max(subject.lastAt, at)
    if (subject.lastAt - subject.savedAt >= LAST_AT_STEP_MS) this.#unsaved.add(subject)
  }

  #subjectOf({ namespace, labels, dimensionSets }: MetricSample): KnownSubject {
    let subject = this.#subjects.get({ namespace, labels, dimensionSets })
    if (!subject) {
      this.#lastId += 1
      subject = {
        id: this.#lastId,
        namespace,
        labels,
        dimensionSets,
        cells: new Set(),
        lastAt: 0,
        savedAt: 0,
      }
      this.#subjects.add(subject)
    }
    return subject
  }

  #saveSubjects(): void {
    for (const known of this.#unsaved) {
      const { id, namespace, labels, dimensionSets, cells, lastAt } = known
      known.savedAt = lastAt
      const subject = JSON.stringify({ namespace, labels, dimensionSets })
      this.#sql.exec(
        'INSERT OR REPLACE INTO subjects VALUES (?, ?, ?, ?)',
        id,
        subject,
        JSON.stringify([...cells]),
        lastAt,
      )
    }
    this.#unsaved.clear()
  }

  #writeJournal(all: LeveledBuckets): void {
    let entries: string[] = []
    let length = 0
    const end = () => {
      if (entries.length === 0) return
      this.#sql.exec(
        'INSERT OR REPLACE INTO journal VALUES (?, ?, ?)',
        this.#slots,
        this.#epoch,
        `[${entries.join(',')}]`,
      )
      this.#slots += 1
      this.#journalLength += length
      entries = []
      length = 0
    }
    for (const [level, subjects] of all.entries()) {
      for (const [{ id }, buckets] of subjects) {
        for (const text of writeBuckets(buckets, MOST_ROW)) {
          const entry = JSON.stringify([id, level, text] satisfies JournalEntry)
          entries.push(entry)
          length += entry.length
          if (length >= MOST_ROW) end()
        }
      }
    }
    end()
  }

  #addToSpans(subject: KnownSubject, level: number, buckets: Buckets): void {
    const { spanMs } = LEVELS[level]!
    const bySpan = Map.groupBy(buckets, ([at]) => floorTo(at, spanMs))
    for (const [at, part] of bySpan) this.#addToSpan(subject, level, at, new Map(part))
  }

  #addToSpan({ id }: KnownSubject, level: number, at: number, further: Buckets): void {
    const [last] = this.#sql
      .exec(
        'SELECT part, buckets FROM spans WHERE subject = ? AND level = ? AND at = ? ORDER BY part DESC LIMIT 1',
        id,
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
      addBuckets(all, further)
    }
    for (const text of writeBuckets(all, MOST_ROW))
      this.#sql.exec('INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?, ?)', id, level, at, part++, text)
  }

  #moveUp(subject: KnownSubject, level: number, text: string): void {
    const { widthMs } = LEVELS[level]!
    const buckets: Buckets = new Map()
    readBuckets(text, (at, name, summary) => {
      cellAt(cellsAt(buckets, floorTo(at, widthMs)), name).merge(summary)
    })
    this.#addToSpans(subject, level, buckets)
  }

  #isOpenFor(subject: KnownSubject): boolean {
    return this.#open.some(open => open.has(subject))
  }

  #forgetSubject(subject: KnownSubject): void {
    this.#subjects.delete(subject)
    this.#sql.exec('DELETE FROM subjects WHERE id = ?', subject.id)
  }

  #readOne(query: SummaryQuery): PeriodSummary[] {
    const { metric, from, to, periodMs, unit, spread } = query
    const found: Buckets = new Map()
    const visit = (at: number, name: string, summary: Summary) => {
      if (at < from || at >= to) return
      const cell = cellNamed(name)
      if (cell.metric !== metric || (unit !== undefined && cell.unit !== unit)) return
      cellAt(cellsAt(found, from + floorTo(at - from, periodMs)), cell.unit).merge(summary)
    }
    // What is kept more coarsely than that is not told.
    for (const subject of this.#subjects.of(query)) this.#eachCell(subject, from, to, periodMs, visit)
    return [...found]
      .sort(([a], [b]) => a - b)
      .flatMap(([at, units]) =>
        [...units].map(([unitThere, cell]) => ({ at, unit: unitThere, summary: shown(cell, spread) })),
      )
  }

  #textsOf({ id }: KnownSubject, level: number, from: number, to: number): string[] {
    if (!this.#hasTables) return []
    return this.#sql
      .exec(
        'SELECT buckets FROM spans WHERE subject = ? AND level = ? AND at >= ? AND at < ?',
        id,
        level,
        floorTo(from, LEVELS[level]!.spanMs),
        to,
      )
      .toArray()
      .map(({ buckets }) => buckets as string)
  }

  #totalsSince(from: number): Map<KnownSubject, Cells> {
    const totals = new Map<KnownSubject, Cells>()
    for (const subject of this.#subjects.all()) {
      // What its row says may be an hour old.
      if (subject.lastAt < from - LAST_AT_STEP_MS) continue
      this.#eachCell(subject, from, Number.MAX_SAFE_INTEGER, LEVELS[1]!.widthMs, (at, name, summary) => {
        if (at >= from) cellAt(mapOf(totals, subject), name).merge(summary)
      })
    }
    return totals
  }

  /** Passes all that is kept of a subject, at least as finely as that. Some of it may begin before `from`. */
  #eachCell(
    subject: KnownSubject,
    from: number,
    to: number,
    coarsestMs: number,
    visit: (at: number, name: string, summary: Summary) => void,
  ): void {
    for (const [level, { widthMs }] of LEVELS.entries()) {
      if (widthMs > coarsestMs) break
      for (const text of this.#textsOf(subject, level, from, to)) readBuckets(text, visit)
      const open = this.#open[level]!.get(subject) ?? []
      for (const [at, cells] of open) for (const [name, cell] of cells) visit(at, name, cell.summary())
    }
  }

  #setFact(name: string, value: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value)
  }
}

/** What a map has of a subject, which is made for one that it does not have. */
function mapOf<K, V>(all: Map<KnownSubject, Map<K, V>>, subject: KnownSubject): Map<K, V> {
  let own = all.get(subject)
  if (!own) {
    own = new Map()
    all.set(subject, own)
  }
  return own
}

function shown(cell: Accumulator, spread: boolean): Summary {
  if (spread) return cell.summary()
  const { count, sum, min, max } = cell
  return { count, sum, min, max }
}

function addBuckets(all: Buckets, further: Buckets): void {
  for (const [at, cells] of further)
    for (const [name, cell] of cells) cellAt(cellsAt(all, at), name).merge(cell.summary())
}

const addWritten = (all: Buckets, text: string): void =>
  readBuckets(text, (at, name, summary) => cellAt(cellsAt(all, at), name).merge(summary))
