import { TRACES_KEPT_MS } from './read-segment.ts'
import type { Segment } from './segment.ts'

/** A segment as it is read again. */
export interface StoredSegment {
  readonly traceId: string
  readonly id: string
  /** JSON text. */
  readonly document: string
  /** Epoch seconds of its trace, where a range was read. */
  readonly at?: number
}

/** Of a reader that goes on where a page ended. */
export interface TracePlace {
  /** Epoch seconds of the trace. */
  readonly at: number
  readonly traceId: string
}

/**
 * Of a trace, segments and characters that one object tells: whoever calls from outside may name one trace for all that
 * they do, and X-Ray has 500 KB of a trace at most.
 */
const MOST_OF_TRACE = { segments: 2_000, characters: 1024 * 1024 }

/** Of a page, for each segment that is asked for: documents may have 64 KB, and an answer 32 MB. */
const CHARACTERS_EACH = 1024

/** Ids that X-Ray makes begin with the second in which the trace began; ids of W3C are all chance. */
const BEFORE_S = TRACES_KEPT_MS / 1000
const AFTER_S = 24 * 3_600

/**
 * When a trace began, as its id says, or else its first segment. Epoch seconds.
 *
 * @param segment of the trace
 */
export function traceTime({ trace_id, start_time }: Pick<Segment, 'trace_id' | 'start_time'>): number {
  const said = Number.parseInt(trace_id.slice(2, 10), 16)
  return said > start_time - BEFORE_S && said < start_time + AFTER_S ? said : Math.floor(start_time)
}

/**
 * The segments that one object keeps. A row each, whose key begins with the time of its trace: reading what happened in
 * a time, and one trace, are both reading a range. `X-Ray` ids say the time themselves; of others it is looked up.
 */
export class TraceTables {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS segments (
      at INTEGER NOT NULL, trace TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
      PRIMARY KEY (at, trace, id)) WITHOUT ROWID`)
    sql.exec(
      `CREATE TABLE IF NOT EXISTS foreign_traces (trace TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID`,
    )
  }

  /** A segment that comes again replaces what was known of it: one in progress ends so. */
  put(segment: Segment): void {
    const { trace_id: trace, id } = segment
    let at = traceTime(segment)
    if (at !== Number.parseInt(trace.slice(2, 10), 16)) {
      this.#sql.exec('INSERT OR IGNORE INTO foreign_traces (trace, at) VALUES (?, ?)', trace, at)
      at = this.#foreignTime(trace) ?? at
    }
    this.#sql.exec(
      'INSERT OR REPLACE INTO segments (at, trace, id, document) VALUES (?, ?, ?, ?)',
      at,
      trace,
      id,
      JSON.stringify(segment),
    )
  }

  /** All segments of traces. */
  traces(ids: readonly string[]): StoredSegment[] {
    return ids.flatMap(trace => {
      const at = this.#foreignTime(trace) ?? Number.parseInt(trace.slice(2, 10), 16)
      return this.#ofTrace(trace, at)
    })
  }

  /**
   * Segments of the traces that began in a time, whole traces only (of very large ones the first part), about `most`
   * segments, in the order of the traces.
   *
   * @param from epoch seconds, inclusive; `to` too
   * @returns `next` where more follow
   */
  between(
    from: number,
    to: number,
    after: TracePlace | undefined,
    most: number,
  ): { segments: StoredSegment[]; next?: TracePlace } {
    const segments: StoredSegment[] = []
    let characters = 0
    // Every trace has a name: this begins with the first of `from`, and reads nothing before it.
    let place = after ?? { at: from, traceId: '' }
    for (;;) {
      const next = this.#traceAfter(place, to)
      if (!next) return { segments }
      if (segments.length > 0 && (segments.length >= most || characters >= most * CHARACTERS_EACH))
        return { segments, next: place }
      for (const segment of this.#ofTrace(next.traceId, next.at)) {
        segments.push({ at: next.at, ...segment })
        characters += segment.document.length
      }
      place = next
    }
  }

  get isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM segments LIMIT 1').next().done === true
  }

  /**
   * Removes what is kept no more, an hour of it at a time: a busy day's would take longer than the platform lets it.
   *
   * @param now epoch milliseconds
   * @returns whether there is more of it
   */
  prune(now: number): boolean {
    const until = Math.floor((now - TRACES_KEPT_MS) / 1000)
    const { oldest } = this.#sql
      .exec<{ oldest: number | null }>('SELECT min(at) AS oldest FROM segments')
      .one()
    const before = Math.min(until, (oldest ?? until) + 3_600)
    this.#sql.exec('DELETE FROM segments WHERE at < ?', before)
    if (before < until) return true
    this.#sql.exec('DELETE FROM foreign_traces WHERE at < ?', until)
    return false
  }

  clear(): void {
    this.#sql.exec('DELETE FROM segments')
    this.#sql.exec('DELETE FROM foreign_traces')
  }

  #foreignTime(trace: string): number | undefined {
    const row = this.#sql.exec<{ at: number }>('SELECT at FROM foreign_traces WHERE trace = ?', trace).next()
    return row.done ? undefined : row.value.at
  }

  #traceAfter({ at, traceId }: TracePlace, to: number): TracePlace | undefined {
    const row = this.#sql
      .exec<{ at: number; trace: string }>(
        'SELECT at, trace FROM segments WHERE (at, trace) > (?, ?) AND at <= ? ORDER BY at, trace LIMIT 1',
        at,
        traceId,
        to,
      )
      .next()
    return row.done ? undefined : { at: row.value.at, traceId: row.value.trace }
  }

  #ofTrace(traceId: string, at: number): StoredSegment[] {
    const segments: StoredSegment[] = []
    let characters = 0
    const rows = this.#sql.exec<{ id: string; document: string }>(
      'SELECT id, document FROM segments WHERE at = ? AND trace = ? LIMIT ?',
      at,
      traceId,
      MOST_OF_TRACE.segments,
    )
    for (const { id, document } of rows) {
      segments.push({ traceId, id, document })
      characters += document.length
      if (characters >= MOST_OF_TRACE.characters) break
    }
    return segments
  }
}
