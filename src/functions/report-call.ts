import type { Answered, CallUsage, StreamEnding } from './invocation.ts'
import { billedMs, type CallLog, type CallReport, type LogTarget, logOf, TIMED_OUT } from './log-lines.ts'

/** How a function ended, as its runtime said or whoever ended it. */
export interface Ended {
  readonly functionError?: 'Unhandled'
  /** JSON text. */
  readonly payload: string
  /** The function's own lines, as in {@link CallLog}. */
  readonly logs: string
  /** Its process is over, by its own doing or not. */
  readonly exited?: boolean
}

/** How a call stood in its isolate: see {@link CallUsage}. */
interface Standing {
  readonly isFresh: boolean
  readonly inLineMs: number
}

export function answeredAs(
  called: CallReport,
  ended: Ended,
  target: LogTarget | undefined,
  { isFresh, inLineMs }: Standing = { isFresh: false, inLineMs: 0 },
): Answered {
  const { functionError, payload, logs: lines } = ended
  const report = ended.exited ? { ...called, endedBy: errorTypeOf(ended) } : called
  return withLog(
    {
      kind: 'answered',
      executedVersion: report.version,
      functionError,
      payload,
      durationMs: report.durationMs,
      usage: {
        memorySize: report.memorySize,
        billedMs: billedMs(report),
        initMs: report.initMs,
        ...(isFresh && { isFresh }),
        ...(inLineMs > 0 && { inLineMs }),
      },
    },
    target && { report, lines, target },
  )
}

/** What was answered, with what was logged. */
export function withLog<T extends object>(answer: T, log: CallLog | undefined) {
  return {
    ...answer,
    log,
    // Most callers look at no log.
    get logs() {
      return log ? logOf(log) : ''
    },
  }
}

/** Of the error that ended the process; Lambda names it in the REPORT. */
function errorTypeOf({ payload }: Ended): string | undefined {
  const { errorType } = JSON.parse(payload) as { errorType?: string }
  return errorType
}

/** As {@link Answered}, for a caller who has the payload already. */
export function endingOf({ functionError, payload, log, durationMs, usage }: Answered): StreamEnding {
  return withLog({ functionError, errorDocument: functionError && payload, durationMs, usage }, log)
}

/** The function was stopped when its time was over. `timeout`: seconds; `at`: milliseconds since the epoch. */
export const timedOut = (requestId: string, timeout: number, at: number): Ended =>
  endedBy(TIMED_OUT, requestId, `Task timed out after ${timeout.toFixed(2)} seconds`, at)

/** Nothing is left of what ran the function. */
export const exited = (requestId: string, reason: string, at: number): Ended =>
  endedBy('Runtime.ExitError', requestId, reason, at)

function endedBy(errorType: string, requestId: string, reason: string, at: number): Ended {
  const errorMessage = `RequestId: ${requestId} Error: ${reason}`
  return {
    functionError: 'Unhandled',
    payload: JSON.stringify({ errorType, errorMessage }),
    exited: true,
    logs: `${new Date(at).toISOString()} ${requestId} ${reason}\n\n`,
  }
}
