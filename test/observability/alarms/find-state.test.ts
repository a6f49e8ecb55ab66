import { describe, expect, it } from 'vitest'
import type { MetricAlarmDefinition } from '../../../src/observability/alarms/alarm.ts'
import { nextLookOf, windowOf } from '../../../src/observability/alarms/evaluation/alarm-window.ts'
import { lookAtAlarms } from '../../../src/observability/alarms/evaluation/look-at-alarms.ts'
import type { SeriesQuery } from '../../../src/observability/metrics/metric-series.ts'
import { ACCOUNT, metricAlarm } from './a-book.ts'

const MINUTE = 60_000
/** 12:30:02, which is when CloudWatch's minute up to 12:30 is looked at. */
const NOW = Date.UTC(2026, 10, 23, 12, 30, 6)

/** Looks at one alarm. `values`: of the periods of its evaluation range, oldest first. */
async function look(
  definition: MetricAlarmDefinition,
  values: readonly (number | undefined)[],
  { samples = 0, minuteMs = MINUTE }: { samples?: number; minuteMs?: number } = {},
) {
  const state = { value: 'OK', reason: '', updated: 0, since: 0 } as const
  const record = { definition, configured: 1, tags: {}, state }
  const asked: SeriesQuery[] = []
  const read = async (_: unknown, queries: readonly SeriesQuery[]) => {
    asked.push(...queries)
    return queries.map(({ from, periodMs, statistic, metric }) =>
      values.flatMap((value, i) => {
        if (value === undefined) return []
        const told = statistic === 'SampleCount' ? samples : metric === 'Calls' ? 100 : value
        return [{ at: from + i * periodMs, value: told }]
      }),
    )
  }
  const [found] = await lookAtAlarms(read, ACCOUNT, [record], minuteMs, NOW)
  return { found, asked, data: found?.reasonData && JSON.parse(found.reasonData) }
}

describe('what an alarm looks at', () => {
  it('ends with the last minute that all is known of, whatever its period', () => {
    const window = (Period: number, now: number, minuteMs = MINUTE) => {
      const { from, to, periodMs, points } = windowOf({ Period, EvaluationPeriods: 3 }, minuteMs, now)
      expect(to - from).toBe(points * periodMs)
      return [new Date(to).toISOString().slice(11, 23), periodMs, points]
    }
    expect(window(60, NOW)).toEqual(['12:30:00.000', 60_000, 5])
    expect(window(60, NOW - 1)).toEqual(['12:29:00.000', 60_000, 5])
    expect(window(300, NOW + 3 * MINUTE)).toEqual(['12:33:00.000', 300_000, 5])
    expect(window(10, NOW + 10_000)).toEqual(['12:30:10.000', 10_000, 5])
    // A minute of a second.
    expect(window(60, NOW + 500, 1_000)).toEqual(['12:30:04.000', 1_000, 5])
    expect(window(300, NOW + 1_000, 1_000)).toEqual(['12:30:05.000', 5_000, 5])
    expect(window(10, NOW + 1_000, 1_000)).toEqual(['12:30:05.000', 1_000, 5])
  })

  it('is looked at once a minute, every ten seconds, or once an hour when it is about days', () => {
    const next = (Period: number, EvaluationPeriods: number, minuteMs = MINUTE) =>
      nextLookOf({ Period, EvaluationPeriods }, minuteMs, NOW) - NOW
    expect(next(3_600, 24)).toBe(MINUTE)
    expect(next(60, 1)).toBe(MINUTE)
    expect(next(30, 3)).toBe(10_000)
    expect(next(3_600, 25)).toBe(30 * MINUTE)
    expect(next(60, 3, 1_000)).toBe(1_000)
    expect(nextLookOf({ Period: 60, EvaluationPeriods: 1 }, MINUTE, NOW - 1)).toBe(NOW)
  })
})

