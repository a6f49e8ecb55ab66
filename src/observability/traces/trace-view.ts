import type { Segment } from './segment.ts'
import type { TraceRecord } from './trace-reader.ts'

/** A part of a trace that a service did: a segment, or a subsegment that calls something which sends no segments. */
export interface Work {
  readonly id: string
  readonly service: ServiceName
  /** Epoch seconds. */
  readonly began: number
  /** Undefined while it is in progress. */
  readonly ended: number | undefined
  readonly fault: boolean
  readonly error: boolean
  readonly throttle: boolean
  /** It is known by the subsegment of its caller alone. */
  readonly inferred: boolean
  /** Of the same trace; undefined for what began it. */
  readonly caller: Work | undefined
  readonly segment: Segment
}

export interface ServiceName {
  readonly name: string
  /** `AWS::Lambda::Function`; of what only its callers know, `remote` or an AWS service's. */
  readonly type: string | undefined
  readonly account: string
}

/** A trace made ready to be looked at from several sides. */
export interface TraceView {
  readonly id: string
  /** Callers before what they call. */
  readonly works: readonly Work[]
  /** What began it: the first that nobody known has called. */
  readonly root: Work
}

/** @param account whose trace it is */
export function viewOf({ id, segments }: TraceRecord, account: string): TraceView {
  const inner = new Map<string, Segment>()
  for (const segment of segments) for (const [each] of nested(segment)) inner.set(each.id, segment)
  const byId = new Map(segments.map(segment => [segment.id, segment]))
  const works = new Map<string, Work>()
  const workOf = (segment: Segment, via: ReadonlySet<string>): Work => {
    const known = works.get(segment.id)
    if (known) return known
    const parent = segment.parent_id
    const callerSegment = parent === undefined ? undefined : (inner.get(parent) ?? byId.get(parent))
    // Ids are their senders': a ring of them must not hold anybody up.
    const caller =
      callerSegment && callerSegment !== segment && !via.has(callerSegment.id)
        ? workOf(callerSegment, new Set([...via, segment.id]))
        : undefined
    const work = { ...factsOf(segment, account), caller, inferred: segment.inferred === true, segment }
    works.set(segment.id, work)
    return work
  }
  for (const segment of segments) workOf(segment, new Set())
  const told = new Set(segments.flatMap(({ parent_id }) => parent_id ?? []))
  for (const segment of segments) {
    for (const [sub] of nested(segment)) {
      if (sub === segment || sub.namespace === undefined || told.has(sub.id)) continue
      works.set(`${segment.id}/${sub.id}`, {
        ...factsOf(sub, account),
        service: {
          name: sub.name,
          type: sub.namespace === 'aws' ? `AWS::${sub.name}` : String(sub.namespace),
          account,
        },
        caller: works.get(segment.id),
        inferred: true,
        segment: sub,
      })
    }
  }
  const all = [...works.values()].sort((a, b) => a.began - b.began)
  const root = all.find(({ caller, inferred }) => !caller && !inferred) ?? all[0]!
  return { id, works: all, root }
}

const factsOf = (segment: Segment, account: string) => ({
  id: segment.id,
  service: {
    name: segment.name,
    type: typeof segment.origin === 'string' ? segment.origin : undefined,
    account,
  },
  began: segment.start_time,
  ended: segment.end_time,
  fault: segment.fault === true,
  error: segment.error === true,
  throttle: segment.throttle === true,
})

/** Levels of subsegments that are looked into. */
const DEEPEST = 32

/** A segment and all subsegments in it, with how deep they lie. */
export function* nested(segment: Segment, depth = 0): Generator<readonly [Segment, number]> {
  yield [segment, depth]
  const inside = segment.subsegments
  if (!Array.isArray(inside) || depth >= DEEPEST) return
  for (const each of inside) {
    if (typeof each === 'object' && each !== null && typeof each.id === 'string') {
      yield* nested(each as Segment, depth + 1)
    }
  }
}

/** Seconds that it took; undefined while it goes on. */
export const durationOf = ({ began, ended }: Work): number | undefined =>
  ended === undefined ? undefined : ended - began

export interface HttpFacts {
  readonly url?: string
  readonly method?: string
  readonly userAgent?: string
  readonly clientIp?: string
  readonly status?: number
}

/** What a segment says of the request that it answered. Senders may have put anything there. */
export function httpOf({ http }: Segment): HttpFacts {
  const { request, response } = objectOf(http)
  const { url, method, user_agent: userAgent, client_ip: clientIp } = objectOf(request)
  const { status } = objectOf(response)
  return {
    ...text('url', url),
    ...text('method', method),
    ...text('userAgent', userAgent),
    ...text('clientIp', clientIp),
    ...(typeof status === 'number' && { status }),
  }
}

const text = (name: string, value: unknown) => (typeof value === 'string' ? { [name]: value } : {})

export const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

export type Annotation = string | number | boolean

/** Of a segment and what is in it: "X-Ray indexes up to 50 annotations per trace". */
export function annotationsOf(segment: Segment): [key: string, value: Annotation][] {
  return [...nested(segment)].flatMap(([each]) =>
    Object.entries(objectOf(each.annotations)).filter(
      (entry): entry is [string, Annotation] =>
        typeof entry[1] === 'string' || typeof entry[1] === 'number' || typeof entry[1] === 'boolean',
    ),
  )
}
