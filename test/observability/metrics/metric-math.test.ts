import { describe, expect, it } from 'vitest'
import { checkMetricData, evaluateMetricData } from '../../../src/observability/metrics/math/evaluate.ts'
import type { DataQuery } from '../../../src/observability/metrics/math/metric-data.ts'
import { searchesOf } from '../../../src/observability/metrics/math/search-calls.ts'

/** Monday, 23 November 2026, noon. */
const NOON = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const WINDOW = { from: NOON, to: NOON + 5 * MINUTE, secondMs: 1000 }

/** Values of minutes 0 to 4; null where there is none. */
const METRICS: Record<string, readonly (number | null)[]> = {
  m1: [1, 2, 3, 4, 5],
  m2: [10, null, 30, null, 50],
  errors1: [0, 1, 0, 2, 0],
  errors2: [1, 1, null, 1, 1],
  none: [null, null, null, null, null],
}

const metric = (id: string): DataQuery => ({
  id,
  returnData: false,
  metric: {
    series: { namespace: 'N', metric: id, dimensions: {} },
    statistic: 'Sum',
    periodMs: MINUTE,
  },
})

const points = (values: readonly (number | null)[]) =>
  values.flatMap((value, i) => (value === null ? [] : [{ at: NOON + i * MINUTE, value }]))

const found = new Map(Object.entries(METRICS).map(([id, values]) => [id, points(values)]))
const all = Object.keys(METRICS).map(metric)

/** Values of minutes 0 to 4, of each series that comes of an expression. */
function evaluate(expression: string, window = WINDOW): (number | null)[][] {
  const queries = [...all, { id: 'e', returnData: true, expression }]
  return evaluateMetricData(queries, found, window).map(series => {
    const values = new Map(series.points.map(({ at, value }) => [at, value]))
    expect(values.size).toBe(series.points.length)
    return Array.from({ length: 5 }, (_, i) => values.get(NOON + i * MINUTE) ?? null)
  })
}

