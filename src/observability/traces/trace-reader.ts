import type { Account } from '../../lib/account.ts'
import { shardNames } from '../ingest/batch.ts'
import type { Segment } from './segment.ts'
import { traceStoreName } from './segment.ts'
import type { StoredSegment, TracePlace } from './trace-tables.ts'

/** All that is kept of one trace. */
export interface TraceRecord {
  readonly id: string
  readonly segments: readonly Segment[]
}

/** What keeps segments, as far as they are read; an object of TraceStore. */
export interface TraceSource {
  shards(): Promise<number>
  traces(ids: readonly string[]): Promise<StoredSegment[]>
  between(
    from: number,
    to: number,
    after: TracePlace | undefined,
    most: number,
  ): Promise<{ segments: StoredSegment[]; next?: TracePlace }>
}

export type OpenTraceSource = (object: string) => TraceSource

async function sourcesOf(open: OpenTraceSource, account: Account): Promise<TraceSource[]> {
  const root = traceStoreName(account)
  const shards = await open(root).shards()
  return shardNames(root, shards).map(open)
}

/** Traces by their ids, of those that there are. */
export async function readTraces(
  open: OpenTraceSource,
  account: Account,
  ids: readonly string[],
): Promise<TraceRecord[]> {
  const sources = await sourcesOf(open, account)
  const found = await Promise.all(sources.map(source => source.traces(ids)))
  return grouped(found.flat())
}

/**
 * Traces that began in a time, a page of them in the order of their beginnings.
 *
 * @param from epoch seconds, inclusive; `to` too
 * @param most segments of a page, about
 */
export async function readTracesBetween(
  open: OpenTraceSource,
  account: Account,
  range: { readonly from: number; readonly to: number; readonly after?: TracePlace },
  most: number,
): Promise<{ traces: TraceRecord[]; next?: TracePlace }> {
  const sources = await sourcesOf(open, account)
  const pages = await Promise.all(
    sources.map(source =>
      source.between(range.from, range.to, range.after, Math.ceil(most / sources.length)),
    ),
  )
  // A trace's segments are in several objects: as far as every one of them was read, it is whole.
  const next = pages.flatMap(page => page.next ?? []).sort(byPlace)[0]
  const segments = pages.flatMap(page => page.segments)
  const traces = grouped(next ? segments.filter(segment => !isAfter(segment, next)) : segments)
  return { traces, ...(next && { next }) }
}

function byPlace(one: TracePlace, other: TracePlace): number {
  if (one.at !== other.at) return one.at - other.at
  if (one.traceId === other.traceId) return 0
  return one.traceId < other.traceId ? -1 : 1
}

const isAfter = (segment: StoredSegment, place: TracePlace): boolean =>
  segment.at !== undefined && byPlace({ at: segment.at, traceId: segment.traceId }, place) > 0

function grouped(segments: readonly StoredSegment[]): TraceRecord[] {
  const byTrace = Map.groupBy(segments, ({ traceId }) => traceId)
  return [...byTrace].map(([id, stored]) => ({
    id,
    segments: stored.map(({ document }) => JSON.parse(document) as Segment),
  }))
}
