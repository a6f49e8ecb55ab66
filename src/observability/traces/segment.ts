import type { Account } from '../../lib/account.ts'

/**
 * A segment or subsegment of a trace, by X-Ray's names:
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
export interface Segment {
  readonly trace_id: string
  /** 16 hexadecimal digits. */
  readonly id: string
  readonly parent_id?: string
  readonly name: string
  /** Seconds since the epoch, with fractions. */
  readonly start_time: number
  readonly end_time?: number
  readonly in_progress?: boolean
  readonly [member: string]: unknown
}

/** Takes segments that nobody waits for. */
export interface TraceIntake {
  record(account: Account, segment: Segment): void
}

/** Name of the object that keeps the traces of an account and region, or of the first of several. */
export const traceStoreName = ({ id, region }: Account): string => `traces/${id}/${region}`
