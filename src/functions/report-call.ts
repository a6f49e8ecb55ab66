import type { Answered, StreamEnding } from './invocation.ts'
import { billedMs, type CallReport, logOf } from './log-lines.ts'

/** How a function ended, as its runtime said or whoever ended it. */
export interface Ended {
  readonly functionError?: 'Unhandled'
  /** JSON text. */
  readonly payload: string
  /** The function's own lines. */
  readonly logs: string
}

export function answeredAs(report: CallReport, { functionError, payload, logs }: Ended): Answered {
  return {
    kind: 'answered',
    executedVersion: report.version,
    functionError,
    payload,
    logs: logOf(report, logs),
    durationMs: report.durationMs,
    usage: { memorySize: report.memorySize, billedMs: billedMs(report), initMs: report.initMs },
  }
}

/** As {@link Answered}, for a caller who has the payload already. */
export function endingOf({ functionError, payload, logs, durationMs, usage }: Answered): StreamEnding {
  const errorDocument = functionError && payload
  return { functionError: functionError && 'Unhandled', errorDocument, logs, durationMs, usage }
}

/** The function was stopped when its time was over. `timeout`: seconds; `at`: milliseconds since the epoch. */
export const timedOut = (requestId: string, timeout: number, at: number): Ended =>
  endedBy('Sandbox.Timedout', requestId, `Task timed out after ${timeout.toFixed(2)} seconds`, at)

/** Nothing is left of what ran the function. */
export const exited = (requestId: string, reason: string, at: number): Ended =>
  endedBy('Runtime.ExitError', requestId, reason, at)

function endedBy(errorType: string, requestId: string, reason: string, at: number): Ended {
  const errorMessage = `RequestId: ${requestId} Error: ${reason}`
  return {
    functionError: 'Unhandled',
    payload: JSON.stringify({ errorType, errorMessage }),
    logs: `${new Date(at).toISOString()} ${requestId} ${reason}\n\n`,
  }
}
