/** What a call's log says of the call itself, in the lines that Lambda writes round a function's own. */
export interface CallReport {
  readonly requestId: string
  readonly version: string
  readonly durationMs: number
  /** MB, as configured. */
  readonly memorySize: number
  /** Set when this call loaded the version. */
  readonly initMs?: number
}

/** Whole milliseconds. */
export const billedMs = ({ durationMs }: CallReport): number => Math.ceil(durationMs)

/**
 * START, the function's lines, END and REPORT, tab-separated as Lambda writes them. There is no `Max Memory Used`:
 * Workers do not tell how much memory an isolate used.
 */
export function logOf(report: CallReport, lines: string): string {
  const { requestId } = report
  const init = report.initMs === undefined ? '' : `Init Duration: ${report.initMs.toFixed(2)} ms\t`
  return (
    `START RequestId: ${requestId} Version: ${report.version}\n${lines}${lines && !lines.endsWith('\n') ? '\n' : ''}` +
    `END RequestId: ${requestId}\n` +
    `REPORT RequestId: ${requestId}\tDuration: ${report.durationMs.toFixed(2)} ms\t` +
    `Billed Duration: ${billedMs(report)} ms\tMemory Size: ${report.memorySize} MB\t${init}\n`
  )
}
