import type { AlarmHistoryItem, AlarmType, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch'
import type { Account } from '../../../../lib/account.ts'
import {
  type AlarmDefinition,
  type AlarmRecord,
  alarmArn,
  type CompositeAlarmDefinition,
  type MetricAlarmDefinition,
} from '../../../../observability/alarms/alarm.ts'
import { nameOf } from '../../../../observability/alarms/dependencies.ts'
import type { AlarmQuery } from '../../../../observability/alarms/describe-alarms.ts'
import type { PlacedItem } from '../../../../observability/alarms/read-history.ts'
import { alarmWatch } from '../../../../observability/alarms/watch-calls.ts'
import { dimensionsOf } from '../../../../observability/metrics/dimensions.ts'
import { readPageMarker, writePageMarker } from '../../../../records/page-marker.ts'
import { takePage } from '../../../../records/take-page.ts'
import type { InputOf } from '../../../wire/service.ts'
import { invalidNextToken, noSuchAlarm } from '../alarm-refusals.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'
import { invalidCombination, validationError } from '../refusals.ts'

/** A page, unless fewer are asked for. */
const PAGE = 100

/** "If you omit this parameter, only metric alarms are returned, even if composite alarms exist in the account." */
const typesOf = (asked: readonly AlarmType[] = ['MetricAlarm']): AlarmDefinition['type'][] =>
  asked.map(type => (type === 'MetricAlarm' ? 'metric' : 'composite'))

export const alarmDescribeOperations = {
  async DescribeAlarms(input, call) {
    const account = accountOf(call)
    const query = queryOf(input)
    const list = listOf('alarms', query)
    const [after] = positionOf(list, input.NextToken)
    const limit = input.MaxRecords ?? PAGE
    const { alarms, more } = await alarmWatch(call.platform.env, account).describe({ ...query, after, limit })
    const [metric, composite] = isFamily(input) ? [briefly, briefly] : [describedMetric, describedComposite]
    return {
      MetricAlarms: alarms.flatMap(record =>
        record.definition.type === 'metric' ? [metric(account, record, record.definition)] : [],
      ),
      CompositeAlarms: alarms.flatMap(record =>
        record.definition.type === 'composite' ? [composite(account, record, record.definition)] : [],
      ),
      NextToken: more ? writePageMarker(list, alarms.at(-1)!.definition.AlarmName) : undefined,
    }
  },

  async DescribeAlarmsForMetric(input, call) {
    const account = accountOf(call)
    const { Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic, Period, Unit } = input
    const onMetric = {
      namespace: Namespace,
      metric: MetricName,
      dimensions: dimensionsOf(Dimensions),
      statistic: Statistic ?? ExtendedStatistic,
      period: Period,
      unit: Unit,
    }
    const watch = alarmWatch(call.platform.env, account)
    const { alarms } = await watch.describe({ onMetric, limit: Number.MAX_SAFE_INTEGER })
    return {
      MetricAlarms: alarms.map(record =>
        describedMetric(account, record, record.definition as MetricAlarmDefinition),
      ),
    }
  },

  async DescribeAlarmHistory(input, call) {
    const { AlarmName, AlarmTypes, HistoryItemType, StartDate, EndDate, ScanBy } = input
    if (StartDate && EndDate && StartDate > EndDate) {
      throw validationError('The parameter StartDate must be before the parameter EndDate')
    }
    const query = {
      alarm: AlarmName,
      types: typesOf(AlarmTypes),
      kind: HistoryItemType,
      from: StartDate?.getTime(),
      until: EndDate?.getTime(),
      order: ScanBy === 'TimestampAscending' ? ('ascending' as const) : ('descending' as const),
    }
    const list = listOf('alarm history', query)
    const [at, number] = positionOf(list, input.NextToken)
    const limit = input.MaxRecords ?? PAGE
    const found = await alarmWatch(call.platform.env, accountOf(call)).history({
      ...query,
      after: at === undefined ? undefined : { at: Number(at), number: Number(number) },
      limit: limit + 1,
    })
    const { items, next } = await takePage(list, found, limit, item => [String(item.at), String(item.number)])
    return { AlarmHistoryItems: items.map(describedItem), NextToken: next }
  },

  /** Contributors are series of Metrics Insights queries, which no alarm is on here. */
  async DescribeAlarmContributors({ AlarmName }, call) {
    const watch = alarmWatch(call.platform.env, accountOf(call))
    if ((await watch.statuses([AlarmName])).length === 0) throw noSuchAlarm(AlarmName)
    return { AlarmContributors: [] }
  },
} satisfies CloudWatchHandlers

type Input = InputOf<import('@aws-sdk/client-cloudwatch').CloudWatch['describeAlarms']>

/** Members that may stand beside `ChildrenOfAlarmName` and `ParentsOfAlarmName`. */
const OF_PAGES = ['MaxRecords', 'NextToken']

function queryOf(input: Input): Omit<AlarmQuery, 'after' | 'limit'> {
  const { AlarmNames, AlarmNamePrefix, ChildrenOfAlarmName, ParentsOfAlarmName } = input
  if (AlarmNames && AlarmNamePrefix !== undefined) {
    throw invalidCombination('AlarmNamePrefix and AlarmNames may not be specified together')
  }
  for (const member of ['ChildrenOfAlarmName', 'ParentsOfAlarmName'] as const) {
    const given = Object.entries(input).filter(([key, value]) => value !== undefined && key !== member)
    if (input[member] !== undefined && given.some(([key]) => !OF_PAGES.includes(key))) {
      throw invalidCombination(`Beside ${member} only MaxRecords and NextToken may be specified`)
    }
  }
  return {
    names: AlarmNames,
    prefix: AlarmNamePrefix,
    types: isFamily(input) ? undefined : typesOf(input.AlarmTypes),
    childrenOf: ChildrenOfAlarmName && nameOf(ChildrenOfAlarmName),
    parentsOf: ParentsOfAlarmName && nameOf(ParentsOfAlarmName),
    state: input.StateValue,
    actionPrefix: input.ActionPrefix,
  }
}

const isFamily = ({ ChildrenOfAlarmName, ParentsOfAlarmName }: Input): boolean =>
  ChildrenOfAlarmName !== undefined || ParentsOfAlarmName !== undefined

const listOf = (what: string, query: object): string => `${what} ${JSON.stringify(query)}`

function positionOf(list: string, token: string | undefined): readonly string[] {
  const position = token === undefined ? [] : readPageMarker(list, token)
  if (!position) throw invalidNextToken()
  return position
}

/** Of children and parents only this much is told. */
const briefly = (account: Account, { definition: { AlarmName }, state }: AlarmRecord) => ({
  AlarmName,
  AlarmArn: alarmArn(account, AlarmName),
  StateValue: state.value,
  StateUpdatedTimestamp: new Date(state.updated),
})

function described(account: Account, record: AlarmRecord) {
  const { definition, state, configured } = record
  return {
    ...briefly(account, record),
    AlarmDescription: definition.AlarmDescription,
    AlarmConfigurationUpdatedTimestamp: new Date(configured),
    ActionsEnabled: definition.ActionsEnabled,
    OKActions: [...definition.OKActions],
    AlarmActions: [...definition.AlarmActions],
    InsufficientDataActions: [...definition.InsufficientDataActions],
    StateReason: state.reason,
    StateReasonData: state.reasonData,
    StateTransitionedTimestamp: new Date(state.since),
  }
}

function describedMetric(
  account: Account,
  record: AlarmRecord,
  definition: MetricAlarmDefinition,
): MetricAlarm {
  const { Metrics, Period } = definition
  return {
    ...described(account, record),
    ...(Metrics
      ? { Metrics }
      : {
          MetricName: definition.MetricName,
          Namespace: definition.Namespace,
          Statistic: definition.Statistic,
          ExtendedStatistic: definition.ExtendedStatistic,
          Dimensions: definition.Dimensions ?? [],
          Period,
          Unit: definition.Unit,
        }),
    EvaluationPeriods: definition.EvaluationPeriods,
    DatapointsToAlarm: definition.DatapointsToAlarm,
    Threshold: definition.Threshold,
    ComparisonOperator: definition.ComparisonOperator,
    TreatMissingData: definition.TreatMissingData,
    EvaluateLowSampleCountPercentile: definition.EvaluateLowSampleCountPercentile,
  }
}

function describedComposite(
  account: Account,
  record: AlarmRecord,
  definition: CompositeAlarmDefinition,
): CompositeAlarm {
  const by = record.suppression?.by
  return {
    ...described(account, record),
    AlarmRule: definition.AlarmRule,
    ActionsSuppressor: definition.ActionsSuppressor,
    ActionsSuppressorWaitPeriod: definition.ActionsSuppressorWaitPeriod,
    ActionsSuppressorExtensionPeriod: definition.ActionsSuppressorExtensionPeriod,
    ActionsSuppressedBy: by,
    ActionsSuppressedReason: by && `Actions suppressed by ${by}`,
  }
}

const describedItem = ({ alarm, type, at, kind, summary, data }: PlacedItem): AlarmHistoryItem => ({
  AlarmName: alarm,
  AlarmType: type === 'metric' ? 'MetricAlarm' : 'CompositeAlarm',
  Timestamp: new Date(at),
  HistoryItemType: kind,
  HistorySummary: summary,
  HistoryData: data,
})
