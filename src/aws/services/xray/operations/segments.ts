import type { TelemetryRecord } from '@aws-sdk/client-xray'
import { tellOnce } from '../../../../observability/ingest/tell-once.ts'
import { readSegment, type Unprocessed } from '../../../../observability/traces/read-segment.ts'
import type { Segment } from '../../../../observability/traces/segment.ts'
import { traceStoreName } from '../../../../observability/traces/segment.ts'
import { accountOf, type XRayHandlers } from '../context.ts'

export const segmentOperations = {
  async PutTraceSegments(input, call) {
    const { env, clock } = call.platform
    const now = clock()
    const segments: Segment[] = []
    const unprocessed: Unprocessed[] = []
    for (const document of input.TraceSegmentDocuments) {
      const read = readSegment(document, now)
      if ('segment' in read) segments.push(read.segment)
      else unprocessed.push(read.unprocessed)
    }
    if (segments.length > 0) {
      await tellOnce(traceStoreName(accountOf(call)), segments, (object, batch) =>
        env.TRACE_STORE.getByName(object).take(batch),
      )
    }
    return {
      UnprocessedTraceSegments: unprocessed.map(({ id, code, message }) => ({
        Id: id,
        ErrorCode: code,
        Message: message,
      })),
    }
  },

  /** What daemons say of themselves: it is about no trace, and nothing asks for it. */
  async PutTelemetryRecords(input: { readonly TelemetryRecords: readonly TelemetryRecord[] }, call) {
    const { SegmentsRejectedCount: rejected = 0 } = input.TelemetryRecords.at(-1) ?? {}
    if (rejected > 0) console.warn(`a daemon of ${call.account} says that ${rejected} segments were rejected`)
    return {}
  },
} satisfies XRayHandlers
