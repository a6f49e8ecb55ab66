import type { CallTracer, TraceableCall, TracedEnd } from './functions/call-tracer.ts'
import type { RefusalReason } from './functions/invocation.ts'
import { functionArn } from './lib/arn.ts'
import type { Clock } from './lib/clock.ts'
import { readTraceHeader, traceHeader } from './lib/trace-context.ts'
import type { Sampler } from './observability/traces/sampling/sampler.ts'
import type { Segment, TraceIntake } from './observability/traces/segment.ts'

export interface FunctionTracerOptions {
  readonly sampler: Pick<Sampler, 'decide'>
  readonly traces: TraceIntake
  readonly clock: Clock
  /** 16 hexadecimal digits. */
  readonly newSegmentId: () => string
}

/** What the Lambda API would have answered a call that was refused. */
const STATUS_OF: Readonly<Partial<Record<RefusalReason, number>>> = {
  'not-found': 404,
  'not-permitted': 403,
  throttled: 429,
  'over-ceiling': 429,
}

/**
 * Traces calls of functions, as Lambda does: a call whose caller is traced is, and one that nobody has decided about
 * if the function's configuration asks for it and the sampling rules have it so. Each is two segments: of the service
 * that was called, and of the function that it ran.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
export function functionTracer(options: FunctionTracerOptions): CallTracer {
  return {
    begin(call) {
      const context = readTraceHeader(call.header)
      if (!context || !(context.sampled ?? decide(options, call))) return undefined
      const service = options.newSegmentId()
      const run = options.newSegmentId()
      const lineage = /;Lineage=[^;]*/.exec(call.header)?.[0] ?? ''
      return {
        header: traceHeader({ root: context.root, parent: run, sampled: true }) + lineage,
        ended(end) {
          const at = options.clock()
          const shared = { trace_id: context.root, name: call.name }
          const ids = { service, run, parent: context.parent }
          for (const segment of segmentsOf(call, end, at, ids)) {
            options.traces.record(call.account, { ...shared, ...segment } as Segment)
          }
        },
      }
    },
  }
}

const decide = ({ sampler }: FunctionTracerOptions, { account, name, at }: TraceableCall): boolean =>
  sampler.decide(
    account,
    {
      service: name,
      serviceType: 'AWS::Lambda::Function',
      host: '',
      method: '',
      path: '',
      resourceArn: functionArn(account, name),
    },
    at,
  )

interface Ids {
  readonly service: string
  readonly run: string
  readonly parent: string | undefined
}

type SegmentOfCall = Omit<Segment, 'trace_id' | 'name'>

function segmentsOf(call: TraceableCall, end: TracedEnd, at: number, ids: Ids): SegmentOfCall[] {
  const service: SegmentOfCall = {
    id: ids.service,
    ...(ids.parent !== undefined && { parent_id: ids.parent }),
    origin: 'AWS::Lambda',
    start_time: call.at / 1000,
    end_time: at / 1000,
    resource_arn: functionArn(call.account, call.name, call.qualifier),
    aws: { account_id: call.account.id, request_id: call.requestId },
  }
  if ('reason' in end) {
    const status = STATUS_OF[end.reason] ?? 500
    return [
      {
        ...service,
        http: { response: { status } },
        ...(status === 429 && { throttle: true }),
        ...(status < 500 ? { error: true } : { fault: true }),
        cause: { exceptions: [{ id: ids.run, type: end.reason, message: end.message }] },
      },
    ]
  }
  const ran = at - end.durationMs
  const initMs = end.usage?.initMs
  const failed = end.functionError !== undefined
  const part = (name: string, from: number, to: number) => ({
    // Within its segment, which is all that a part is found by.
    id: partId(ids.run, name),
    name,
    start_time: from / 1000,
    end_time: to / 1000,
  })
  return [
    { ...service, http: { response: { status: 200 } } },
    {
      id: ids.run,
      parent_id: ids.service,
      origin: 'AWS::Lambda::Function',
      start_time: (ran - (initMs ?? 0)) / 1000,
      end_time: at / 1000,
      resource_arn: functionArn(call.account, call.name),
      aws: {
        account_id: call.account.id,
        function_arn: functionArn(call.account, call.name),
        function_version: end.executedVersion,
        request_id: call.requestId,
      },
      ...(failed && { fault: true, cause: causeOf(end.payload, ids.run) }),
      subsegments: [
        ...(initMs === undefined ? [] : [part('Initialization', ran - initMs, ran)]),
        { ...part('Invocation', ran, at), ...(failed && { fault: true }) },
      ],
    },
  ]
}

/** 16 hexadecimal digits of a UUID of chance. */
export const newSegmentId = (uuid: string): string => uuid.slice(0, 8) + uuid.slice(-8)

const partId = (segment: string, name: string): string =>
  (BigInt(`0x${segment}`) ^ BigInt(name.length)).toString(16).padStart(16, '0')

/** What a function's error document says. */
function causeOf(payload: string, id: string): unknown {
  try {
    const { errorType: type, errorMessage: message } = JSON.parse(payload) as Record<string, unknown>
    return { exceptions: [{ id, type, message }] }
  } catch {
    return { exceptions: [{ id }] }
  }
}
