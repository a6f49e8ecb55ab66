import { expect, test } from 'vitest'
import { linesToPrint } from '../../src/functions/print-lines.ts'

const logs = (lines: string) => ({
  report: { requestId: 'r', version: '1', durationMs: 1, memorySize: 128, endedAt: 0 },
  lines,
  target: { group: '/aws/lambda/pets', stream: 's' },
})

test('a call that logs nothing prints nothing', () => {
  expect(linesToPrint('pets', logs(''))).toBeUndefined()
})

test("prints a function's own lines, each with its name", () => {
  const lines = '2026-11-22T10:00:00.000Z\tr\tINFO\tone\ntwo\n\n'
  expect(linesToPrint('pets', logs(lines))).toBe('pets | 2026-11-22T10:00:00.000Z r INFO one\npets | two')
})

test('prints a hundred lines of a call, and says how many there were', () => {
  const printed = linesToPrint('pets', logs('line\n'.repeat(250)))!.split('\n')
  expect(printed).toHaveLength(101)
  expect(printed.at(-1)).toBe('pets | (150 more lines)')
})
