import { describe, expect, it } from 'vitest'
import {
  type Judged,
  type JudgeRules,
  judgePoints,
} from '../../../src/observability/alarms/evaluation/judge-points.ts'

const POINTS: Readonly<Record<string, Judged>> = { '0': 'good', X: 'breaching', '-': 'missing' }

const stateBy = (points: string, rules: JudgeRules): string =>
  judgePoints(
    points.split(' ').map(each => POINTS[each]!),
    rules,
  )

const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const

function states(points: string, datapointsToAlarm: number): string {
  return TREATMENTS.map(treatMissing =>
    stateBy(points, { evaluationPeriods: 3, datapointsToAlarm, treatMissing }),
  ).join(' ')
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
describe("the tables of CloudWatch's documentation", () => {
  it.each([
    ['0 - X - X', 'OK OK OK OK'],
    ['0 - - - -', 'OK OK OK OK'],
    ['- - - - -', 'INSUFFICIENT_DATA retain ALARM OK'],
    ['0 X X - X', 'ALARM ALARM ALARM ALARM'],
    ['- - X - -', 'ALARM retain ALARM OK'],
  ])('3 out of 3 of %s: %s', (points, expected) => {
    expect(states(points, 3)).toBe(expected)
  })

  it.each([
    ['0 - X - X', 'ALARM ALARM ALARM ALARM'],
    ['0 0 X 0 X', 'ALARM ALARM ALARM ALARM'],
    ['0 - X - -', 'OK OK ALARM OK'],
    ['- - - - 0', 'OK OK ALARM OK'],
    ['- - - X -', 'ALARM retain ALARM OK'],
  ])('2 out of 3 of %s: %s', (points, expected) => {
    expect(states(points, 2)).toBe(expected)
  })

  it.each(['- - - - X', '- - - X -'])('raises no alarm prematurely, on %s', points => {
    expect(states(points, 3)).toBe('INSUFFICIENT_DATA retain ALARM OK')
  })
})

describe('an alarm on one point', () => {
  const rules = { evaluationPeriods: 1, datapointsToAlarm: 1, treatMissing: 'missing' } as const

  it('is decided by the youngest one that was measured', () => {
    expect(stateBy('0 0 X', rules)).toBe('ALARM')
    expect(stateBy('X X 0', rules)).toBe('OK')
    expect(stateBy('0 X -', rules)).toBe('ALARM')
    expect(stateBy('X - -', rules)).toBe('ALARM')
    expect(stateBy('- - -', rules)).toBe('INSUFFICIENT_DATA')
  })
})
