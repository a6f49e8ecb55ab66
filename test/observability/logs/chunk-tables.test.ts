import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChunkTables } from '../../../src/observability/logs/chunk-tables.ts'
import type { GroupEvent } from '../../../src/observability/logs/kept-event.ts'
import type { Sql } from '../../../src/observability/logs/list-units.ts'
import { orderOf } from '../../../src/observability/logs/merge-ordered.ts'
import { packSegments } from '../../../src/observability/logs/pack-segments.ts'
import { readShard, type ShardSource } from '../../../src/observability/logs/read-shard.ts'
import { chunksOf } from '../../../src/observability/logs/take-lines.ts'
import { choosesStream, type StreamChoice } from '../../../src/observability/logs/unit.ts'

const sqlOf = (database: DatabaseSync): Sql => ({
  exec(query, ...values) {
    if (values.length === 0 && query.includes(';')) {
      database.exec(query)
      return { toArray: () => [] }
    }
    const rows = database.prepare(query).all(...values) as ReturnType<ReturnType<Sql['exec']>['toArray']>
    return { toArray: () => rows }
  },
})

/** An object's tables and its documents, and beside them what they should have, one event by one. */
class Subject {
  readonly #database = new DatabaseSync(':memory:')
  readonly #page: { bytes: number; units: number }
  tables: ChunkTables
  readonly documents = new Map<string, Uint8Array>()
  events: GroupEvent[] = []
  made = new Map<string, number>()
  seen = new Set<string>()
  #now = 0
  #documents = 0

  constructor(page: { bytes: number; units: number }) {
    this.#page = page
    this.tables = new ChunkTables(sqlOf(this.#database), page)
  }

  take(lines: { stream: string; timestamps: number[] }[]): void {
    const told = lines.map(({ stream, timestamps }) => ({
      stream,
      events: timestamps.map(timestamp => ({ timestamp, message: `${stream} ${timestamp}` })),
    }))
    let ordinal = this.tables.next
    const ingested = this.tables.ingestionTime(++this.#now)
    for (const chunk of chunksOf(told, ordinal, ingested)) this.tables.add(chunk)
    for (const { stream, events } of told) {
      this.seen.add(stream)
      for (const event of events) {
        this.events.push({ ...event, stream, ingested, ordinal: ordinal++, shard: 0 })
      }
    }
  }

  move(count: number): void {
    const chunks = this.tables.chunksFrom(0, this.tables.next, Number.MAX_SAFE_INTEGER).slice(0, count)
    if (chunks.length === 0) return
    const key = `document ${++this.#documents}`
    this.tables.doom(key)
    const { body, segments } = packSegments(chunks, this.tables.deleted())
    this.documents.set(key, new Uint8Array(body))
    this.tables.move(
      chunks.map(({ id }) => id),
      key,
      segments.map(segment => ({ ...segment, key })),
    )
  }

  deleteStream(stream: string): void {
    expect(this.tables.deleteStream(stream)).toBe(this.seen.delete(stream))
    this.events = this.events.filter(event => event.stream !== stream)
  }

  /** The object begins anew. */
  restart(): void {
    const { next, size, bytes } = this.tables
    this.tables = new ChunkTables(sqlOf(this.#database), this.#page)
    expect(this.tables).toMatchObject({ next, size, bytes })
  }

  async read(query: Parameters<typeof readShard>[1]): Promise<GroupEvent[]> {
    const get = async (
      key: string,
      { range: { offset, length } }: { range: { offset: number; length: number } },
    ) => ({
      arrayBuffer: async () => this.documents.get(key)!.slice(offset, offset + length).buffer,
    })
    const source = {
      shard: 0,
      units: async asked => this.tables.units(asked),
      store: { get } as unknown as ShardSource['store'],
    } satisfies ShardSource
    const events: GroupEvent[] = []
    for await (const part of readShard(source, query)) events.push(...part)
    return events
  }
}

const STREAMS = ['a', 'b', 'web/1', 'web/2']
const stream = fc.constantFrom(...STREAMS)
const timestamps = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 6 })
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      take: fc.array(fc.record({ stream, timestamps }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ move: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ deleted: stream }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true) }) },
)

describe("an object's tables", () => {
  it('have what was told and not deleted, whatever was moved and however often the object began anew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.record({ bytes: fc.constantFrom(1, 400, 100_000), units: fc.integer({ min: 1, max: 4 }) }),
        fc.constantFrom('forward' as const, 'backward' as const),
        fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 51 })),
        fc.constantFrom<(StreamChoice | undefined)[]>(
          undefined,
          { names: ['a', 'web/2'] },
          { prefixes: ['web/'] },
        ),
        async (steps, page, direction, [from, until], streams) => {
          const subject = new Subject(page)
          for (const each of steps) {
            if ('take' in each) subject.take(each.take)
            if ('move' in each) subject.move(each.move)
            if ('deleted' in each) subject.deleteStream(each.deleted)
            if ('restart' in each) subject.restart()
          }
          const chosen = STREAMS.filter(name => choosesStream(streams, name))
          expect(await subject.read({ from, until, direction, streams })).toEqual(
            subject.events
              .filter(
                event => event.timestamp >= from && event.timestamp < until && chosen.includes(event.stream),
              )
              .sort(orderOf(direction)),
          )
          expect(subject.tables.doomed(9)).toEqual([])
          const times = Map.groupBy(subject.events, event => event.stream)
          expect(
            subject.tables.streams('', '', 9).map(({ name, first, last }) => [name, first, last]),
          ).toEqual(
            [...subject.seen].sort().map(name => {
              const all = (times.get(name) ?? []).map(({ timestamp }) => timestamp)
              return [
                name,
                ...(all.length > 0 ? [Math.min(...all), Math.max(...all)] : [undefined, undefined]),
              ]
            }),
          )
        },
      ),
      { numRuns: 150 },
    )
  })

  it('let go of what has expired, of documents only when all of them has', () => {
    const subject = new Subject({ bytes: 1000, units: 10 })
    subject.take([{ stream: 'a', timestamps: [1, 2] }])
    subject.take([{ stream: 'b', timestamps: [20] }])
    subject.move(2)
    subject.take([{ stream: 'a', timestamps: [5] }])
    subject.tables.makeStream('made', 0)
    const { next } = subject.tables
    expect(subject.tables.oldest()).toBe(5)
    expect(subject.tables.expire(6)).toBe(true)
    expect(subject.tables.doomed(9)).toEqual([])
    expect(subject.tables.streams('', '', 9).map(({ name }) => name)).toEqual(['b', 'made'])
    expect(subject.tables.expire(6)).toBe(false)
    expect(subject.tables.expire(21)).toBe(true)
    expect(subject.tables.doomed(9)).toEqual(['document 1'])
    subject.tables.buried(['document 1'])
    expect(subject.tables.doomed(9)).toEqual([])
    // An ordinal is never given twice.
    subject.restart()
    expect(subject.tables.next).toBe(next)
    expect(subject.tables.streams('', '', 9).map(({ name }) => name)).toEqual(['made'])
  })
})
