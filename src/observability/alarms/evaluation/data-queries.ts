import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { type DataQuery, queriedMetric } from '../../metrics/math/metric-data.ts'
import type { MetricAlarmDefinition } from '../alarm.ts'
import type { AlarmWindow } from './alarm-window.ts'
import { percentileOf } from './find-state.ts'

/** What an alarm has to know: the series that it watches first, and then, where that matters, how many samples it is of. */
export function queriesOf(definition: MetricAlarmDefinition, { periodMs }: AlarmWindow): DataQuery[] {
  const { Metrics, Unit, Statistic, ExtendedStatistic } = definition
  if (Metrics?.length) return Metrics.map(query => dataQuery(query, periodMs))
  const metric = queriedMetric({ Metric: definition, Stat: Statistic ?? ExtendedStatistic, Unit }, periodMs)
  const watched: DataQuery = {
    id: 'watched',
    returnData: true,
    metric,
  }
  return wantsSamples(definition)
    ? [watched, { id: 'samples', returnData: true, metric: { ...metric, statistic: 'SampleCount' } }]
    : [watched]
}

export const wantsSamples = ({ Metrics, ExtendedStatistic }: MetricAlarmDefinition): boolean =>
  !Metrics?.length && percentileOf(ExtendedStatistic) !== undefined

/** "ReturnData ... in an alarm ... must be true for exactly one." Where there is but one query, it need not say so. */
function dataQuery(
  { Id, Label, Expression, MetricStat, ReturnData }: MetricDataQuery,
  periodMs: number,
): DataQuery {
  return {
    id: Id!,
    label: Label,
    returnData: ReturnData !== false,
    expression: Expression,
    periodMs,
    metric: MetricStat && queriedMetric(MetricStat, periodMs),
  }
}