describe('a state is told', () => {
  it('with the points that made it, as CloudWatch tells it', async () => {
    const { found, data } = await look(metricAlarm('a'), [1, 2, 6, 7.25, 1e7])
    expect(found).toMatchObject({
      value: 'ALARM',
      reason:
        'Threshold Crossed: 3 out of the last 3 datapoints [1.0E7 (23/11/26 12:29:00), 7.25 (23/11/26 12:28:00), 6.0 (23/11/26 12:27:00)] were greater than the threshold (5.0) (minimum 3 datapoints for OK -> ALARM transition).',
    })
    expect(data).toEqual({
      version: '1.0',
      queryDate: '2026-11-23T12:30:06.000+0000',
      startDate: '2026-11-23T12:27:00.000+0000',
      statistic: 'Sum',
      period: 60,
      recentDatapoints: [6, 7.25, 1e7],
      threshold: 5,
      evaluatedDatapoints: [
        { timestamp: '2026-11-23T12:29:00.000+0000', value: 1e7 },
        { timestamp: '2026-11-23T12:28:00.000+0000', value: 7.25 },
        { timestamp: '2026-11-23T12:27:00.000+0000', value: 6 },
      ],
    })
  })

  it.each([
    ['GreaterThanThreshold', 5, 'OK'],
    ['GreaterThanOrEqualToThreshold', 5, 'ALARM'],
    ['LessThanThreshold', 5, 'OK'],
    ['LessThanThreshold', 4, 'ALARM'],
    ['LessThanOrEqualToThreshold', 5, 'ALARM'],
  ] as const)('%s of %d: %s', async (ComparisonOperator, value, state) => {
    const definition = metricAlarm('a', { ComparisonOperator, EvaluationPeriods: 1 })
    expect((await look(definition, [0, 0, value])).found?.value).toBe(state)
  })

  it('with what missing points were taken for', async () => {
    const nothing: undefined[] = []
    const one = { EvaluationPeriods: 1 }
    const reason = async (over: Partial<MetricAlarmDefinition>) =>
      (await look(metricAlarm('a', { ...one, ...over }), nothing)).found?.reason
    expect(await reason({})).toBe('Insufficient Data: 1 datapoint was unknown.')
    expect(await reason({ EvaluationPeriods: 5 })).toBe('Insufficient Data: 5 datapoints were unknown.')
    expect(await reason({ TreatMissingData: 'breaching' })).toBe(
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching].',
    )
    expect(await reason({ TreatMissingData: 'notBreaching' })).toMatch(/treated as \[NonBreaching\]\.$/)
    expect(await reason({ TreatMissingData: 'ignore' })).toBeUndefined()
    expect(await reason({ Namespace: 'AWS/DynamoDB' })).toBeUndefined()
    expect(await reason({ Namespace: 'AWS/DynamoDB', TreatMissingData: 'missing' })).toMatch(/unknown/)
  })

  it('not at all where a percentile is of too few samples', async () => {
    const of = (ExtendedStatistic: string, samples: number, EvaluateLowSampleCountPercentile?: string) =>
      look(
        metricAlarm('a', {
          Statistic: undefined,
          ExtendedStatistic,
          EvaluationPeriods: 2,
          ...(EvaluateLowSampleCountPercentile && { EvaluateLowSampleCountPercentile }),
        }),
        [9, 9, 9, 9],
        { samples },
      ).then(({ found }) => found?.value)
    // Of p99 1,000 samples are needed, of two periods.
    expect(await of('p99', 499, 'ignore')).toBeUndefined()
    expect(await of('p99', 501, 'ignore')).toBe('ALARM')
    expect(await of('p99', 3)).toBe('ALARM')
    expect(await of('p10', 49, 'ignore')).toBeUndefined()
    expect(await of('p10', 50, 'ignore')).toBe('ALARM')
  })

  it('by an expression over metrics', async () => {
    const metric = (Id: string, MetricName: string) => ({
      Id,
      MetricStat: { Metric: { Namespace: 'App', MetricName }, Period: 60, Stat: 'Sum' },
      ReturnData: false,
    })
    const definition = metricAlarm('a', {
      MetricName: undefined,
      Namespace: undefined,
      Statistic: undefined,
      EvaluationPeriods: 2,
      Metrics: [
        metric('errors', 'Errors'),
        metric('calls', 'Calls'),
        { Id: 'rate', Expression: '100 * errors / calls', Label: 'error rate', ReturnData: true },
      ],
    })
    const { found, asked } = await look(definition, [1, 1, 6, 7])
    expect(asked.map(({ metric: name }) => name)).toEqual(['Errors', 'Calls'])
    expect(found?.reason).toMatch(
      /^Threshold Crossed: 2 out of the last 2 datapoints \[7\.0 .*, 6\.0 .*\] were greater/,
    )
  })
})
