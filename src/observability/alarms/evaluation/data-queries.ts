import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { dimensionsOf } from '../../metrics/dimensions.ts'
import type { DataQuery } from '../../metrics/math/metric-data.ts'
import type { MetricAlarmDefinition } from '../alarm.ts'
import type { AlarmWindow } from './alarm-window.ts'
import { percentileOf } from './find-state.ts'

/** What an alarm has to know: the series that it watches first, and then, where that matters, how many samples it is of. */
export function queriesOf(definition: MetricAlarmDefinition, { periodMs }: AlarmWindow): DataQuery[] {
  const { Metrics, Namespace, MetricName, Dimensions, Unit, Statistic, ExtendedStatistic } = definition
  if (Metrics?.length) return Metrics.map(query => dataQuery(query, periodMs))
  const series = {
    namespace: Namespace!,
    metric: MetricName!,
    dimensions: dimensionsOf(Dimensions),
  }
  const metric = { series, unit: Unit, periodMs }
  const watched: DataQuery = {
    id: 'watched',
    returnData: true,
    metric: { ...metric, statistic: Statistic ?? ExtendedStatistic! },
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
  const { Metric, Stat, Unit } = MetricStat ?? {}
  return {
    id: Id!,
    label: Label,
    returnData: ReturnData !== false,
    expression: Expression,
    periodMs,
    metric: MetricStat && {
      series: {
        namespace: Metric!.Namespace!,
        metric: Metric!.MetricName!,
        dimensions: dimensionsOf(Metric!.Dimensions),
      },
      statistic: Stat!,
      unit: Unit,
      periodMs,
    },
  }
}
