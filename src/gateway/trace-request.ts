import { arn } from '../lib/arn.ts'
import { readTraceHeader, readTraceParent, type TraceContext, traceHeader } from '../lib/trace-context.ts'
import { type Trace, traceRoot } from '../lib/trace-header.ts'
import type { Sampler } from '../observability/traces/sampling/sampler.ts'
import type { Segment, TraceIntake } from '../observability/traces/segment.ts'
import type { Exchange } from './exchange.ts'
import type { BackEndCall } from './logs/observation.ts'

/** With what requests of stages are traced. */
export interface RequestTracing {
  readonly sampler: Pick<Sampler, 'decide'>
  readonly traces: TraceIntake
}

/** A request of a stage that has tracing on. */
export interface TracedRequest {
  readonly context: TraceContext
  /** Whether its segments are kept. */
  readonly isSampled: boolean
  /** What its back end and its client are told. */
  readonly trace: Trace
}

/**
 * Finds the trace that a request is part of, or begins one, and decides whether it is kept: a client that has decided it
 * is obeyed, also one that speaks W3C's trace context; the sampling rules decide about all others.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-xray.html
 */
export function traceRequest(exchange: Exchange, tracing: RequestTracing): TracedRequest {
  const { request, ids, receivedAt } = exchange
  const amazon = request.headers.get('x-amzn-trace-id')
  const w3c = amazon === null ? request.headers.get('traceparent') : null
  const sent = amazon !== null ? readTraceHeader(amazon) : w3c !== null ? readTraceParent(w3c) : undefined
  const isSampled = sent?.sampled ?? decide(exchange, tracing)
  const context: TraceContext = {
    root: sent?.root ?? traceRoot(receivedAt, ids.traceEntropy),
    ...(sent?.parent !== undefined && { parent: sent.parent }),
    sampled: isSampled,
  }
  const own = traceHeader({ root: context.root, parent: ids.segment, sampled: isSampled })
  return { context, isSampled, trace: { request: own, response: own } }
}

function decide(exchange: Exchange, { sampler }: RequestTracing): boolean {
  const { api } = exchange.stage!
  return sampler.decide(
    api.account,
    {
      service: nameOf(exchange),
      serviceType: ORIGIN,
      host: exchange.request.headers.get('host') ?? '',
      method: exchange.httpMethod,
      path: exchange.url.path,
      resourceArn: stageArn(exchange),
    },
    exchange.receivedAt,
  )
}

const ORIGIN = 'AWS::ApiGateway::Stage'

/** Tells of a request that has its answer. */
export function recordRequest(exchange: Exchange, { isSampled, context }: TracedRequest): void {
  const { gateway, stage, ids, observation, response, request, refusal } = exchange
  if (!isSampled || !stage || !gateway.tracing) return
  const endedAt = gateway.clock()
  const status = response?.status ?? 500
  const calls = observation?.calls ?? []
  gateway.tracing.traces.record(stage.api.account, {
    trace_id: context.root,
    id: ids.segment,
    ...(context.parent !== undefined && { parent_id: context.parent }),
    name: nameOf(exchange),
    origin: ORIGIN,
    start_time: exchange.receivedAt / 1000,
    end_time: endedAt / 1000,
    resource_arn: stageArn(exchange),
    http: {
      request: {
        method: exchange.httpMethod,
        url: exchange.href.split('?', 1)[0],
        client_ip: exchange.sourceIp,
        user_agent: request.headers.get('user-agent') ?? undefined,
        x_forwarded_for: request.headers.has('x-forwarded-for'),
      },
      response: { status },
    },
    aws: {
      account_id: stage.api.account.id,
      request_id: ids.requestId,
      api_gateway: { rest_api_id: exchange.address.apiId, account_id: stage.api.account.id },
    },
    ...flagsOf(status),
    ...(refusal?.reason !== undefined && {
      cause: { exceptions: [{ id: ids.segment, message: refusal.reason }] },
    }),
    subsegments: calls.map((call, index) => subsegmentOf(call, ids.segment, index, endedAt)),
  })
}

/** Of a status of HTTP, as segments say it. */
function flagsOf(status: number): Pick<Segment, string> {
  if (status === 429) return { error: true, throttle: true }
  if (status >= 500) return { fault: true }
  return status >= 400 ? { error: true } : {}
}

function subsegmentOf(call: BackEndCall, segment: string, index: number, endedAt: number): Segment {
  const { kind, uri, sentAt, answeredAt = endedAt, status } = call
  return {
    id: (BigInt(`0x${segment}`) ^ BigInt(index + 1)).toString(16).padStart(16, '0'),
    name: kind === 'function' ? 'Lambda' : hostOf(uri),
    // The function's own segments tell of it.
    ...(kind === 'http' && { namespace: 'remote' }),
    start_time: sentAt / 1000,
    end_time: answeredAt / 1000,
    http: {
      request: { method: kind === 'function' ? 'POST' : undefined, url: uri.split('?', 1)[0] },
      ...(status !== undefined && { response: { status } }),
    },
    ...(status !== undefined && flagsOf(status)),
    ...(call.functionFailed && { fault: true }),
  } as unknown as Segment
}

const hostOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).hostname : uri).slice(0, 200)

const nameOf = ({ stage, address }: Exchange): string => `${stage!.apiName}/${address.stage}`

const stageArn = ({ stage, address }: Exchange): string =>
  arn(
    'apigateway',
    { id: '', region: stage!.api.account.region },
    `/restapis/${address.apiId}/stages/${address.stage}`,
  )
