import { encodeChunk } from './chunk.ts'
import type { NewChunk } from './chunk-tables.ts'
import { eventBytes, type KeptEvent } from './kept-event.ts'
import type { LogLines } from './log-event.ts'
import type { StreamSpan } from './unit.ts'

/** Bytes of a chunk's events: a row holds 2 MB, and what cannot be compressed hardly grows. */
const CHUNK_BYTES = 1024 * 1024

/** Streams of a chunk, whose names of 512 characters stand in its row. */
const CHUNK_STREAMS = 500

/**
 * Makes of lines what is written down, one chunk a megabyte or part of it.
 *
 * @param next the ordinal of the first event
 * @param ingested epoch milliseconds
 */
export function* chunksOf(lines: readonly LogLines[], next: number, ingested: number): Generator<NewChunk> {
  let ordinal = next
  let events: KeptEvent[] = []
  let spans = new Map<string, StreamSpan>()
  let bytes = 0
  for (const { stream, events: told } of lines) {
    for (const { timestamp, message } of told) {
      const event: KeptEvent = { stream, timestamp, message, ingested, ordinal }
      const size = eventBytes(event)
      const isFull = bytes + size > CHUNK_BYTES || (spans.size >= CHUNK_STREAMS && !spans.has(stream))
      if (events.length > 0 && isFull) {
        yield chunkOf(events, spans, ingested)
        events = []
        spans = new Map()
        bytes = 0
      }
      ordinal += 1
      events.push(event)
      spans.set(stream, widened(spans.get(stream), event, size))
      bytes += size
    }
  }
  if (events.length > 0) yield chunkOf(events, spans, ingested)
}

function widened(span: StreamSpan | undefined, { stream, timestamp }: KeptEvent, size: number): StreamSpan {
  if (!span) return [stream, timestamp, timestamp, 1, size]
  const [, first, last, events, bytes] = span
  return [stream, Math.min(first, timestamp), Math.max(last, timestamp), events + 1, bytes + size]
}

function chunkOf(
  events: readonly KeptEvent[],
  spans: ReadonlyMap<string, StreamSpan>,
  ingested: number,
): NewChunk {
  const streams = [...spans.values()]
  return {
    first: Math.min(...streams.map(([, first]) => first)),
    last: Math.max(...streams.map(([, , last]) => last)),
    events: events.length,
    bytes: streams.reduce((sum, [, , , , bytes]) => sum + bytes, 0),
    ingested,
    streams,
    body: encodeChunk(events),
  }
}
