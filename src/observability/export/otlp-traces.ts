import type { Account } from '../../lib/account.ts'
import type { Segment } from '../traces/segment.ts'
import { annotationsOf, httpOf, objectOf } from '../traces/trace-view.ts'
import { attribute, type KeyValue, nanoseconds, resourceOf, SCOPE } from './otlp-json.ts'

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
const KIND_INTERNAL = 1
const KIND_SERVER = 2
const KIND_CLIENT = 3
const STATUS_ERROR = 2

/** Segments as spans; each subsegment is one, too. */
export const otlpTraces = (told: readonly { readonly account: Account; readonly segment: Segment }[]) => ({
  resourceSpans: told.map(({ account, segment }) => ({
    resource: resourceOf(account, segment.name),
    scopeSpans: [{ scope: SCOPE, spans: spansOf(segment, segment.trace_id, segment.parent_id, true) }],
  })),
})

function spansOf(segment: Segment, trace: string, parent: string | undefined, isSegment: boolean): object[] {
  const inside = Array.isArray(segment.subsegments) ? (segment.subsegments as Segment[]) : []
  const failed = segment.fault === true || segment.error === true
  const span = {
    traceId: trace.slice(2, 10) + trace.slice(11),
    spanId: segment.id,
    ...(parent !== undefined && { parentSpanId: parent }),
    name: segment.name,
    kind: isSegment ? KIND_SERVER : segment.namespace === undefined ? KIND_INTERNAL : KIND_CLIENT,
    startTimeUnixNano: nanoseconds(segment.start_time * 1000),
    endTimeUnixNano: nanoseconds((segment.end_time ?? segment.start_time) * 1000),
    attributes: attributesOf(segment),
    ...(failed && { status: { code: STATUS_ERROR, message: messageOf(segment) } }),
  }
  return [span, ...inside.flatMap(each => spansOf(each, trace, segment.id, false))]
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
function attributesOf(segment: Segment): KeyValue[] {
  const { method, url, status, userAgent, clientIp } = httpOf(segment)
  const { request_id: requestId } = objectOf(segment.aws)
  const known = {
    'http.request.method': method,
    'url.full': url,
    'http.response.status_code': status,
    'user_agent.original': userAgent,
    'client.address': clientIp,
    'aws.request_id': typeof requestId === 'string' ? requestId : undefined,
    'aws.origin': typeof segment.origin === 'string' ? segment.origin : undefined,
    'cloud.resource_id': typeof segment.resource_arn === 'string' ? segment.resource_arn : undefined,
  }
  const own = Object.entries(known).flatMap(([key, value]) =>
    value === undefined ? [] : attribute(key, value),
  )
  return [
    ...own,
    ...annotationsOf({ ...segment, subsegments: [] }).map(([key, value]) => attribute(key, value)),
  ]
}

function messageOf({ cause }: Segment): string | undefined {
  const { exceptions } = objectOf(cause)
  const { message } = objectOf(Array.isArray(exceptions) ? exceptions[0] : undefined)
  return typeof message === 'string' ? message : undefined
}
