import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeChunk, encodeChunk } from '../../../src/observability/logs/chunk.ts'
import {
  comparePositions,
  eventBytes,
  eventIdOf,
  type KeptEvent,
  positionOfEventId,
} from '../../../src/observability/logs/kept-event.ts'
import { packSegments } from '../../../src/observability/logs/pack-segments.ts'
import { chunksOf } from '../../../src/observability/logs/take-lines.ts'

const time = fc.integer({ min: 0, max: 4_000_000_000_000 })
const event = fc.record<KeptEvent>({
  stream: fc.constantFrom('a', 'b', '2026/11/23/[$LATEST]0123'),
  timestamp: time,
  ingested: time,
  ordinal: fc.nat(),
  message: fc.string({ unit: 'grapheme' }),
})

describe('a chunk', () => {
  it('is unpacked as it was packed', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1 }), events => {
        expect(decodeChunk(encodeChunk(events))).toEqual(events)
      }),
    )
  })

  it('is an eighth of the lines that functions write', () => {
    const message =
      'REPORT RequestId: 8f5c\tDuration: 3.12 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\t\n'
    const events = Array.from({ length: 1000 }, (_, ordinal) => ({
      stream: '2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef',
      timestamp: 1_795_447_691_454 + ordinal * 7,
      ingested: 1_795_447_699_000,
      ordinal,
      message: message.replace('8f5c', ordinal.toString(16)).replace('3.12', String((ordinal * 37) % 991)),
    }))
    expect(encodeChunk(events).length).toBeLessThan((1000 * message.length) / 8)
  })

  it('has a megabyte of events at most, and all ordinals one after the other', () => {
    const long = 'x'.repeat(400_000)
    const lines = ['a', 'b'].map(stream => ({
      stream,
      events: Array.from({ length: 4 }, (_, i) => ({ timestamp: i, message: `${i}${long}` })),
    }))
    const chunks = [...chunksOf(lines, 100, 5)]
    expect(chunks.map(({ events, bytes }) => [events, bytes])).toEqual([
      [2, 800_054],
      [2, 800_054],
      [2, 800_054],
      [2, 800_054],
    ])
    expect(chunks.flatMap(({ body }) => decodeChunk(body)).map(({ ordinal }) => ordinal)).toEqual([
      100, 101, 102, 103, 104, 105, 106, 107,
    ])
    expect(chunks[2]!.streams).toEqual([['b', 0, 1, 2, 800_054]])
  })

  it('names no more streams than its row holds', () => {
    const names = Array.from({ length: 1_200 }, (_, i) => `${'s'.repeat(500)}${i}`)
    const lines = [...names, ...names].map(stream => ({ stream, events: [{ timestamp: 1, message: 'm' }] }))
    const chunks = [...chunksOf(lines, 0, 5)]
    for (const { streams } of chunks) expect(JSON.stringify(streams).length).toBeLessThan(500_000)
    expect(chunks.reduce((sum, { events }) => sum + events, 0)).toBe(2_400)
  })
})

describe('an event', () => {
  it('has an id of 56 digits, which sorts as events do and says where it stands', () => {
    const position = fc.record({ timestamp: time, ingested: time, shard: fc.nat(31), ordinal: fc.nat() })
    fc.assert(
      fc.property(position, position, (one, other) => {
        expect(eventIdOf(one)).toMatch(/^\d{56}$/)
        expect(positionOfEventId(eventIdOf(one))).toEqual(one)
        expect(Math.sign(comparePositions(one, other))).toBe(
          eventIdOf(one) < eventIdOf(other) ? -1 : eventIdOf(one) > eventIdOf(other) ? 1 : 0,
        )
      }),
    )
    expect(positionOfEventId('12')).toBeUndefined()
  })

  it('counts its message in UTF-8, and 26 bytes', () => {
    expect(['', 'abc', 'ä', '😀'].map(message => eventBytes({ timestamp: 0, message }))).toEqual([
      26, 29, 28, 30,
    ])
  })
})

describe('segments', () => {
  it('have what chunks had, in the order of time, without what was deleted', () => {
    const events = Array.from({ length: 30 }, (_, ordinal) => ({
      stream: ordinal % 3 === 0 ? 'gone' : 'kept',
      timestamp: 1000 - (ordinal % 10),
      ingested: 2000,
      ordinal,
      message: 'm'.repeat(100_000),
    }))
    const chunks = [0, 10, 20].map(id => ({
      id,
      events: 10,
      body: encodeChunk(events.slice(id, id + 10)),
    }))
    const { body, segments } = packSegments(chunks, [['gone', 14]])
    const read = segments.flatMap(({ offset, size, first, last, streams }) => {
      const part = decodeChunk(body.slice(offset, offset + size))
      expect([first, last]).toEqual([part[0]!.timestamp, part.at(-1)!.timestamp])
      expect(streams).toEqual([...new Set(part.map(({ stream }) => stream))])
      return part
    })
    expect(segments.length).toBe(3)
    expect(read).toEqual(
      events
        .filter(({ stream, ordinal }) => stream === 'kept' || ordinal > 14)
        .sort((one, other) => one.timestamp - other.timestamp || one.ordinal - other.ordinal),
    )
  })
})
