import { serviceKey } from './summarize-trace.ts'
import { durationOf, type ServiceName, type TraceView, type Work } from './trace-view.ts'

/** Calls that a service answered, or that went from one to another. Times in seconds. */
export interface CallStatistics {
  ok: number
  throttles: number
  otherErrors: number
  faults: number
  total: number
  totalTime: number
  /** By how long they took, rounded to three digits. */
  readonly times: Map<number, number>
  began: number
  ended: number
}

export interface GraphNode {
  readonly service: ServiceName
  /** Whether traces begin there. */
  isRoot: boolean
  readonly statistics: CallStatistics
  readonly edges: Map<string, GraphEdge>
}

export interface GraphEdge {
  readonly to: string
  readonly statistics: CallStatistics
}

/** Adds traces up to who calls whom. Whoever began a trace is drawn as a client of its first service. */
export class ServiceGraph {
  readonly nodes = new Map<string, GraphNode>()

  add({ works, root }: TraceView): void {
    for (const work of works) {
      const key = serviceKey(work.service)
      count(this.#node(work.service).statistics, work)
      const from = work.caller ? work.caller.service : work === root ? clientOf(work) : undefined
      if (from) count(this.#edge(from, key), work)
    }
    this.#node(clientOf(root)).isRoot = true
  }

  #node(service: ServiceName): GraphNode {
    const key = serviceKey(service)
    let node = this.nodes.get(key)
    if (!node) {
      node = { service, isRoot: false, statistics: none(), edges: new Map() }
      this.nodes.set(key, node)
    }
    return node
  }

  #edge(from: ServiceName, to: string): CallStatistics {
    const { edges } = this.#node(from)
    let edge = edges.get(to)
    if (!edge) {
      edge = { to, statistics: none() }
      edges.set(to, edge)
    }
    return edge.statistics
  }
}

const clientOf = ({ service }: Work): ServiceName => ({
  name: service.name,
  type: 'client',
  account: service.account,
})

const none = (): CallStatistics => ({
  ok: 0,
  throttles: 0,
  otherErrors: 0,
  faults: 0,
  total: 0,
  totalTime: 0,
  times: new Map(),
  began: Number.POSITIVE_INFINITY,
  ended: 0,
})

function count(statistics: CallStatistics, work: Work): void {
  const took = durationOf(work) ?? 0
  statistics.total += 1
  statistics.totalTime += took
  if (work.fault) statistics.faults += 1
  else if (work.throttle) statistics.throttles += 1
  else if (work.error) statistics.otherErrors += 1
  else statistics.ok += 1
  const rounded = Number(took.toPrecision(3))
  statistics.times.set(rounded, (statistics.times.get(rounded) ?? 0) + 1)
  statistics.began = Math.min(statistics.began, work.began)
  statistics.ended = Math.max(statistics.ended, work.ended ?? work.began)
}
