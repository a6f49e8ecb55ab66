import type {
  Comparison,
  Filter,
  Flag,
  NumberWord,
  ServicePattern,
  TextOperator,
  TextWord,
} from './filter-expression.ts'
import {
  annotationsOf,
  durationOf,
  httpOf,
  nested,
  objectOf,
  type TraceView,
  type Work,
} from './trace-view.ts'

/** Whether a trace is of a filter; what it says of no service in particular may be true of any of the trace's. */
export const matchTrace = (trace: TraceView, filter: Filter): boolean =>
  matches(trace, trace.works, filter, false)

/** @param isInside whether `works` are those of a service that the filter has named */
function matches(trace: TraceView, works: readonly Work[], filter: Filter, isInside: boolean): boolean {
  switch (filter.kind) {
    case 'all':
      return true
    case 'and':
      return filter.parts.every(part => matches(trace, works, part, isInside))
    case 'or':
      return filter.parts.some(part => matches(trace, works, part, isInside))
    case 'not':
      return !matches(trace, works, filter.part, isInside)
    case 'flag':
      return hasFlag(trace, works, filter.flag, isInside)
    case 'number':
      return numbersOf(trace, works, filter.what, isInside).some(value =>
        compare(value, filter.operator, filter.value),
      )
    case 'text':
      return some(textsOf(works, filter.what), filter.operator, filter.value)
    case 'annotation': {
      const values = works.flatMap(({ segment }) =>
        annotationsOf(segment).flatMap(([key, value]) => (key === filter.key ? [value] : [])),
      )
      const { operator, value } = filter
      if (operator === undefined || value === undefined) return values.length > 0
      if (typeof value === 'number') {
        return values.some(each => typeof each === 'number' && compare(each, operator as Comparison, value))
      }
      return some(values.map(String), operator as TextOperator, String(value))
    }
    case 'service':
      return works.some(work => fits(work, filter.of) && matches(trace, [work], filter.inside, true))
    case 'edge':
      return works.some(
        work =>
          work.caller &&
          fits(work.caller, filter.from) &&
          fits(work, filter.to) &&
          matches(trace, [work], filter.inside, true),
      )
  }
}

function fits({ service }: Work, { name, type, account }: ServicePattern): boolean {
  return (
    (name === undefined || name === service.name) &&
    (type === undefined || type === service.type) &&
    (account === undefined || account === service.account)
  )
}

function hasFlag(trace: TraceView, works: readonly Work[], flag: Flag, isInside: boolean): boolean {
  switch (flag) {
    case 'ok': {
      const asked = isInside ? works : [trace.root]
      return asked.some(({ fault, error, throttle }) => !fault && !error && !throttle)
    }
    case 'error':
    case 'throttle':
    case 'fault':
      return works.some(work => work[flag])
    case 'partial':
      return works.some(({ ended }) => ended === undefined)
    case 'inferred':
      return works.some(({ inferred }) => inferred)
    case 'root':
    case 'first':
      return works.includes(trace.root)
    case 'last':
      return works.some(work => !trace.works.some(({ caller }) => caller === work))
    case 'remote':
      return works.some(({ segment }) => segment.namespace === 'remote')
  }
}

function numbersOf(trace: TraceView, works: readonly Work[], what: NumberWord, isInside: boolean): number[] {
  if (what === 'http.status') return works.flatMap(({ segment }) => httpOf(segment).status ?? [])
  if (isInside) return works.flatMap(work => durationOf(work) ?? [])
  if (what === 'responsetime') return [durationOf(trace.root)].filter(value => value !== undefined)
  return [totalDuration(trace)]
}

/** Seconds from the beginning of a trace until the last of it has ended. */
export function totalDuration({ works }: TraceView): number {
  const began = works.reduce((least, work) => Math.min(least, work.began), Number.POSITIVE_INFINITY)
  const ended = works.reduce(
    (most, work) => Math.max(most, work.ended ?? work.began),
    Number.NEGATIVE_INFINITY,
  )
  return ended - began
}

const TEXTS: Readonly<Record<TextWord, (work: Work) => unknown>> = {
  'http.url': ({ segment }) => httpOf(segment).url,
  'http.method': ({ segment }) => httpOf(segment).method,
  'http.useragent': ({ segment }) => httpOf(segment).userAgent,
  'http.clientip': ({ segment }) => httpOf(segment).clientIp,
  user: ({ segment }) => segment.user,
  name: ({ service }) => service.name,
  type: ({ service }) => service.type,
  message: ({ segment }) =>
    [...nested(segment)].flatMap(([each]) => exceptionsOf(each).map(({ message }) => message)),
  availabilityzone: ({ segment }) => instanceOf(segment).availability_zone,
  'instance.id': ({ segment }) => instanceOf(segment).instance_id,
  'resource.arn': ({ segment }) => segment.resource_arn,
}

const textsOf = (works: readonly Work[], what: TextWord): string[] =>
  works.flatMap(TEXTS[what]).filter(value => typeof value === 'string')

/** What a segment says of the machine that it is from. */
export const instanceOf = ({ aws }: { readonly [member: string]: unknown }) => objectOf(objectOf(aws).ec2)

/** What went wrong in a segment, as far as it says so. */
export function exceptionsOf({ cause }: { readonly [member: string]: unknown }): {
  name: string | undefined
  message: string | undefined
  remote: boolean
}[] {
  const { exceptions } = objectOf(cause)
  if (!Array.isArray(exceptions)) return []
  return exceptions.map(objectOf).map(({ type, message, remote }) => ({
    name: asText(type),
    message: asText(message),
    remote: remote === true,
  }))
}

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function compare(value: number, operator: Comparison, than: number): boolean {
  switch (operator) {
    case '=':
      return value === than
    case '!=':
      return value !== than
    case '<':
      return value < than
    case '<=':
      return value <= than
    case '>':
      return value > than
    case '>=':
      return value >= than
  }
}

/** Of several, one is enough; but none may be what they are said not to be. */
function some(values: readonly string[], operator: TextOperator, wanted: string): boolean {
  switch (operator) {
    case '=':
      return values.includes(wanted)
    case '!=':
      return values.length > 0 && !values.includes(wanted)
    case 'CONTAINS':
      return values.some(value => value.includes(wanted))
    case 'BEGINSWITH':
      return values.some(value => value.startsWith(wanted))
    case 'ENDSWITH':
      return values.some(value => value.endsWith(wanted))
  }
}
