import { exceptionsOf, instanceOf, totalDuration } from './match-trace.ts'
import {
  type Annotation,
  annotationsOf,
  durationOf,
  httpOf,
  nested,
  type ServiceName,
  type TraceView,
  type Work,
} from './trace-view.ts'

/** What GetTraceSummaries tells of a trace; times in seconds. */
export interface TraceOutline {
  readonly id: string
  readonly began: number
  readonly duration: number
  readonly responseTime: number | undefined
  readonly hasFault: boolean
  readonly hasError: boolean
  readonly hasThrottle: boolean
  readonly isPartial: boolean
  readonly http: ReturnType<typeof httpOf>
  readonly annotations: ReadonlyMap<
    string,
    readonly { value: Annotation; services: readonly ServiceName[] }[]
  >
  readonly users: readonly { name: string; services: readonly ServiceName[] }[]
  readonly services: readonly ServiceName[]
  readonly resourceArns: readonly string[]
  readonly instanceIds: readonly string[]
  readonly availabilityZones: readonly string[]
  readonly entryPoint: ServiceName
  readonly faults: readonly RootCause[]
  readonly errors: readonly RootCause[]
  readonly slow: readonly RootCause[]
}

/** Services on the way from a trace's beginning to where something went wrong, and the parts of each. */
export interface RootCause {
  readonly services: readonly {
    readonly service: ServiceName
    readonly inferred: boolean
    readonly entities: readonly {
      readonly name: string
      readonly remote: boolean
      readonly exceptions: ReturnType<typeof exceptionsOf>
      /** Share of the trace's response time. */
      readonly coverage: number
    }[]
  }[]
  /** Whether the client saw it. */
  readonly clientImpacting: boolean
}

/** Causes that are told of one trace. */
const MOST_CAUSES = 5

export function outlineOf(trace: TraceView): TraceOutline {
  const { id, works, root } = trace
  const known = works.filter(({ inferred }) => !inferred)
  return {
    id,
    began: Math.min(...works.map(({ began }) => began)),
    duration: totalDuration(trace),
    responseTime: durationOf(root),
    hasFault: known.some(({ fault }) => fault),
    hasError: known.some(({ error }) => error),
    hasThrottle: known.some(({ throttle }) => throttle),
    isPartial: known.some(({ ended }) => ended === undefined),
    http: httpOf(root.segment),
    annotations: annotationsOfTrace(known),
    users: usersOf(known),
    services: distinct(works.map(({ service }) => service)),
    resourceArns: texts(known, ({ segment }) => segment.resource_arn),
    instanceIds: texts(known, ({ segment }) => instanceOf(segment).instance_id),
    availabilityZones: texts(known, ({ segment }) => instanceOf(segment).availability_zone),
    entryPoint: root.service,
    faults: causesOf(trace, 'fault'),
    errors: causesOf(trace, 'error'),
    slow: [causeOf(trace, slowestOf(trace), () => true)],
  }
}

function annotationsOfTrace(works: readonly Work[]): TraceOutline['annotations'] {
  const found = new Map<string, { value: Annotation; services: ServiceName[] }[]>()
  for (const { segment, service } of works) {
    for (const [key, value] of annotationsOf(segment)) {
      const values = found.get(key) ?? []
      const same = values.find(each => each.value === value)
      if (same) same.services = distinct([...same.services, service])
      else values.push({ value, services: [service] })
      found.set(key, values)
    }
  }
  return found
}

function usersOf(works: readonly Work[]): TraceOutline['users'] {
  const named = works.filter(({ segment }) => typeof segment.user === 'string')
  return [...Map.groupBy(named, ({ segment }) => String(segment.user))].map(([name, of]) => ({
    name,
    services: distinct(of.map(({ service }) => service)),
  }))
}

const texts = (works: readonly Work[], read: (work: Work) => unknown): string[] => [
  ...new Set(works.map(read).filter(value => typeof value === 'string')),
]

const distinct = (services: readonly ServiceName[]): ServiceName[] => [
  ...new Map(services.map(service => [serviceKey(service), service])).values(),
]

export const serviceKey = ({ name, type, account }: ServiceName): string =>
  JSON.stringify([name, type, account])

/** Where what went wrong began: works that nothing they have called has the same fault as. */
function causesOf(trace: TraceView, flag: 'fault' | 'error'): RootCause[] {
  const wrong = trace.works.filter(work => work[flag])
  const handedOn = new Set(wrong.map(({ caller }) => caller))
  return wrong
    .filter(work => !handedOn.has(work))
    .slice(0, MOST_CAUSES)
    .map(work => causeOf(trace, work, segment => segment[flag] === true))
}

function causeOf(
  trace: TraceView,
  deepest: Work,
  isOnTheWay: (segment: { readonly [member: string]: unknown }) => boolean,
): RootCause {
  const path: Work[] = []
  for (let work: Work | undefined = deepest; work; work = work.caller) path.unshift(work)
  const whole = durationOf(trace.root) || totalDuration(trace)
  return {
    services: path.map(({ service, inferred, segment }) => ({
      service,
      inferred,
      entities: [...nested(segment)].slice(0, 50).flatMap(([each]) =>
        isOnTheWay(each)
          ? {
              name: each.name,
              remote: each.namespace === 'remote',
              exceptions: exceptionsOf(each),
              coverage:
                whole > 0 ? Math.min(1, ((each.end_time ?? each.start_time) - each.start_time) / whole) : 0,
            }
          : [],
      ),
    })),
    clientImpacting: trace.root.fault || trace.root.error,
  }
}

/** From the beginning of a trace along what took longest. */
function slowestOf({ works, root }: TraceView): Work {
  let slowest = root
  for (let depth = 0; depth < works.length; depth++) {
    const called = works.filter(({ caller }) => caller === slowest)
    if (called.length === 0) break
    slowest = called.reduce((one, other) => ((durationOf(other) ?? 0) > (durationOf(one) ?? 0) ? other : one))
  }
  return slowest
}
