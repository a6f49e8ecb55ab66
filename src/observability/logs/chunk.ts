import { gunzipSync, gzipSync } from 'node:zlib'
import type { KeptEvent } from './kept-event.ts'

/**
 * Events as they are kept: columns instead of rows, since what is alike stands together then, which is half of what
 * compression finds. Of a chunk as it was taken `i` is one number and `o` the ordinal of the first event; of those that
 * were put together from several each event has its own.
 */
interface Columns {
  /** Names of streams. */
  readonly s: readonly string[]
  /** Of each event, which of the names. Absent: the first for all. */
  readonly x?: readonly number[]
  readonly t: readonly number[]
  readonly i: number | readonly number[]
  readonly o: number | readonly number[]
  readonly m: readonly string[]
}

/** Packs events. In the order given, which for {@link decodeChunk} is all the same. */
export function encodeChunk(events: readonly KeptEvent[]): Uint8Array {
  const streams = new Map<string, number>()
  const which = events.map(({ stream }) => {
    const known = streams.get(stream) ?? streams.size
    streams.set(stream, known)
    return known
  })
  const first = events[0]!
  const isOneTime = events.every(({ ingested }) => ingested === first.ingested)
  const isOneRun = events.every(({ ordinal }, i) => ordinal === first.ordinal + i)
  const columns: Columns = {
    s: [...streams.keys()],
    ...(streams.size > 1 && { x: which }),
    t: events.map(({ timestamp }) => timestamp),
    i: isOneTime ? first.ingested : events.map(({ ingested }) => ingested),
    o: isOneRun ? first.ordinal : events.map(({ ordinal }) => ordinal),
    m: events.map(({ message }) => message),
  }
  return gzipSync(JSON.stringify(columns))
}

export function decodeChunk(body: Uint8Array): KeptEvent[] {
  const { s, x, t, i, o, m } = JSON.parse(gunzipSync(body).toString()) as Columns
  return m.map((message, at) => ({
    stream: s[x ? x[at]! : 0]!,
    timestamp: t[at]!,
    ingested: typeof i === 'number' ? i : i[at]!,
    ordinal: typeof o === 'number' ? o + at : o[at]!,
    message,
  }))
}
