import { listUnits, PAGE, type PageLimits, type Sql } from './list-units.ts'
import type { Deleted, StoredUnit, StreamSpan, UnitPage, UnitQuery } from './unit.ts'

/**
 * What one object has of a group. `chunks` are as they came, one row for what was told at once; the last of them says how
 * much all of them are, so that an object that begins anew reads no others. `segments` lie in the store. `streams` has
 * those that were made and what is known of them from segments: what chunks say is added when somebody asks, since a row
 * more for each chunk would double what writing costs. WITHOUT ROWID, since a row with its
 * own index would be billed as two.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS chunks (
    id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, events INTEGER NOT NULL,
    size INTEGER NOT NULL, bytes INTEGER NOT NULL, all_size INTEGER NOT NULL, all_bytes INTEGER NOT NULL,
    ingested INTEGER NOT NULL, streams TEXT NOT NULL, body BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS segments (
    id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL,
    size INTEGER NOT NULL, bytes INTEGER NOT NULL, streams TEXT
  );
  CREATE TABLE IF NOT EXISTS streams (
    name TEXT PRIMARY KEY, created INTEGER NOT NULL, made INTEGER NOT NULL,
    first INTEGER, last INTEGER, ingested INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS deleted (stream TEXT PRIMARY KEY, ordinal INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS doomed (key TEXT PRIMARY KEY) WITHOUT ROWID;`

const TABLES = ['chunks', 'segments', 'streams', 'deleted', 'facts', 'doomed']

/** A stream as one of a group's objects knows it. Times in epoch milliseconds. */
export interface StreamFacts {
  readonly name: string
  /** Absent: known by its events alone. */
  readonly created: number
  readonly first?: number
  readonly last?: number
  readonly ingested?: number
}

export interface ChunkRow {
  /** The ordinal of its first event. */
  readonly id: number
  readonly events: number
  readonly body: Uint8Array
}

/** What {@link ChunkTables.add} writes. */
export interface NewChunk {
  readonly first: number
  readonly last: number
  readonly events: number
  /** Of its events, as CloudWatch counts them. */
  readonly bytes: number
  readonly ingested: number
  readonly streams: readonly StreamSpan[]
  readonly body: Uint8Array
}

export interface NewSegment extends StoredUnit {
  readonly first: number
  readonly last: number
  /** Of its events' messages, as CloudWatch counts them. */
  readonly bytes: number
  /** Undefined: too many to say. */
  readonly streams: readonly string[] | undefined
}

/** The tables of an object that keeps lines. Everything is synchronous, and one turn is one transaction. */
export class ChunkTables {
  readonly #sql: Sql
  readonly #page: PageLimits
  #next: number
  #lastIngested: number
  #size: number
  #bytes: number
  #known = new Set<string>()

  constructor(sql: Sql, page: PageLimits = PAGE) {
    this.#sql = sql
    this.#page = page
    sql.exec(SCHEMA)
    const [last] = sql
      .exec('SELECT id + events AS next, ingested, all_size, all_bytes FROM chunks ORDER BY id DESC LIMIT 1')
      .toArray()
    this.#next = Math.max(Number(last?.next ?? 0), this.#fact('next'))
    this.#lastIngested = Number(last?.ingested ?? 0)
    this.#size = Number(last?.all_size ?? 0)
    this.#bytes = Number(last?.all_bytes ?? 0)
  }

  /** The ordinal that the next event gets. */
  get next(): number {
    return this.#next
  }

  /** Packed bytes of chunks. */
  get size(): number {
    return this.#size
  }

  /** Bytes of chunks unpacked. */
  get bytes(): number {
    return this.#bytes
  }

  /** Grows whenever units are moved or removed. */
  get layout(): number {
    return this.#fact('layout')
  }

  /** When something is taken: never before what was taken already, since the order of events goes by it. */
  ingestionTime(now: number): number {
    return Math.max(now, this.#lastIngested)
  }

  add(chunk: NewChunk): void {
    const { first, last, events, bytes, ingested, streams, body } = chunk
    for (const [stream] of streams) this.#know(stream, ingested)
    this.#size += body.length
    this.#bytes += bytes
    this.#sql.exec(
      'INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      this.#next,
      first,
      last,
      events,
      body.length,
      bytes,
      this.#size,
      this.#bytes,
      ingested,
      JSON.stringify(streams),
      body,
    )
    this.#next += events
    this.#lastIngested = ingested
  }

