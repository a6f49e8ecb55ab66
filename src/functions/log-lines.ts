import { PLATFORM_LIMITS } from '../lib/platform-limits.ts'
import { CONTINUED } from './runtime/shim-manifest.ts'

/** What a call's log says of the call itself, round a function's own lines. */
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
  /** When the call was over, epoch milliseconds. */
  readonly endedAt: number
}

/** Where a call's log belongs, and in which form. */
export interface LogTarget {
  readonly group: string
  readonly stream: string
  /** `JSON`; text without it. */
  readonly format?: string
  /** Lowest level of what Lambda itself says in JSON: `DEBUG`, `INFO`, `WARN`; INFO without it. */
  readonly systemLevel?: string
}

export interface CallLog {
  readonly report: CallReport
  /** The function's own lines; {@link CONTINUED} stands where one that was logged at once goes on. */
  readonly lines: string
  readonly target: LogTarget
}

/** One event of a log stream. */
export interface LoggedEvent {
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly message: string
}

/** Type of the error of a call that ran out of time. */
export const TIMED_OUT = 'Sandbox.Timedout'

/**
 * Whole milliseconds, with the time that loading took: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
 */
export const billedMs = ({ durationMs, initMs = 0 }: Pick<CallReport, 'durationMs' | 'initMs'>): number =>
  Math.ceil(durationMs + initMs)

/** What a developer wants to see of a call's log: the function's own lines, and what Weir has to say of them. */
export function ownLines({ report, lines }: CallLog): string {
  const own = asLogged(lines)
  return isShortOfMemory(report) ? memoryNotice(report) + own : own
}

/** A call's log as the Lambda API answers it with `LogType=Tail`. */
export function logOf({ report, lines, target }: CallLog): string {
  const { before, after } = target.format === 'JSON' ? jsonFrame(report, target) : textFrame(report)
  const own = asLogged(lines)
  return before.map(ended).join('') + (own && ended(own)) + after.map(ended).join('')
}

/**
 * Adds a call's log to the events of its stream: one for all that was logged at once, and for each line that went to
 * standard output. They are in the order of their times.
 */
export function addEvents({ report, lines, target }: CallLog, events: LoggedEvent[]): void {
  const { before, after } = target.format === 'JSON' ? jsonFrame(report, target) : textFrame(report)
  let timestamp = startedAt(report)
  for (const message of before) events.push({ timestamp, message })
  if (lines !== '') {
    for (const line of lines.split('\n')) {
      if (line === '') continue
      timestamp = Math.min(Math.max(timestamp, timeOf(line) ?? timestamp), report.endedAt)
      const message = asLogged(line)
      events.push({ timestamp, message: message.startsWith('{') ? message : `${message}\n` })
    }
  }
  for (const message of after) events.push({ timestamp: report.endedAt, message })
}

/** What stands round a function's own lines. */
interface Frame {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

const startedAt = ({ endedAt, durationMs }: CallReport): number => endedAt - Math.round(durationMs)

/** With the ends of lines that {@link CONTINUED} stands for. */
const asLogged = (lines: string): string =>
  lines.includes(CONTINUED) ? lines.replaceAll(CONTINUED, '\n') : lines

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

/**
 * START, END and REPORT, tab-separated as Lambda writes them. There is no `Max Memory Used`: Workers do not tell how
 * much memory an isolate used.
 */
function textFrame(report: CallReport): Frame {
  const { requestId, initMs } = report
  const start = `START RequestId: ${requestId} Version: ${report.version}\n`
  const init = initMs === undefined ? '' : `Init Duration: ${initMs.toFixed(2)} ms\t`
  return {
    before: isShortOfMemory(report) ? [start, memoryNotice(report)] : [start],
    after: [
      `END RequestId: ${requestId}\n`,
      `REPORT RequestId: ${requestId}\tDuration: ${report.durationMs.toFixed(2)} ms\t` +
        `Billed Duration: ${billedMs(report)} ms\tMemory Size: ${report.memorySize} MB\t${init}${statusText(report)}\n`,
    ],
  }
}

/** Said once an isolate, of a function that may count on more. */
const memoryNotice = ({ memorySize }: CallReport): string =>
  `WEIR\tThe function asks for ${memorySize} MB: that is what is billed, but an isolate has ${PLATFORM_LIMITS.isolateMemory} MB\n`

const isShortOfMemory = ({ memorySize, initMs }: CallReport): boolean =>
  initMs !== undefined && memorySize > PLATFORM_LIMITS.isolateMemory

function statusText({ endedBy }: CallReport): string {
  if (endedBy === undefined) return ''
  return endedBy === TIMED_OUT ? 'Status: timeout' : `Status: error\tError Type: ${endedBy}`
}

/**
 * The platform's events as JSON, by their levels: `start` and `report` are of INFO, `runtimeDone` of DEBUG, and
 * what tells of a failure is of WARN.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
function jsonFrame(report: CallReport, { systemLevel }: LogTarget): Frame {
  const { requestId, version, durationMs, endedBy } = report
  const failed = endedBy !== undefined
  const status = failed ? (endedBy === TIMED_OUT ? 'timeout' : 'error') : 'success'
  const outcome = { status, ...(failed && status === 'error' && { errorType: endedBy }) }
  const rounded = Number(durationMs.toFixed(3))
  const after: string[] = []
  if (failed || systemLevel === 'DEBUG') {
    const record = { requestId, ...outcome, metrics: { durationMs: rounded } }
    after.push(platformEvent(report.endedAt, 'platform.runtimeDone', record))
  }
  if (failed || systemLevel !== 'WARN') {
    const metrics = {
      durationMs: rounded,
      billedDurationMs: billedMs(report),
      memorySizeMB: report.memorySize,
      ...(report.initMs !== undefined && { initDurationMs: Number(report.initMs.toFixed(3)) }),
    }
    after.push(platformEvent(report.endedAt, 'platform.report', { requestId, metrics, ...outcome }))
  }
  const start = platformEvent(startedAt(report), 'platform.start', { requestId, version })
  return { before: systemLevel === 'WARN' ? [] : [start], after }
}

const platformEvent = (at: number, type: string, record: object): string =>
  JSON.stringify({ time: new Date(at).toISOString(), type, record })

const IN_JSON = '{"timestamp":"'
const ISO_LENGTH = '2026-11-22T10:00:00.000Z'.length

/** When a line was logged, as it says itself; undefined for one that says nothing of it. */
function timeOf(line: string): number | undefined {
  const from = line.startsWith(IN_JSON) ? IN_JSON.length : 0
  if (line[from + 4] !== '-' || line[from + 10] !== 'T' || line[from + ISO_LENGTH - 1] !== 'Z')
    return undefined
  const time = Date.parse(line.slice(from, from + ISO_LENGTH))
  return Number.isNaN(time) ? undefined : time
}
