import type { Dimension, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { Account } from '../../../lib/account.ts'
import { memberAt } from '../../../lib/json-object.ts'
import { alarmArn, type MetricAlarmDefinition } from '../alarm.ts'
import type { AlarmChange } from '../alarm-effects.ts'
import { awsTime } from '../aws-times.ts'
import { regionName } from './region-name.ts'

/** "Subject ... must be ... up to 100 characters": of a longer name the subject has the beginning. */
const LONGEST_SUBJECT = 100

/** What a topic is told of an alarm: `ALARM: "name" in US East (N. Virginia)`, and the change as JSON. */
export function topicNotification(
  account: Account,
  change: AlarmChange,
): { readonly subject: string; readonly message: string } {
  const { definition, before, after } = change
  const region = regionName(account.region)
  const rest = `" in ${region}`
  const head = `${after.value}: "${definition.AlarmName}`
  return {
    // Names may have letters that a subject may not.
    subject: `${head.slice(0, LONGEST_SUBJECT - rest.length)}${rest}`.replaceAll(/[^\x20-\x7e]/g, '?'),
    message: JSON.stringify({
      AlarmName: definition.AlarmName,
      AlarmDescription: definition.AlarmDescription ?? null,
      AWSAccountId: account.id,
      AlarmConfigurationUpdatedTimestamp: awsTime(change.configured),
      NewStateValue: after.value,
      NewStateReason: after.reason,
      StateChangeTime: awsTime(after.since),
      Region: region,
      AlarmArn: alarmArn(account, definition.AlarmName),
      OldStateValue: before.value,
      OKActions: definition.OKActions,
      AlarmActions: definition.AlarmActions,
      InsufficientDataActions: definition.InsufficientDataActions,
      ...(definition.type === 'metric'
        ? { Trigger: triggerOf(definition) }
        : { AlarmRule: definition.AlarmRule, TriggeringChildren: childrenOf(after.reasonData) }),
    }),
  }
}

function triggerOf(definition: MetricAlarmDefinition): Record<string, unknown> {
  const { Metrics, MetricName, Namespace, Statistic, ExtendedStatistic, Unit, Dimensions } = definition
  const rules = {
    Period: definition.Period,
    EvaluationPeriods: definition.EvaluationPeriods,
    ...(definition.DatapointsToAlarm !== undefined && { DatapointsToAlarm: definition.DatapointsToAlarm }),
    ComparisonOperator: definition.ComparisonOperator,
    Threshold: definition.Threshold,
    TreatMissingData: definition.TreatMissingData ?? '',
    EvaluateLowSampleCountPercentile: definition.EvaluateLowSampleCountPercentile ?? '',
  }
  if (Metrics?.length) return { ...rules, Metrics: Metrics.map(queryOf) }
  return {
    MetricName,
    Namespace,
    ...(Statistic === undefined
      ? { StatisticType: 'ExtendedStatistic', ExtendedStatistic }
      : { StatisticType: 'Statistic', Statistic: STATISTICS[Statistic] }),
    Unit: Unit ?? null,
    Dimensions: namedDimensions(Dimensions),
    ...rules,
  }
}

/** Messages have these in capitals. */
const STATISTICS = {
  SampleCount: 'SAMPLE_COUNT',
  Average: 'AVERAGE',
  Sum: 'SUM',
  Minimum: 'MINIMUM',
  Maximum: 'MAXIMUM',
} as const

const queryOf = ({ Id, Label, Expression, MetricStat, ReturnData, Period }: MetricDataQuery) => ({
  Id,
  ...(Label !== undefined && { Label }),
  ...(Expression !== undefined && { Expression, ...(Period !== undefined && { Period }) }),
  ...(MetricStat && {
    MetricStat: {
      Metric: {
        Dimensions: namedDimensions(MetricStat.Metric?.Dimensions),
        MetricName: MetricStat.Metric?.MetricName,
        Namespace: MetricStat.Metric?.Namespace,
      },
      Period: MetricStat.Period,
      Stat: MetricStat.Stat,
      ...(MetricStat.Unit !== undefined && { Unit: MetricStat.Unit }),
    },
  }),
  ReturnData: ReturnData !== false,
})

const namedDimensions = (dimensions: readonly Dimension[] = []) =>
  dimensions.map(({ Name, Value }) => ({ value: Value, name: Name }))

/** The reason of a composite alarm's state names them in its own form; one that was set by hand may be any JSON. */
function childrenOf(reasonData = '{}') {
  const children = memberAt(JSON.parse(reasonData), ['triggeringAlarms'])
  if (!Array.isArray(children)) return []
  return children.map((child: unknown) => ({
    Arn: memberAt(child, ['arn']),
    State: { Value: memberAt(child, ['state', 'value']), Timestamp: memberAt(child, ['state', 'timestamp']) },
  }))
}
