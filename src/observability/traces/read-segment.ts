import type { Segment } from './segment.ts'

/** Why a document is no segment, in X-Ray's words. */
export interface Unprocessed {
  /** Of the segment, as far as it has one. */
  readonly id?: string
  readonly code: string
  readonly message: string
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
const LARGEST = 64 * 1024

/** As X-Ray makes them, or as W3C's trace context does. */
const TRACE_ID = /^1-[0-9a-f]{8}-[0-9a-f]{24}$|^[0-9a-f]{32}$/
const SEGMENT_ID = /^[0-9a-f]{16}$/

/** "Unicode letters, numbers, and whitespace, and the following symbols: _, ., :, /, %, &, #, =, +, \, -, @" */
const NAME = /^[\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@]{1,200}$/u

/** Traces are kept for so long. https://docs.aws.amazon.com/general/latest/gr/xray.html */
export const TRACES_KEPT_MS = 30 * 24 * 3_600_000

/** Of the clocks of those who send. */
const FUTURE_MS = 10 * 60_000

/** @param now epoch milliseconds */
export function readSegment(
  document: string,
  now: number,
): { readonly segment: Segment } | { readonly unprocessed: Unprocessed } {
  if (new TextEncoder().encode(document).length > LARGEST) {
    return {
      unprocessed: { code: 'SegmentTooLarge', message: `Segment document is larger than ${LARGEST} bytes` },
    }
  }
  let read: unknown
  try {
    read = JSON.parse(document)
  } catch {
    return { unprocessed: UNREADABLE }
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read) || isDeep(read)) {
    return { unprocessed: UNREADABLE }
  }
  const segment = read as Partial<Record<string, unknown>>
  const id = typeof segment.id === 'string' && SEGMENT_ID.test(segment.id) ? segment.id : undefined
  const fault = faultOf(segment, now)
  if (fault) return { unprocessed: { ...(id && { id }), ...invalid(fault) } }
  const traceId = segment.trace_id as string
  return { segment: { ...segment, trace_id: asXRay(traceId) } as Segment }
}

/** Subsegments in each other, and what they say: whoever reads a trace follows them to their end. */
const DEEPEST = 200

function isDeep(document: object): boolean {
  let level: object[] = [document]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true
    level = level.flatMap(each =>
      Object.values(each).filter(value => typeof value === 'object' && value !== null),
    )
  }
  return false
}

const invalid = (code: string) => ({ code, message: `Invalid segment. ErrorCode: ${code}` })

const UNREADABLE: Unprocessed = invalid('ParseError')

/** A trace's id as X-Ray writes it: one of W3C's has the same digits. */
export const asXRay = (id: string): string => (id.length === 32 ? `1-${id.slice(0, 8)}-${id.slice(8)}` : id)

function faultOf(segment: Partial<Record<string, unknown>>, now: number): string | undefined {
  const { id, trace_id, name, start_time, end_time, in_progress, parent_id, type } = segment
  if (id === undefined) return 'MissingId'
  if (typeof id !== 'string' || !SEGMENT_ID.test(id)) return 'InvalidId'
  if (trace_id === undefined) return 'MissingTraceId'
  if (typeof trace_id !== 'string' || !TRACE_ID.test(trace_id)) return 'InvalidTraceId'
  if (typeof name !== 'string' || !NAME.test(name)) return name === undefined ? 'MissingName' : 'InvalidName'
  if (start_time === undefined) return 'MissingStartTime'
  if (!isTime(start_time)) return 'InvalidStartTime'
  if (end_time === undefined && in_progress !== true) return 'MissingEndTime'
  if (end_time !== undefined && (!isTime(end_time) || end_time < start_time)) return 'InvalidEndTime'
  if (parent_id !== undefined && (typeof parent_id !== 'string' || !SEGMENT_ID.test(parent_id))) {
    return 'InvalidParentId'
  }
  if (type !== undefined && type !== 'subsegment') return 'InvalidType'
  if (type === 'subsegment' && parent_id === undefined) return 'MissingParentId'
  const began = start_time * 1000
  if (began < now - TRACES_KEPT_MS || began > now + FUTURE_MS) return 'InvalidTime'
  return undefined
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
