import { describe, expect, it } from 'vitest'
import {
  addEvents,
  type CallReport,
  type LoggedEvent,
  type LogTarget,
  logOf,
} from '../../src/functions/log-lines.ts'
import { answeredAs, exited, timedOut } from '../../src/functions/report-call.ts'

const END = Date.UTC(2026, 10, 23, 15, 0, 0, 500)
const report: CallReport = {
  requestId: 'r-1',
  version: '3',
  durationMs: 12.341,
  memorySize: 512,
  endedAt: END,
}
const target: LogTarget = { group: '/aws/lambda/f', stream: 's' }
const lastLine = (logs: string) => logs.trimEnd().split('\n').at(-1)

describe('the log of a call', () => {
  it('is written round the function’s own lines', () => {
    expect(logOf({ report, lines: 'hello\n', target })).toBe(
      'START RequestId: r-1 Version: 3\nhello\nEND RequestId: r-1\n' +
        'REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\t\n',
    )
  })

  it('bills the time that loading took', () => {
    const { logs, usage } = answeredAs({ ...report, initMs: 165.53 }, { payload: 'null', logs: '' }, target)
    expect(lastLine(logs)).toBe(
      'REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 178 ms\tMemory Size: 512 MB\tInit Duration: 165.53 ms',
    )
    expect(usage).toEqual({ memorySize: 512, billedMs: 178, initMs: 165.53 })
  })

  it('says once an isolate that it has less memory than is asked for', () => {
    const notice = 'WEIR\tThe function asks for 512 MB: that is what is billed, but an isolate has 128 MB'
    const logged = (more: Partial<CallReport>) => logOf({ report: { ...report, ...more }, lines: '', target })
    expect(logged({ initMs: 1 }).split('\n')[1]).toBe(notice)
    expect(logged({})).not.toContain('WEIR')
    expect(logged({ initMs: 1, memorySize: 128 })).not.toContain('WEIR')
  })

  it('says when the call was the end of its process, and how', () => {
    const over = { ...report, durationMs: 3000 }
    expect(lastLine(answeredAs(over, timedOut('r-1', 3, 0), target).logs)).toBe(
      'REPORT RequestId: r-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 512 MB\tStatus: timeout',
    )
    expect(lastLine(answeredAs(report, exited('r-1', 'it died', 0), target).logs)).toMatch(
      /\tMemory Size: 512 MB\tStatus: error\tError Type: Runtime\.ExitError$/,
    )
    const own = {
      functionError: 'Unhandled',
      payload: '{"errorType":"Runtime.ExitError"}',
      logs: '',
    } as const
    expect(lastLine(answeredAs(report, own, target).logs)).not.toContain('Status')
  })
})

describe('the events of a call', () => {
  const eventsOf = (lines: string, over: Partial<LogTarget> = {}, more: Partial<CallReport> = {}) => {
    const events: LoggedEvent[] = []
    addEvents({ report: { ...report, ...more }, lines, target: { ...target, ...over } }, events)
    return events
  }

  it('are one for all that was logged at once, and one for each line of standard output, in the order of their times', () => {
    const lines =
      '2026-11-23T15:00:00.490Z\tr-1\tINFO\tone\u001eand more of it\n{"_aws":{}}\nplain\n2026-11-23T15:00:00.495Z\tr-1\tERROR\ttwo\n'
    expect(eventsOf(lines)).toEqual([
      { timestamp: END - 12, message: 'START RequestId: r-1 Version: 3\n' },
      { timestamp: END - 10, message: '2026-11-23T15:00:00.490Z\tr-1\tINFO\tone\nand more of it\n' },
      { timestamp: END - 10, message: '{"_aws":{}}' },
      { timestamp: END - 10, message: 'plain\n' },
      { timestamp: END - 5, message: '2026-11-23T15:00:00.495Z\tr-1\tERROR\ttwo\n' },
      { timestamp: END, message: 'END RequestId: r-1\n' },
      {
        timestamp: END,
        message: 'REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\t\n',
      },
    ])
  })

  it('have times within the call, whatever a line says of itself', () => {
    const lines = '2026-11-23T14:00:00.000Z\tr-0\tINFO\tlate\n2027-11-23T15:00:00.000Z\tr-1\tINFO\tearly\n'
    expect(eventsOf(lines).map(({ timestamp }) => timestamp - END)).toEqual([-12, -12, 0, 0, 0])
  })

  it('are JSON where the function asks for it, as far as their level goes', () => {
    const own = '{"timestamp":"2026-11-23T15:00:00.499Z","level":"INFO","message":"hi"}'
    const parsed = (...parts: Parameters<typeof eventsOf>) =>
      eventsOf(...parts).map(({ message }) => JSON.parse(message))
    expect(parsed(`${own}\n`, { format: 'JSON' })).toEqual([
      {
        time: '2026-11-23T15:00:00.488Z',
        type: 'platform.start',
        record: { requestId: 'r-1', version: '3' },
      },
      JSON.parse(own),
      {
        time: '2026-11-23T15:00:00.500Z',
        type: 'platform.report',
        record: {
          requestId: 'r-1',
          metrics: { durationMs: 12.341, billedDurationMs: 13, memorySizeMB: 512 },
          status: 'success',
        },
      },
    ])
    const types = (systemLevel: string, endedBy?: string) =>
      parsed('', { format: 'JSON', systemLevel }, { endedBy }).map(({ type }) => type)
    expect(types('DEBUG')).toEqual(['platform.start', 'platform.runtimeDone', 'platform.report'])
    expect(types('WARN')).toEqual([])
    expect(types('WARN', 'Runtime.ExitError')).toEqual(['platform.runtimeDone', 'platform.report'])
  })
})
