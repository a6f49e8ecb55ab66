import { joinBytes } from '../../lib/join-bytes.ts'
import { decodeChunk, encodeChunk } from './chunk.ts'
import type { ChunkRow, NewSegment } from './chunk-tables.ts'
import { eventBytes, type KeptEvent } from './kept-event.ts'
import type { Deleted } from './unit.ts'

/** Bytes of a segment's events: what a reader fetches and unpacks at once. */
const SEGMENT_BYTES = 1024 * 1024

/** Names that are written beside a segment; one with more is read whoever's events are looked for. */
const MOST_NAMES = 200

export interface Packed {
  readonly body: Uint8Array<ArrayBuffer>
  /** Offsets are those in the body. */
  readonly segments: readonly Omit<NewSegment, 'key'>[]
}

/**
 * Puts chunks together for the store: one document of several segments, each readable by itself. What was deleted
 * stays behind.
 */
export function packSegments(chunks: readonly ChunkRow[], deleted: readonly Deleted[]): Packed {
  const gone = new Map(deleted)
  const events = chunks
    .flatMap(({ body }) => decodeChunk(body))
    .filter(({ stream, ordinal }) => !(ordinal <= (gone.get(stream) ?? -1)))
    .sort((one, other) => one.timestamp - other.timestamp || one.ordinal - other.ordinal)
  const bodies: Uint8Array[] = []
  const segments: Omit<NewSegment, 'key'>[] = []
  let offset = 0
  for (const { events: part, bytes } of partsOf(events)) {
    const body = encodeChunk(part)
    const streams = new Set(part.map(({ stream }) => stream))
    segments.push({
      first: part[0]!.timestamp,
      last: part.at(-1)!.timestamp,
      offset,
      size: body.length,
      bytes,
      streams: streams.size > MOST_NAMES ? undefined : [...streams],
    })
    bodies.push(body)
    offset += body.length
  }
  return { body: joinBytes(bodies, offset), segments }
}

function* partsOf(events: readonly KeptEvent[]): Generator<{ events: KeptEvent[]; bytes: number }> {
  let part: KeptEvent[] = []
  let bytes = 0
  for (const event of events) {
    part.push(event)
    bytes += eventBytes(event)
    if (bytes < SEGMENT_BYTES) continue
    yield { events: part, bytes }
    part = []
    bytes = 0
  }
  if (part.length > 0) yield { events: part, bytes }
}
