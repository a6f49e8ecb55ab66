import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeChunk } from '../../../src/observability/logs/chunk.ts'
import type { GroupEvent } from '../../../src/observability/logs/kept-event.ts'
import { mergeOrdered, orderOf } from '../../../src/observability/logs/merge-ordered.ts'
import type { LineQuery } from '../../../src/observability/logs/read-lines.ts'
import { readShard, type ShardSource } from '../../../src/observability/logs/read-shard.ts'
import type { Unit, UnitPage, UnitQuery } from '../../../src/observability/logs/unit.ts'

/** An object whose units are served two at a time, and move now and then, by then all in other units. */
class Shard implements ShardSource {
  readonly shard: number
  readonly store = { get: async () => null } as unknown as ShardSource['store']
  #layout = 0
  #units: Unit[]
  readonly #other: Unit[]
  readonly #moveAt: number
  asked = 0

  constructor(shard: number, events: readonly GroupEvent[], sizes: [number, number], moveAt: number) {
    this.shard = shard
    this.#units = unitsOf(events, sizes[0])
    this.#other = unitsOf(events, sizes[1])
    this.#moveAt = moveAt
  }

  units = async ({ from, until, direction, cursor }: UnitQuery): Promise<UnitPage> => {
    if (++this.asked === this.#moveAt) {
      this.#units = this.#other
      this.#layout++
    }
    if (cursor && cursor.layout !== this.#layout) return { kind: 'stale' }
    const isForward = direction === 'forward'
    const all = this.#units
      .map((unit, place) => ({ unit, edge: isForward ? unit.first : unit.last, place: String(place) }))
      .filter(({ unit }) => unit.last >= from && unit.first < until)
      .sort((a, b) => (isForward ? 1 : -1) * (a.edge - b.edge || (a.place < b.place ? -1 : 1)))
    const at = cursor ? all.findIndex(({ place }) => place === cursor.place) + 1 : 0
    const page = all.slice(at, at + 2)
    const last = page.at(-1)
    return {
      kind: 'page',
      units: page.map(({ unit }) => unit),
      deleted: [['deleted', 5]],
      next:
        last && at + 2 < all.length
          ? { layout: this.#layout, edge: last.edge, place: last.place }
          : undefined,
    }
  }
}

function unitsOf(events: readonly GroupEvent[], size: number): Unit[] {
  const units: Unit[] = []
  for (let at = 0; at < events.length; at += size) {
    const part = events.slice(at, at + size)
    const times = part.map(({ timestamp }) => timestamp)
    units.push({ first: Math.min(...times), last: Math.max(...times), body: encodeChunk(part) })
  }
  return units
}

const shardOfEvents = (shard: number) =>
  fc
    .array(
      fc.record({
        timestamp: fc.integer({ min: 0, max: 40 }),
        stream: fc.constantFrom('a', 'b', 'deleted'),
        message: fc.string({ maxLength: 3 }),
      }),
      { maxLength: 40 },
    )
    .map(list =>
      list.map((event, ordinal): GroupEvent => ({ ...event, ingested: ordinal >> 2, ordinal, shard })),
    )

describe('events of a group', () => {
  it('are read in order from all of its objects, each once, while they move, from wherever one stopped', async () => {
    const size = fc.integer({ min: 1, max: 12 })
    await fc.assert(
      fc.asyncProperty(
        shardOfEvents(0),
        shardOfEvents(1),
        fc.tuple(size, size),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('forward' as const, 'backward' as const),
        fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 41 })),
        fc.constantFrom(undefined, { names: ['a'] }, { prefixes: ['b', 'del'] }),
        fc.nat(60),
        async (one, other, sizes, moveAt, direction, [from, until], streams, stopAt) => {
          const compare = orderOf(direction)
          const expected = [...one, ...other]
            .filter(
              ({ timestamp, stream, ordinal }) =>
                timestamp >= from &&
                timestamp < until &&
                (!streams || (stream === 'a') === 'names' in streams) &&
                (stream !== 'deleted' || ordinal > 5),
            )
            .sort(compare)
          const read = async (query: LineQuery) => {
            const shards = [one, other].map((events, i) => new Shard(i, events, sizes, moveAt))
            const events: GroupEvent[] = []
            for await (const part of mergeOrdered(
              shards.map(shard => readShard(shard, query)),
              direction,
            )) {
              events.push(...part)
            }
            return events
          }
          const query = { from, until, direction, streams }
          expect(await read(query)).toEqual(expected)
          const after = expected[stopAt]
          if (after) expect(await read({ ...query, after })).toEqual(expected.slice(stopAt + 1))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('asks for no more than is read', async () => {
    const events = Array.from({ length: 100 }, (_, ordinal) => ({
      timestamp: ordinal,
      ingested: 0,
      ordinal,
      shard: 0,
      stream: 'a',
      message: '',
    }))
    const shard = new Shard(0, events, [5, 5], 0)
    const query: LineQuery = { from: 0, until: 1000, direction: 'backward' }
    for await (const [latest] of mergeOrdered([readShard(shard, query)], 'backward')) {
      expect(latest!.timestamp).toBe(99)
      break
    }
    expect(shard.asked).toBe(1)
  })
})