const EXPRESSIONS: [string, (number | null)[]][] = [
  ['m1', [1, 2, 3, 4, 5]],
  ['m1 + m2', [11, null, 33, null, 55]],
  ['m1 * 2 + 1', [3, 5, 7, 9, 11]],
  ['1 + 2 * m1 ^ 2', [3, 9, 19, 33, 51]],
  ['(1 + 2) * m1', [3, 6, 9, 12, 15]],
  ['-m1 ^ 2', [-1, -4, -9, -16, -25]],
  ['10 - m1 - 1', [8, 7, 6, 5, 4]],
  ['m1 / errors1', [null, 2, null, 2, null]],
  ['m1 > 3', [0, 0, 0, 1, 1]],
  ['m1 >= 2 AND m1 < 4', [0, 1, 1, 0, 0]],
  ['m1 == 1 || m1 == 5', [1, 0, 0, 0, 1]],
  ['m1 != 3 && 1', [1, 1, 0, 1, 1]],
  ['1 + 1 == 2 AND m1', [1, 1, 1, 1, 1]],
  ['ABS(m1 - 3)', [2, 1, 0, 1, 2]],
  ['CEIL(m1 / 2)', [1, 1, 2, 2, 3]],
  ['FLOOR(m1 / 2)', [0, 1, 1, 2, 2]],
  ['LOG10(m2)', [1, null, Math.log10(30), null, Math.log10(50)]],
  ['LOG(m1) - LOG(m1)', [0, 0, 0, 0, 0]],
  ['SUM([m1, m2])', [11, 2, 33, 4, 55]],
  ['SUM(METRICS("errors"))', [1, 2, 0, 3, 1]],
  ['AVG([m1, m2])', [5.5, 1, 16.5, 2, 27.5]],
  ['MAX([m1, m2])', [10, 2, 30, 4, 50]],
  ['MIN([m1, m2])', [1, 2, 3, 4, 5]],
  ['STDDEV([m1, m1 + 2])', [1, 1, 1, 1, 1]],
  ['m1 - AVG(m1)', [-2, -1, 0, 1, 2]],
  ['m1 / MAX(m2)', [0.02, 0.04, 0.06, 0.08, 0.1]],
  ['m1 * SUM(errors1)', [3, 6, 9, 12, 15]],
  ['DIFF(m2)', [null, null, 20, null, 20]],
  ['DIFF_TIME(m2)', [null, null, 120, null, 120]],
  ['RATE(m2)', [null, null, 20 / 120, null, 20 / 120]],
  ['RUNNING_SUM(m1)', [1, 3, 6, 10, 15]],
  ['FILL(m2, 0)', [10, 0, 30, 0, 50]],
  ['FILL(m2, REPEAT)', [10, 10, 30, 30, 50]],
  ['FILL(m2, LINEAR)', [10, 20, 30, 40, 50]],
  ['FILL(m2, m1)', [10, 2, 30, 4, 50]],
  ['FILL(none, 7)', [7, 7, 7, 7, 7]],
  ['FILL(DIFF(m1), LINEAR)', [null, 1, 1, 1, 1]],
  ['IF(m1 > 2, m2, 0 - m1)', [-1, -2, 30, null, 50]],
  ['IF(m1 > 2, 1)', [null, null, 1, 1, 1]],
  ['IF(1, m1, m2)', [1, 2, 3, 4, 5]],
  ['IF(0, m1, m2)', [10, null, 30, null, 50]],
  ['TIME_SERIES(7)', [7, 7, 7, 7, 7]],
  ['TIME_SERIES(MAX(m1)) - m1', [4, 3, 2, 1, 0]],
  ['TIME_SERIES(PERIOD(m1))', [60, 60, 60, 60, 60]],
  ['TIME_SERIES(DATAPOINT_COUNT(m2))', [3, 3, 3, 3, 3]],
  ['DATAPOINT_COUNT([m1, m2])', [2, 1, 2, 1, 2]],
  ['TIME_SERIES(METRIC_COUNT(METRICS()))', [5, 5, 5, 5, 5]],
  ['TIME_SERIES(METRIC_COUNT(REMOVE_EMPTY(METRICS())))', [4, 4, 4, 4, 4]],
  ['MINUTE(m1)', [0, 1, 2, 3, 4]],
  ['HOUR(m1)', [12, 12, 12, 12, 12]],
  ['DAY(m1) * 10000 + DATE(m1)', [10_023, 10_023, 10_023, 10_023, 10_023]],
  ['YEAR(m1) * 100 + MONTH(m1)', [202_611, 202_611, 202_611, 202_611, 202_611]],
  ['EPOCH(m1) - EPOCH(m1) + 1', [1, 1, 1, 1, 1]],
  ['FIRST(SORT([errors1, m1], SUM, DESC))', [1, 2, 3, 4, 5]],
  ['LAST(SORT([errors1, m1, none], AVG, DESC))', [null, null, null, null, null]],
  ['FIRST(SLICE([errors1, m2, m1], 1))', [10, null, 30, null, 50]],
  ['FIRST(SORT([m2, m1], MIN, ASC, 1))', [1, 2, 3, 4, 5]],
]

