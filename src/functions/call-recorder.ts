import type { Account } from '../lib/account.ts'
import type { CallLog } from './log-lines.ts'

/** Hears of calls of functions, and of what becomes of events. Returns at once: what it notes is told later. */
export interface CallRecorder {
  /** @param pointerName of the function's pointer: it is one function's alone */
  of(pointerName: string, account: Account, name: string): RecordedFunction
  event(of: RecordedEvent, metric: EventMetric, value: number): void
}

/** One function, as an isolate sees it called. */
export interface RecordedFunction {
  /** A call was let in. Whatever becomes of it, {@link ended} or {@link cutOff} follow. */
  began(): void
  ended(call: EndedCall): void
  /** It was not made, or nobody knows how it ended. */
  cutOff(): void
  throttled(qualifier: string | undefined): void
}

export interface EndedCall {
  readonly qualifier: string | undefined
  /** What ran: a number or `$LATEST`. */
  readonly version: string
  readonly failed: boolean
  readonly durationMs: number
  /** Absent where nothing is known of it. */
  readonly log: CallLog | undefined
}

export interface RecordedEvent {
  readonly account: Account
  readonly name: string
  readonly qualifier?: string
}

/**
 * Lambda's metrics of asynchronous calls: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * `AsyncEventAge` in milliseconds; of all others how many.
 */
export type EventMetric =
  | 'AsyncEventsReceived'
  | 'AsyncEventAge'
  | 'AsyncEventsDropped'
  | 'DeadLetterErrors'
  | 'DestinationDeliveryFailures'
