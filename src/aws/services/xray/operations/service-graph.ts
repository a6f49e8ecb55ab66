import type { Edge, HistogramEntry, Service } from '@aws-sdk/client-xray'
import { type CallStatistics, ServiceGraph } from '../../../../observability/traces/service-graph.ts'
import { readTraces, readTracesBetween } from '../../../../observability/traces/trace-reader.ts'
import type { TracePlace } from '../../../../observability/traces/trace-tables.ts'
import { viewOf } from '../../../../observability/traces/trace-view.ts'
import { accountOf, invalidRequest, openTraces, type XRayHandlers } from '../context.ts'
import { serviceIdOf } from '../summaries.ts'
import { rangeOf } from './traces.ts'

const LONGEST_RANGE_S = 6 * 3_600

/** Segments of a read, and reads of one graph: of more traffic, the graph is of its first part. */
const A_READ = 5_000
const MOST_READS = 20

export const graphOperations = {
  async GetServiceGraph(input, call) {
    const { GroupName = 'Default' } = input
    if (GroupName !== 'Default' || input.GroupARN !== undefined) {
      throw invalidRequest('There are no groups of traces but Default')
    }
    const [from, to] = rangeOf(input.StartTime, input.EndTime, LONGEST_RANGE_S)
    const graph = new ServiceGraph()
    let after: TracePlace | undefined
    for (let reads = 0; reads < MOST_READS; reads++) {
      const page = await readTracesBetween(
        openTraces(call),
        accountOf(call),
        { from, to, ...(after && { after }) },
        A_READ,
      )
      for (const trace of page.traces) graph.add(viewOf(trace, call.account))
      after = page.next
      if (!after) break
    }
    return {
      StartTime: new Date(from * 1000),
      EndTime: new Date(to * 1000),
      Services: servicesOf(graph),
      ContainsOldGroupVersions: false,
    }
  },

  async GetTraceGraph(input, call) {
    const graph = new ServiceGraph()
    const traces = await readTraces(openTraces(call), accountOf(call), input.TraceIds)
    for (const trace of traces) graph.add(viewOf(trace, call.account))
    return { Services: servicesOf(graph) }
  },
} satisfies XRayHandlers

function servicesOf({ nodes }: ServiceGraph): Service[] {
  const numbers = new Map([...nodes.keys()].map((key, number) => [key, number]))
  return [...nodes].map(([key, { service, isRoot, statistics, edges }]) => ({
    ReferenceId: numbers.get(key)!,
    ...serviceIdOf(service),
    Root: isRoot,
    State: 'active',
    ...timesOf(statistics.total > 0 ? statistics : edges.values().next().value!.statistics),
    Edges: [...edges.values()].map(
      (edge): Edge => ({
        ReferenceId: numbers.get(edge.to)!,
        ...timesOf(edge.statistics),
        SummaryStatistics: statisticsOf(edge.statistics),
        ResponseTimeHistogram: histogramOf(edge.statistics),
        Aliases: [],
      }),
    ),
    ...(statistics.total > 0 && {
      SummaryStatistics: statisticsOf(statistics),
      DurationHistogram: histogramOf(statistics),
      ResponseTimeHistogram: histogramOf(statistics),
    }),
  }))
}

const timesOf = ({ began, ended }: CallStatistics) => ({
  StartTime: new Date(began * 1000),
  EndTime: new Date(ended * 1000),
})

const statisticsOf = ({ ok, throttles, otherErrors, faults, total, totalTime }: CallStatistics) => ({
  OkCount: ok,
  ErrorStatistics: {
    ThrottleCount: throttles,
    OtherCount: otherErrors,
    TotalCount: throttles + otherErrors,
  },
  FaultStatistics: { OtherCount: faults, TotalCount: faults },
  TotalCount: total,
  TotalResponseTime: totalTime,
})

const histogramOf = ({ times }: CallStatistics): HistogramEntry[] =>
  [...times].sort(([a], [b]) => a - b).map(([Value, Count]) => ({ Value, Count }))
