import { describe, expect, it } from 'vitest'
import { type CallReport, logOf } from '../../src/functions/log-lines.ts'
import { answeredAs, exited, timedOut } from '../../src/functions/report-call.ts'

const report: CallReport = { requestId: 'r-1', version: '3', durationMs: 12.341, memorySize: 512 }
const lastLine = (logs: string) => logs.trimEnd().split('\n').at(-1)

describe('the log of a call', () => {
  it('is written round the function’s own lines', () => {
    expect(logOf(report, 'hello\n')).toBe(
      'START RequestId: r-1 Version: 3\nhello\nEND RequestId: r-1\n' +
        'REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\t\n',
    )
  })

  it('bills the time that loading took', () => {
    const { logs, usage } = answeredAs({ ...report, initMs: 165.53 }, { payload: 'null', logs: '' })
    expect(lastLine(logs)).toBe(
      'REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 178 ms\tMemory Size: 512 MB\tInit Duration: 165.53 ms',
    )
    expect(usage).toEqual({ memorySize: 512, billedMs: 178, initMs: 165.53 })
  })

  it('says once an isolate that it has less memory than is asked for', () => {
    const notice = 'WEIR\tThe function asks for 512 MB: that is what is billed, but an isolate has 128 MB'
    expect(logOf({ ...report, initMs: 1 }, '').split('\n')[1]).toBe(notice)
    expect(logOf(report, '')).not.toContain('WEIR')
    expect(logOf({ ...report, initMs: 1, memorySize: 128 }, '')).not.toContain('WEIR')
  })

  it('says when the call was the end of its process, and how', () => {
    const over = { ...report, durationMs: 3000 }
    expect(lastLine(answeredAs(over, timedOut('r-1', 3, 0)).logs)).toBe(
      'REPORT RequestId: r-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 512 MB\tStatus: timeout',
    )
    expect(lastLine(answeredAs(report, exited('r-1', 'it died', 0)).logs)).toMatch(
      /\tMemory Size: 512 MB\tStatus: error\tError Type: Runtime\.ExitError$/,
    )
    const own = {
      functionError: 'Unhandled',
      payload: '{"errorType":"Runtime.ExitError"}',
      logs: '',
    } as const
    expect(lastLine(answeredAs(report, own).logs)).not.toContain('Status')
  })
})
