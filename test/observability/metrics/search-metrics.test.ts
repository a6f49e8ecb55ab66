import { describe, expect, it } from 'vitest'
import { dynamicLabel } from '../../../src/observability/metrics/math/dynamic-label.ts'
import { readSearch } from '../../../src/observability/metrics/math/search-metrics.ts'
import type { MetricSeries } from '../../../src/observability/metrics/metric-series.ts'

const METRICS: (MetricSeries & { readonly name: string })[] = [
  { name: 'errors', namespace: 'AWS/Lambda', metric: 'Errors', dimensions: { FunctionName: 'shop-prod' } },
  {
    name: 'errors of live',
    namespace: 'AWS/Lambda',
    metric: 'Errors',
    dimensions: { FunctionName: 'shop-prod', Resource: 'shop-prod:live' },
  },
  { name: 'all errors', namespace: 'AWS/Lambda', metric: 'Errors', dimensions: {} },
  { name: '4xx', namespace: 'AWS/ApiGateway', metric: '4XXError', dimensions: { ApiName: 'shop' } },
  { name: 'boxes', namespace: 'My Shop', metric: 'BoxesPacked', dimensions: { 'Name of Till': 'a b' } },
]

const SEARCHES: [string, string[]][] = [
  ['{AWS/Lambda,FunctionName} Errors', ['errors']],
  ['{AWS/Lambda,Resource,FunctionName}', ['errors of live']],
  ['{AWS/Lambda} Errors', ['all errors']],
  ['{"My Shop","Name of Till"}', ['boxes']],
  ['errors', ['errors', 'errors of live', 'all errors']],
  ['Errors prod', ['errors', 'errors of live']],
  ['Errors AND NOT live', ['errors', 'all errors']],
  ['MetricName="4XXError" OR packed', ['4xx', 'boxes']],
  ['MetricName="Error"', []],
  ['Namespace="AWS/Lambda" Resource="shop-prod:live"', ['errors of live']],
  ['ApiName=shop', ['4xx']],
  ['MetricName=("4XXError" OR "BoxesPacked") NOT (shop AND api)', ['boxes']],
  ['"a b"', ['boxes']],
  ['constructor=x', []],
]

describe('a search', () => {
  it.each(SEARCHES)('%s', (text, expected) => {
    const { finds } = readSearch(text)
    expect(METRICS.filter(metric => finds(metric)).map(({ name }) => name)).toEqual(expected)
  })

  it.each(['{', '{}', '{A,}', 'a )', '( a', 'a OR', 'a = ', '"a', `${'('.repeat(100)}a`])(
    '%.20s is refused',
    text => {
      expect(() => readSearch(text)).toThrow(/search/)
    },
  )
})

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: dynamic labels */
describe('a dynamic label', () => {
  const NOON = Date.UTC(2026, 10, 23, 12)
  const context = {
    points: [5, 1.23456, 9].map((value, i) => ({ at: NOON + i * 60_000, value })),
    account: { id: '123456789012', region: 'eu-west-1' },
    period: 60,
    series: METRICS[0]!,
    statistic: 'Sum',
    offset: 0,
  }
  it.each([
    ['${LABEL}: ${MIN} to ${MAX}, ${AVG} on average', 'Errors: 1.235 to 9, 5.078 on average'],
    ['${FIRST} ${LAST} ${SUM} ${DATAPOINT_COUNT} ${FIRST_LAST_RANGE}', '5 9 15.23 3 5 - 9'],
    ['${MAX_TIME}', '2026-11-23 12:02:00 UTC'],
    [
      "${PROP('Dim.FunctionName')} in ${PROP('Region')} of ${PROP('AccountId')}",
      'shop-prod in eu-west-1 of 123456789012',
    ],
    [
      "${PROP('Stat')} of ${PROP('MetricName')} of ${PROP('Namespace')} / ${PROP('Period')}",
      'Sum of Errors of AWS/Lambda / 60',
    ],
    ["${PROP('Dim.Nobody')} ${WHAT} $MAX", "${PROP('Dim.Nobody')} ${WHAT} $MAX"],
  ])('%s', (label, expected) => {
    expect(dynamicLabel(label, context)).toBe(expected)
  })

  it('tells local time, and nothing of what has no points', () => {
    expect(dynamicLabel('${MIN_TIME}', { ...context, offset: -90 })).toBe('2026-11-23 10:31:00 -0130')
    expect(dynamicLabel('${MAX} ${SUM} ${DATAPOINT_COUNT}', { ...context, points: [] })).toBe('-- -- 0')
  })
})
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: dynamic labels */
