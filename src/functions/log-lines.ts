import { PLATFORM_LIMITS } from '../lib/platform-limits.ts'

/** What a call's log says of the call itself, in the lines that Lambda writes round a function's own. */
export interface CallReport {
  readonly requestId: string
  readonly version: string
  readonly durationMs: number
  /** MB, as configured. */
  readonly memorySize: number
  /** Set when this call loaded the version. */
  readonly initMs?: number
  /** Set when the call was the end of its process: the type of the error, `Runtime.ExitError`. */
  readonly endedBy?: string
}

/** Type of the error of a call that ran out of time. */
export const TIMED_OUT = 'Sandbox.Timedout'

/**
 * Whole milliseconds, with the time that loading took: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
 */
export const billedMs = ({ durationMs, initMs = 0 }: CallReport): number => Math.ceil(durationMs + initMs)

/**
 * START, the function's lines, END and REPORT, tab-separated as Lambda writes them. There is no `Max Memory Used`:
 * Workers do not tell how much memory an isolate used.
 */
export function logOf(report: CallReport, lines: string): string {
  const { requestId } = report
  const memory = report.initMs === undefined ? '' : memoryNotice(report)
  const init = report.initMs === undefined ? '' : `Init Duration: ${report.initMs.toFixed(2)} ms\t`
  return (
    `START RequestId: ${requestId} Version: ${report.version}\n${memory}${lines}${lines && !lines.endsWith('\n') ? '\n' : ''}` +
    `END RequestId: ${requestId}\n` +
    `REPORT RequestId: ${requestId}\tDuration: ${report.durationMs.toFixed(2)} ms\t` +
    `Billed Duration: ${billedMs(report)} ms\tMemory Size: ${report.memorySize} MB\t${init}${statusOf(report)}\n`
  )
}

/** Said once an isolate, of a function that may count on more. */
const memoryNotice = ({ memorySize }: CallReport): string =>
  memorySize > PLATFORM_LIMITS.isolateMemory
    ? `WEIR\tThe function asks for ${memorySize} MB: that is what is billed, but an isolate has ${PLATFORM_LIMITS.isolateMemory} MB\n`
    : ''

function statusOf({ endedBy }: CallReport): string {
  if (endedBy === undefined) return ''
  return endedBy === TIMED_OUT ? 'Status: timeout' : `Status: error\tError Type: ${endedBy}`
}
