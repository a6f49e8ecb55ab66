import { type Buckets, type Cells, cellAt, cellsAt, readBuckets } from './buckets.ts'
import { addValues, bucketOf, cellName, cellNamed } from './condense-samples.ts'
import { SCHEMA, type Sql, TABLES } from './ledger-tables.ts'
import { DAY_MS, floorTo, LEVELS } from './levels.ts'
import { type LeveledBuckets, MetricJournal } from './metric-journal.ts'
import type { MetricSample } from './metric-sample.ts'
import { MetricSpans } from './metric-spans.ts'
import type { SubjectTotals } from './prometheus/exposition.ts'
import type { ListedSeries, PeriodSummary, SeriesFilter, SummaryQuery } from './stored-summaries.ts'
import type { Subject } from './subject.ts'
import { type KnownSubject, SubjectIndex } from './subject-index.ts'
import type { Accumulator, Summary } from './summary.ts'

const noBuckets = (): LeveledBuckets => LEVELS.map(() => new Map())

const isEmpty = (of: LeveledBuckets): boolean => of.every(({ size }) => size === 0)

/** Cells of a subject whose names stand in its row, which is written anew with each further one. */
const MOST_CELLS = 1_000

/** How often what was told is put in its place: rows of its place have the minutes of an hour. */
export const FOLD_MS = 60 * 60_000

/** Series are listed as long as they were measured within two weeks: ListMetrics, API reference. */
const LAST_AT_STEP_MS = 6 * 3_600_000

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
  readonly #journal: MetricJournal
  readonly #spans: MetricSpans
  #lastId = 0

  /** @param bucketMs see `bucketLength` */
  constructor(sql: Sql, bucketMs: number) {
    this.#sql = sql
    this.#bucketMs = bucketMs
    this.#journal = new MetricJournal(sql)
    this.#spans = new MetricSpans(sql)
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
    if (this.#journal.isLong) {
      this.#condense(now)
      return
    }
    this.#journal.write(this.#unwritten)
    this.#unwritten = noBuckets()
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
        this.#spans.add(subject.id, level, over)
      }
    }
    this.#writeAnew()
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
      done += this.#spans.rollUp(subject.id, now, most - done)
      if (done >= most) return true
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
      for (const table of TABLES) this.#sql.exec(`DELETE FROM ${table}`)
    }
    this.#subjects.clear()
    this.#unsaved.clear()
    this.#totals = undefined
    for (const open of this.#open) open.clear()
    this.#unwritten = noBuckets()
    this.#journal.forget()
  }

  #load(): void {
    const sql = this.#sql
    for (const { id, subject, cells, last_at } of sql.exec('SELECT * FROM subjects').toArray()) {
      this.#subjects.add({
        ...(JSON.parse(subject as string) as Subject & { readonly part?: number }),
        id: Number(id),
        cells: new Set(JSON.parse(cells as string) as string[]),
        lastAt: Number(last_at),
        savedAt: Number(last_at),
      })
      this.#lastId = Math.max(this.#lastId, Number(id))
    }
    const byId = new Map([...this.#subjects.all()].map(subject => [subject.id, subject]))
    this.#journal.load((id, level, text) => {
      const subject = byId.get(id)!
      const buckets = mapOf(this.#open[level]!, subject)
      readBuckets(text, (at, name, summary) => {
        cellAt(cellsAt(buckets, at), name).merge(summary)
        subject.lastAt = Math.max(subject.lastAt, at)
      })
    })
  }

  /** What was told of a minute in sixty rows takes hardly more than one of them. */
  #condense(now: number): void {
    this.#writeAnew()
    if (this.#journal.isFull) this.fold(now, Number.POSITIVE_INFINITY)
  }

  #writeAnew(): void {
    this.#journal.beginAnew()
    this.#journal.write(this.#open)
    // It stands there, too, what was not written.
    this.#unwritten = noBuckets()
  }

  #makeTables(): void {
    if (this.#hasTables) return
    this.#sql.exec(SCHEMA)
    this.#hasTables = true
  }

  #count(sample: MetricSample): void {
    const at = bucketOf(sample, this.#bucketMs)
    const level = sample.highResolution || this.#bucketMs < LEVELS[1]!.widthMs ? 0 : 1
    let subject: KnownSubject | undefined
    let places: Cells[] = []
    for (const [metric, values] of Object.entries(sample.values)) {
      const name = cellName(metric, values.unit)
      if (!subject?.cells.has(name)) {
        subject = this.#subjectWith(sample, name)
        places = this.#placesOf(subject, level, at)
      }
      for (const each of places) addValues(cellAt(each, name), values)
    }
  }

  /** Where what was measured of a subject is counted. */
  #placesOf(subject: KnownSubject, level: number, at: number): Cells[] {
    subject.lastAt = Math.max(subject.lastAt, at)
    if (subject.lastAt - subject.savedAt >= LAST_AT_STEP_MS) this.#unsaved.add(subject)
    const places = [this.#open, this.#unwritten].map(of => cellsAt(mapOf(of[level]!, subject), at))
    if (this.#totals && at >= this.#totals.from) places.push(mapOf(this.#totals.cells, subject))
    return places
  }

  /** The part of a sample's subject that has a cell of this name, from now on if none had. */
  #subjectWith(sample: MetricSample, cell: string): KnownSubject {
    for (let part = 0; ; part++) {
      const subject = this.#partOf(sample, part)
      if (subject.cells.has(cell)) return subject
      if (subject.cells.size >= MOST_CELLS) continue
      subject.cells.add(cell)
      this.#unsaved.add(subject)
      return subject
    }
  }

  #partOf({ namespace, labels, dimensionSets }: MetricSample, part: number): KnownSubject {
    let subject = this.#subjects.get({ namespace, labels, dimensionSets }, part)
    if (!subject) {
      this.#lastId += 1
      subject = {
        ...(part > 0 && { part }),
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
      const { id, part, namespace, labels, dimensionSets, cells, lastAt } = known
      known.savedAt = lastAt
      const subject = JSON.stringify({ namespace, labels, dimensionSets, part })
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
      if (this.#hasTables)
        for (const text of this.#spans.texts(subject.id, level, from, to)) readBuckets(text, visit)
      const open = this.#open[level]!.get(subject) ?? []
      for (const [at, cells] of open) for (const [name, cell] of cells) visit(at, name, cell.summary())
    }
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
