import type { Trace, TraceSummary } from '@aws-sdk/client-xray'
import { type Filter, FilterError, readFilter } from '../../../../observability/traces/filter-expression.ts'
import { matchTrace, totalDuration } from '../../../../observability/traces/match-trace.ts'
import { asXRay, TRACES_KEPT_MS } from '../../../../observability/traces/read-segment.ts'
import { outlineOf } from '../../../../observability/traces/summarize-trace.ts'
import { readTraces, readTracesBetween } from '../../../../observability/traces/trace-reader.ts'
import type { TracePlace } from '../../../../observability/traces/trace-tables.ts'
import { viewOf } from '../../../../observability/traces/trace-view.ts'
import { readPageMarker, writePageMarker } from '../../../../records/page-marker.ts'
import { accountOf, invalidRequest, openTraces, type XRayHandlers } from '../context.ts'
import { summaryOf } from '../summaries.ts'

/** Segments that are looked through for one page of summaries. */
const LOOKED_THROUGH = 2_000

/** "the maximum time range is 6 hours" of GetTraceSummaries. */
const LONGEST_RANGE_S = 6 * 3_600

/** How much earlier than what is asked for, by when it happened, a trace may have begun. */
const LONGEST_TRACE_S = 3_600

/** Of a trace; X-Ray has no more: "Maximum document size of a trace 500 KB". */
const LARGEST_TRACE = 500 * 1024

export const traceOperations = {
  async GetTraceSummaries(input, call) {
    const [from, to] = rangeOf(input.StartTime, input.EndTime, LONGEST_RANGE_S)
    const { TimeRangeType: type = 'TraceId' } = input
    const filter = filterOf(input.FilterExpression)
    const list = `traces ${from} ${to} ${type} ${input.FilterExpression ?? ''}`
    const page = await readTracesBetween(
      openTraces(call),
      accountOf(call),
      // X-Ray's ids say when a trace began; what happened in a time may be of traces that began before it.
      { from: type === 'TraceId' ? from : from - LONGEST_TRACE_S, to, ...placeOf(list, input.NextToken) },
      LOOKED_THROUGH,
    )
    const views = page.traces.map(trace => viewOf(trace, call.account))
    const found = views.filter(
      view =>
        (type === 'TraceId' ||
          view.works.some(({ began, ended }) =>
            within(type === 'Event' ? began : (ended ?? began), from, to),
          )) &&
        matchTrace(view, filter),
    )
    return {
      TraceSummaries: found.map((view): TraceSummary => summaryOf(outlineOf(view))),
      ApproximateTime: new Date(to * 1000),
      TracesProcessedCount: views.length,
      NextToken: tokenOf(list, page.next),
    }
  },

  async BatchGetTraces(input, call) {
    // By their own names: whoever asks for a trace as W3C names it is answered so.
    const asked = new Map(input.TraceIds.map(id => [asXRay(id), id]))
    const found = await readTraces(openTraces(call), accountOf(call), [...asked.keys()])
    return {
      Traces: found.map((trace): Trace => {
        const documents = trace.segments.map(segment => ({
          Id: segment.id,
          Document: JSON.stringify(segment),
        }))
        const kept = asManyAs(LARGEST_TRACE, documents)
        return {
          Id: asked.get(trace.id)!,
          Duration: totalDuration(viewOf(trace, call.account)),
          LimitExceeded: kept.length < documents.length,
          Segments: kept,
        }
      }),
      UnprocessedTraceIds: [],
    }
  },
} satisfies XRayHandlers

export function filterOf(expression: string | undefined): Filter {
  try {
    return readFilter(expression ?? '')
  } catch (error) {
    if (error instanceof FilterError) throw invalidRequest(error.message)
    throw error
  }
}

/** Epoch seconds. */
export function rangeOf(start: Date, end: Date, longest: number): [from: number, to: number] {
  const [from, to] = [Math.floor(start.getTime() / 1000), Math.ceil(end.getTime() / 1000)]
  if (from > to) throw invalidRequest('StartTime must be before EndTime')
  if (to - from > longest) {
    throw invalidRequest(`Time range cannot be longer than ${longest / 3_600} hours`)
  }
  return [Math.max(from, to - TRACES_KEPT_MS / 1000), to]
}

export function placeOf(list: string, token: string | undefined): { after?: TracePlace } {
  if (token === undefined) return {}
  const [at, traceId] = readPageMarker(list, token) ?? []
  if (at === undefined || traceId === undefined)
    throw invalidRequest('The NextToken is not valid for this request')
  return { after: { at: Number(at), traceId } }
}

export const tokenOf = (list: string, next: TracePlace | undefined): string | undefined =>
  next && writePageMarker(list, String(next.at), next.traceId)

/** The first so many bytes of documents. */
function asManyAs<D extends { readonly Document: string }>(bytes: number, documents: readonly D[]): D[] {
  let size = 0
  const end = documents.findIndex(({ Document }) => {
    size += Document.length
    return size > bytes
  })
  return documents.slice(0, end < 0 ? undefined : end)
}

const within = (at: number, from: number, to: number): boolean => at >= from && at <= to