  /** Whether there is a stream of this name. */
  has(stream: string): boolean {
    if (this.#known.has(stream)) return true
    return this.#sql.exec('SELECT 1 FROM streams WHERE name = ?', stream).toArray().length > 0
  }

  /** False when there is one already. */
  makeStream(stream: string, now: number): boolean {
    if (this.has(stream)) return false
    this.#sql.exec('INSERT INTO streams (name, created, made) VALUES (?, ?, 1)', stream, now)
    return true
  }

  /** Forgets a stream and what it has. False when there is none. */
  deleteStream(stream: string): boolean {
    if (!this.has(stream)) return false
    this.#known.delete(stream)
    this.#sql.exec('DELETE FROM streams WHERE name = ?', stream)
    this.#sql.exec(
      'INSERT INTO deleted VALUES (?, ?) ON CONFLICT DO UPDATE SET ordinal = excluded.ordinal',
      stream,
      this.#next - 1,
    )
    return true
  }

  /**
   * Streams whose names begin with a prefix, in the order of names.
   *
   * @param after a name; later ones are meant
   */
  streams(prefix: string, after: string, limit: number): StreamFacts[] {
    return this.#sql
      .exec(
        `WITH live AS (
           SELECT s.value ->> 0 AS name, min(s.value ->> 1) AS first, max(s.value ->> 2) AS last,
             max(c.ingested) AS ingested
           FROM chunks c, json_each(c.streams) s LEFT JOIN deleted d ON d.stream = s.value ->> 0
           WHERE d.ordinal IS NULL OR c.id > d.ordinal
           GROUP BY 1)
         SELECT s.name AS name, s.created AS created,
           min(ifnull(s.first, l.first), ifnull(l.first, s.first)) AS first,
           max(ifnull(s.last, l.last), ifnull(l.last, s.last)) AS last,
           max(ifnull(s.ingested, l.ingested), ifnull(l.ingested, s.ingested)) AS ingested
         FROM streams s LEFT JOIN live l ON l.name = s.name
         WHERE s.name > ?1 AND substr(s.name, 1, length(?2)) = ?2 ORDER BY s.name LIMIT ?3`,
        after,
        prefix,
        limit,
      )
      .toArray()
      .map(row => ({
        name: String(row.name),
        created: Number(row.created),
        ...(row.first !== null && {
          first: Number(row.first),
          last: Number(row.last),
          ingested: Number(row.ingested),
        }),
      }))
  }

  /** A page of units that may have what is asked for. */
  units(query: UnitQuery): UnitPage {
    const { layout } = this
    if (query.cursor && query.cursor.layout !== layout) return { kind: 'stale' }
    const { places, next } = listUnits(this.#sql, query, this.#page)
    const units = places.map(({ first, last, at }) => ({
      first,
      last,
      body: typeof at === 'number' ? this.#body(at) : at,
    }))
    return { kind: 'page', units, deleted: this.deleted(), next: next && { layout, ...next } }
  }

  deleted(): Deleted[] {
    return this.#sql
      .exec('SELECT stream, ordinal FROM deleted')
      .toArray()
      .map(row => [String(row.stream), Number(row.ordinal)] as const)
  }

  /** The last timestamp of what ends first; undefined when nothing is kept. */
  oldest(): number | undefined {
    const [row] = this.#sql
      .exec('SELECT min(last) AS last FROM (SELECT last FROM chunks UNION ALL SELECT last FROM segments)')
      .toArray()
    return row!.last === null ? undefined : Number(row!.last)
  }

  /** Chunks from an ordinal on and before another, of so many unpacked bytes together, and one at least. */
  chunksFrom(ordinal: number, before: number, bytes: number): ChunkRow[] {
    const places: Omit<ChunkRow, 'body'>[] = []
    let sum = 0
    const rows = this.#sql
      .exec('SELECT id, events, bytes FROM chunks WHERE id >= ? AND id < ? ORDER BY id', ordinal, before)
      .toArray()
    for (const row of rows) {
      sum += Number(row.bytes)
      if (places.length > 0 && sum > bytes) break
      places.push({ id: Number(row.id), events: Number(row.events) })
    }
    return places.map(place => ({ ...place, body: this.#body(place.id) }))
  }

  /** Has the rows of chunks in the store from now on: all from one ordinal up to another, which were read together. */
  move(ids: readonly number[], key: string, segments: readonly NewSegment[]): void {
    const list = JSON.stringify(ids)
    this.#sql.exec(
      `UPDATE streams SET
         first = min(ifnull(streams.first, live.first), live.first),
         last = max(ifnull(streams.last, live.last), live.last),
         ingested = max(ifnull(streams.ingested, live.ingested), live.ingested)
       FROM (
         SELECT s.value ->> 0 AS name, min(s.value ->> 1) AS first, max(s.value ->> 2) AS last,
           max(c.ingested) AS ingested
         FROM chunks c, json_each(c.streams) s LEFT JOIN deleted d ON d.stream = s.value ->> 0
         WHERE c.id IN (SELECT value FROM json_each(?)) AND (d.ordinal IS NULL OR c.id > d.ordinal)
         GROUP BY 1) AS live
       WHERE streams.name = live.name`,
      list,
    )
    for (const { first, last, offset, size, bytes, streams } of segments) {
      this.#sql.exec(
        'INSERT INTO segments (first, last, key, at, size, bytes, streams) VALUES (?, ?, ?, ?, ?, ?, ?)',
        first,
        last,
        key,
        offset,
        size,
        bytes,
        streams ? JSON.stringify(streams) : null,
      )
    }
    this.#sql.exec('DELETE FROM chunks WHERE id IN (SELECT value FROM json_each(?))', list)
    this.#sql.exec('DELETE FROM doomed WHERE key = ?', key)
    this.#moved()
  }

  /** Removes what ended before, and streams that nobody made and that have nothing any more. True if there was anything. */
  expire(before: number): boolean {
    const oldest = this.oldest()
    if (oldest === undefined || oldest >= before) return false
    this.#sql.exec('DELETE FROM chunks WHERE last < ?', before)
    this.#sql.exec(
      `INSERT OR IGNORE INTO doomed SELECT key FROM segments GROUP BY key HAVING max(last) < ?`,
      before,
    )
    this.#sql.exec('DELETE FROM segments WHERE key IN (SELECT key FROM doomed)')
    this.#sql.exec(
      `DELETE FROM streams WHERE made = 0 AND ifnull(last, 0) < ?
         AND name NOT IN (SELECT s.value ->> 0 FROM chunks c, json_each(c.streams) s)`,
      before,
    )
    if (
      this.#sql.exec('SELECT 1 FROM chunks UNION ALL SELECT 1 FROM segments LIMIT 1').toArray().length === 0
    )
      this.#sql.exec('DELETE FROM deleted')
    this.#known.clear()
    this.#moved()
    return true
  }

