import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { Account } from '../../../lib/account.ts'
import { dimensionsOf } from '../../metrics/dimensions.ts'
import {
  alarmArn,
  type CompositeAlarmDefinition,
  type MetricAlarmDefinition,
  type StateRecord,
} from '../alarm.ts'
import type { AlarmChange } from '../alarm-effects.ts'
import { awsTime } from '../aws-times.ts'

/**
 * The event of a function that is called by an alarm.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 */
export function functionEvent(account: Account, change: AlarmChange): Record<string, unknown> {
  const { definition, before, after, suppressed } = change
  return {
    source: 'aws.cloudwatch',
    alarmArn: alarmArn(account, definition.AlarmName),
    accountId: account.id,
    time: awsTime(after.updated),
    region: account.region,
    alarmData: {
      alarmName: definition.AlarmName,
      state: stateOf(after),
      previousState: {
        ...stateOf(before),
        ...(suppressed && {
          actionsSuppressedBy: suppressed,
          actionsSuppressedReason: `Actions suppressed by ${suppressed}`,
        }),
      },
      configuration:
        definition.type === 'metric' ? metricConfiguration(definition) : compositeConfiguration(definition),
    },
  }
}

const stateOf = ({ value, reason, reasonData, updated }: StateRecord) => ({
  value,
  reason,
  ...(reasonData !== undefined && { reasonData }),
  timestamp: awsTime(updated),
})

const metricConfiguration = (definition: MetricAlarmDefinition) => ({
  ...(definition.AlarmDescription !== undefined && { description: definition.AlarmDescription }),
  metrics: definition.Metrics?.length ? definition.Metrics.map(queryOf) : [watchedQuery(definition)],
})

const watchedQuery = (definition: MetricAlarmDefinition) =>
  queryOf({
    // AWS makes one up where the alarm is on a metric alone.
    Id: 'm1',
    MetricStat: {
      Metric: definition,
      Period: definition.Period,
      Stat: definition.Statistic ?? definition.ExtendedStatistic,
      Unit: definition.Unit,
    },
    ReturnData: true,
  })

const queryOf = ({ Id, Label, Expression, MetricStat, ReturnData, Period }: MetricDataQuery) => ({
  id: Id,
  ...(Label !== undefined && { label: Label }),
  ...(Expression !== undefined && {
    expression: Expression,
    ...(Period !== undefined && { period: Period }),
  }),
  ...(MetricStat && {
    metricStat: {
      metric: {
        namespace: MetricStat.Metric?.Namespace,
        name: MetricStat.Metric?.MetricName,
        dimensions: dimensionsOf(MetricStat.Metric?.Dimensions),
      },
      period: MetricStat.Period,
      stat: MetricStat.Stat,
      ...(MetricStat.Unit !== undefined && { unit: MetricStat.Unit }),
    },
  }),
  returnData: ReturnData !== false,
})

const compositeConfiguration = (definition: CompositeAlarmDefinition) => ({
  ...(definition.AlarmDescription !== undefined && { description: definition.AlarmDescription }),
  alarmRule: definition.AlarmRule,
  ...(definition.ActionsSuppressor !== undefined && {
    actionsSuppressor: definition.ActionsSuppressor,
    actionsSuppressorWaitPeriod: definition.ActionsSuppressorWaitPeriod ?? 0,
    actionsSuppressorExtensionPeriod: definition.ActionsSuppressorExtensionPeriod ?? 0,
  }),
})
