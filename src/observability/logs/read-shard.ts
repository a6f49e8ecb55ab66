import { decodeChunk } from './chunk.ts'
import type { GroupEvent, Position } from './kept-event.ts'
import { countUntil, orderOf } from './merge-ordered.ts'
import type { LineQuery } from './read-lines.ts'
import {
  choosesStream,
  type Deleted,
  type Unit,
  type UnitCursor,
  type UnitPage,
  type UnitQuery,
} from './unit.ts'

/** One of the objects that keep a group. */
export interface ShardSource {
  /** Which one it is. */
  readonly shard: number
  readonly units: (query: UnitQuery) => Promise<UnitPage>
  readonly store: Pick<R2Bucket, 'get'>
}

/** Units that were moved while they were read, in a row, before it is an error of ours. */
const MOST_RESTARTS = 8

/** Units were moved to the store, or removed, after the object had named them. */
class UnitsMoved extends Error {}

/**
 * Reads what one object has, in order. Units overlap in time, so what is unpacked waits until no unit to come can have
 * anything before it.
 */
export async function* readShard(source: ShardSource, query: LineQuery): AsyncGenerator<GroupEvent[]> {
  let { after } = query
  for (let restarts = 0; ; restarts++) {
    try {
      for await (const events of readUnmoved(source, { ...query, after })) {
        yield events
        after = events.at(-1)
        restarts = 0
      }
      return
    } catch (error) {
      if (!(error instanceof UnitsMoved) || restarts === MOST_RESTARTS) throw error
    }
  }
}

async function* readUnmoved(source: ShardSource, query: LineQuery): AsyncGenerator<GroupEvent[]> {
  const { direction, streams } = query
  const isForward = direction === 'forward'
  const compare = orderOf(direction)
  const { from, until } = boundsOf(query)
  let waiting: GroupEvent[] = []
  let cursor: UnitCursor | undefined
  do {
    const page: UnitPage = await source.units({ from, until, direction, streams, cursor })
    if (page.kind === 'stale') throw new UnitsMoved()
    const belongs = filterOf(query, page.deleted)
    for (const unit of page.units) {
      // Events of the same millisecond may stand on either side.
      const isSettled = (event: GroupEvent) =>
        isForward ? event.timestamp < unit.first : event.timestamp > unit.last
      const settled = countUntil(waiting, event => !isSettled(event))
      if (settled > 0) yield waiting.slice(0, settled)
      const events = (await unpack(source, unit)).filter(belongs).sort(compare)
      waiting = merge(settled > 0 ? waiting.slice(settled) : waiting, events, compare)
    }
    cursor = page.next
  } while (cursor)
  if (waiting.length > 0) yield waiting
}

/** What is before `after` need not be looked for. */
function boundsOf({ from, until, direction, after }: LineQuery): { from: number; until: number } {
  if (!after) return { from, until }
  return direction === 'forward'
    ? { from: Math.max(from, after.timestamp), until }
    : { from, until: Math.min(until, after.timestamp + 1) }
}

function filterOf({ from, until, streams, after, direction }: LineQuery, deleted: readonly Deleted[]) {
  const gone = new Map(deleted)
  const compare = orderOf(direction)
  return (event: GroupEvent): boolean =>
    event.timestamp >= from &&
    event.timestamp < until &&
    choosesStream(streams, event.stream) &&
    !(event.ordinal <= (gone.get(event.stream) ?? -1)) &&
    (!after || compare(event, after) > 0)
}

async function unpack({ shard, store }: ShardSource, { body }: Unit): Promise<GroupEvent[]> {
  let bytes: Uint8Array
  if (body instanceof Uint8Array) bytes = body
  else {
    const { key, offset, size } = body
    const found = await store.get(key, { range: { offset, length: size } })
    if (!found) throw new UnitsMoved()
    bytes = new Uint8Array(await found.arrayBuffer())
  }
  return decodeChunk(bytes).map(event => ({ ...event, shard }))
}

function merge(
  one: readonly GroupEvent[],
  other: readonly GroupEvent[],
  compare: (one: Position, other: Position) => number,
): GroupEvent[] {
  if (one.length === 0) return [...other]
  const merged: GroupEvent[] = []
  let at = 0
  for (const event of one) {
    while (at < other.length && compare(other[at]!, event) < 0) merged.push(other[at++]!)
    merged.push(event)
  }
  while (at < other.length) merged.push(other[at++]!)
  return merged
}