  /** Documents of the store that nothing leads to any more. */
  doomed(limit: number): string[] {
    return this.#sql
      .exec('SELECT key FROM doomed LIMIT ?', limit)
      .toArray()
      .map(({ key }) => String(key))
  }

  /** Before a document is written: whatever becomes of that, it is found again. */
  doom(key: string): void {
    this.#sql.exec('INSERT OR IGNORE INTO doomed VALUES (?)', key)
  }

  buried(keys: readonly string[]): void {
    this.#sql.exec('DELETE FROM doomed WHERE key IN (SELECT value FROM json_each(?))', JSON.stringify(keys))
  }

  /** All documents in the store, whether anything leads to them or not. */
  documents(): string[] {
    return this.#sql
      .exec('SELECT key FROM segments UNION SELECT key FROM doomed')
      .toArray()
      .map(({ key }) => String(key))
  }

  /** Bytes of all events, packed: what keeping them costs. */
  storedBytes(): number {
    const [row] = this.#sql.exec('SELECT ifnull(sum(size), 0) AS size FROM segments').toArray()
    return this.#size + Number(row!.size)
  }

  /** Removes everything but the tables: making them anew takes several times as long. */
  clear(): void {
    const { layout } = this
    for (const table of TABLES) this.#sql.exec(`DELETE FROM ${table}`)
    this.#setFact('next', this.#next)
    this.#setFact('layout', layout + 1)
    this.#known.clear()
    this.#size = 0
    this.#bytes = 0
  }

  #know(stream: string, now: number): void {
    if (this.#known.has(stream)) return
    if (this.#known.size >= 10_000) this.#known.clear()
    this.#sql.exec('INSERT OR IGNORE INTO streams (name, created, made) VALUES (?, ?, 0)', stream, now)
    this.#known.add(stream)
  }

  #body(id: number): Uint8Array {
    const [row] = this.#sql.exec('SELECT body FROM chunks WHERE id = ?', id).toArray()
    return new Uint8Array(row!.body as ArrayBuffer)
  }

  #moved(): void {
    this.#setFact('next', this.#next)
    this.#setFact('layout', this.layout + 1)
    const [all] = this.#sql.exec('SELECT sum(size) AS size, sum(bytes) AS bytes FROM chunks').toArray()
    this.#size = Number(all!.size ?? 0)
    this.#bytes = Number(all!.bytes ?? 0)
    this.#sql.exec(
      'UPDATE chunks SET all_size = ?, all_bytes = ? WHERE id = (SELECT max(id) FROM chunks)',
      this.#size,
      this.#bytes,
    )
  }

  #fact(name: string): number {
    const [row] = this.#sql.exec('SELECT value FROM facts WHERE name = ?', name).toArray()
    return Number(row?.value ?? 0)
  }

  #setFact(name: string, value: number): void {
    this.#sql.exec(
      'INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      name,
      value,
    )
  }
}