describe('an expression', () => {
  it.each(EXPRESSIONS)('%s', (expression, expected) => {
    expect(evaluate(expression)).toEqual([expected])
  })

  it('of an array gives a series of each', () => {
    expect(evaluate('[m1, m2] * 2')).toEqual([
      [2, 4, 6, 8, 10],
      [20, null, 60, null, 100],
    ])
    expect(evaluate('METRICS("errors") / [m1, m2]')).toEqual([
      [0, 0.5, 0, 0.5, 0],
      [0.1, null, null, null, 0.02],
    ])
    expect(evaluate('SLICE(SORT([m1, m2, errors1], MAX, ASC), 0, 2)')).toEqual([
      [0, 1, 0, 2, 0],
      [1, 2, 3, 4, 5],
    ])
  })

  it('refers to others, and is evaluated once', () => {
    const queries: DataQuery[] = [
      ...all,
      { id: 'total', returnData: false, expression: 'm1 + errors1' },
      { id: 'share', label: 'Share of errors', returnData: true, expression: 'errors1 / total' },
    ]
    expect(evaluateMetricData(queries, found, WINDOW)).toEqual([
      {
        id: 'share',
        label: 'Share of errors',
        periodMs: MINUTE,
        points: points([0, 1 / 3, 0, 1 / 3, 0]),
      },
    ])
  })

  it('knows how long a second of a period is', () => {
    const window = { ...WINDOW, secondMs: 1000 / 60 }
    expect(evaluate('RATE(m1)', window)[0]![1]).toBeCloseTo(1 / 3600)
    expect(evaluate('TIME_SERIES(PERIOD(m1))', window)[0]![0]).toBeCloseTo(3600)
  })

  const REFUSED: [string, string][] = [
    ['m1 +', "Error in expression 'e': Unexpected end of the expression"],
    ['m1 m2', "Error in expression 'e': Unexpected 'm2'"],
    ['m1 $ 2', "Error in expression 'e': Syntax error at '$ 2'"],
    ['m9', "Error in expression 'e': Undefined variable 'm9'"],
    ['e + 1', "Error in expression 'e': The expression refers to itself"],
    [
      'SUM(m1)',
      "Error in expression 'e': The result of an expression must be a time series or an array of them",
    ],
    ['SUM()', "Error in expression 'e': SUM is called with arguments that it does not take"],
    ['SQUARE(m1)', "Error in expression 'e': Unknown function 'SQUARE'"],
    ['constructor(m1)', "Error in expression 'e': Unknown function 'constructor'"],
    [
      'ANOMALY_DETECTION_BAND(m1, 2)',
      "Error in expression 'e': Weir does not support ANOMALY_DETECTION_BAND",
    ],
    [
      '[m1, m2] + [m1]',
      "Error in expression 'e': Arrays of time series that are combined must be of the same length",
    ],
    ['FILL(m1, SIDEWAYS)', "Error in expression 'e': Undefined variable 'SIDEWAYS'"],
    ["SEARCH('x', 'Sum', 60)", "Error in expression 'e': SEARCH is not supported here"],
    [`${'('.repeat(1000)}m1`, "Error in expression 'e': The expression is nested too deeply"],
    [`${'-'.repeat(1000)}m1`, "Error in expression 'e': The expression is nested too deeply"],
    [`m1${'^m1'.repeat(600)}`, "Error in expression 'e': The expression is nested too deeply"],
  ]
  it.each(REFUSED)('%.30s is refused', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message)
  })

  it('is refused where queries that name each other come to more than there is room for', () => {
    const chain = (length: number, of: (before: string) => string) => [
      metric('m1'),
      ...Array.from({ length }, (_, i) => ({
        id: `e${i}`,
        returnData: i === length - 1,
        expression: of(i === 0 ? 'm1' : `e${i - 1}`),
      })),
    ]
    const outcome = (queries: readonly DataQuery[]) => () => checkMetricData(queries)
    expect(outcome(chain(40, before => `[${before}, ${before}]`))).toThrow('too many data points')
    // Each within the next, from the last to the first.
    const deep = chain(400, before => `${'ABS('.repeat(50)}${before}${')'.repeat(50)}`)
    expect(outcome(deep.toReversed())).toThrow('nested too deeply')
    expect(outcome(chain(5, before => `${before}${' + m1'.repeat(500)}`))).not.toThrow()
    const second = { ...WINDOW, to: NOON + 200_000 * 1000 }
    const each = Array.from({ length: 30 }, (_, i) => ({
      id: `t${i}`,
      returnData: true,
      periodMs: 1000,
      expression: 'TIME_SERIES(1)',
    }))
    expect(() => evaluateMetricData(each, new Map(), second)).toThrow('too many data points')
    const most = { id: 'e', returnData: true, periodMs: 1000, expression: 'm1 - m1 + MAX(TIME_SERIES(7))' }
    const [series] = evaluateMetricData([...all, most], found, { ...second, to: NOON + 150_000 * 1000 })
    expect(series!.points[0]).toEqual({ at: NOON, value: 7 })
  })

  it('is checked before there is anything to evaluate', () => {
    const check = (expression: string) =>
      checkMetricData([
        ...all,
        { id: 's', returnData: false, expression: 'AVG(m1)' },
        { id: 'e', returnData: true, expression },
      ])
    for (const [expression] of EXPRESSIONS) check(expression)
    check('m1 - s')
    expect(() => check('m1 - t')).toThrow("Undefined variable 't'")
    expect(() => checkMetricData([metric('m1'), metric('m1')])).toThrow('unique')
  })

  it('says which searches it makes', () => {
    const expression = `SUM(SEARCH('{AWS/Lambda,FunctionName} Errors', 'Sum', 300)) + SEARCH('x', 'p99', 60)`
    const query = { id: 'e', returnData: true, expression }
    const calls = searchesOf([query], 1000)
    expect(calls.map(({ search, statistic, periodMs }) => [search, statistic, periodMs])).toEqual([
      ['{AWS/Lambda,FunctionName} Errors', 'Sum', 300_000],
      ['x', 'p99', 60_000],
    ])
    const series = { label: 'one', periodMs: 60_000, points: points([1, 1, 1, 1, 1]) }
    const result = evaluateMetricData([query], new Map(), WINDOW, key =>
      key === calls[0]!.key ? [series, series] : [series],
    )
    expect(result[0]!.points[0]!.value).toBe(3)
  })
})
