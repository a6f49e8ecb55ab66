import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { MetricAlarmDefinition } from '../../../observability/alarms/alarm.ts'
import { comparesWithThreshold } from '../../../observability/alarms/evaluation/compare.ts'
import { isTreatment } from '../../../observability/alarms/evaluation/find-state.ts'
import { troubleOfMath } from '../../../observability/alarms/evaluation/try-math.ts'
import { statisticOf } from '../../../observability/metrics/statistic.ts'
import type { InputOf } from '../../wire/service.ts'
import { commonDefinition } from './alarm-actions.ts'
import { dataQueriesOf } from './data-queries.ts'
import { invalidCombination, invalidValue, missingParameter, validationError } from './refusals.ts'

type Input = InputOf<import('@aws-sdk/client-cloudwatch').CloudWatch['putMetricAlarm']>

const DAY_S = 86_400
const WEEK_S = 7 * DAY_S
const HOUR_S = 3_600

/** "Each ... can include a maximum of 10 metrics and ... 20 elements." */
const MOST_QUERIES = 20
const MOST_METRICS = 10

/** What belongs to an alarm on one metric; one on an expression has it in its `Metrics`. */
const OF_ONE_METRIC = [
  'MetricName',
  'Namespace',
  'Dimensions',
  'Period',
  'Unit',
  'Statistic',
  'ExtendedStatistic',
] as const

const missing = (parameter: string) => missingParameter(`The parameter ${parameter} is required.`)

/**
 * What PutMetricAlarm is given, checked as its documentation says.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
export function metricAlarmOf(input: Input, region: string): MetricAlarmDefinition {
  const common = commonDefinition(input, region)
  if (input.EvaluationCriteria !== undefined || input.EvaluationInterval !== undefined) {
    throw validationError(
      'Weir does not evaluate PromQL: leave out EvaluationCriteria and EvaluationInterval',
    )
  }
  const { ComparisonOperator, EvaluationPeriods, Threshold, DatapointsToAlarm } = input
  if (EvaluationPeriods === undefined) throw missing('EvaluationPeriods')
  if (ComparisonOperator === undefined) throw missing('ComparisonOperator')
  if (!comparesWithThreshold(ComparisonOperator) || input.ThresholdMetricId !== undefined) {
    throw validationError('Weir has no models of anomalies: compare with a Threshold')
  }
  if (Threshold === undefined) throw missing('Threshold')
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods) {
    throw validationError('DatapointsToAlarm must be less than or equal to EvaluationPeriods')
  }
  const { TreatMissingData, EvaluateLowSampleCountPercentile } = input
  if (TreatMissingData !== undefined && !isTreatment(TreatMissingData)) {
    throw validationError('TreatMissingData must be one of [breaching, notBreaching, ignore, missing]')
  }
  const watched = input.Metrics === undefined ? oneMetric(input) : expression(input.Metrics, input)
  checkRange(watched.Period, EvaluationPeriods)
  return {
    type: 'metric',
    ...common,
    ...watched,
    EvaluationPeriods,
    ComparisonOperator,
    Threshold,
    ...(DatapointsToAlarm !== undefined && { DatapointsToAlarm }),
    ...(TreatMissingData !== undefined && { TreatMissingData }),
    ...(EvaluateLowSampleCountPercentile !== undefined && {
      EvaluateLowSampleCountPercentile: lowSampleRule(EvaluateLowSampleCountPercentile),
    }),
  }
}

function lowSampleRule(text: string): string {
  if (text !== 'evaluate' && text !== 'ignore') {
    throw validationError(
      `Option ${text} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.`,
    )
  }
  return text
}

type Watched = Pick<MetricAlarmDefinition, (typeof OF_ONE_METRIC)[number] | 'Metrics'>

function oneMetric(input: Input): Watched {
  const { MetricName, Namespace, Dimensions, Period, Unit, Statistic, ExtendedStatistic } = input
  if (MetricName === undefined) throw missing('MetricName')
  if (Namespace === undefined) throw missing('Namespace')
  if (Period === undefined) throw missing('Period')
  checkPeriod(Period)
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw invalidCombination('Exactly one of Statistic and ExtendedStatistic must be specified')
  }
  if (ExtendedStatistic !== undefined) checkStatistic(ExtendedStatistic)
  const names = Dimensions?.map(({ Name }) => Name) ?? []
  if (new Set(names).size < names.length) throw validationError('No dimension may be specified twice')
  return {
    MetricName,
    Namespace,
    Period,
    ...(Dimensions && { Dimensions }),
    ...(Unit !== undefined && { Unit }),
    ...(Statistic !== undefined && { Statistic }),
    ...(ExtendedStatistic !== undefined && { ExtendedStatistic }),
  }
}

function expression(queries: MetricDataQuery[], input: Input): Watched {
  const further = OF_ONE_METRIC.find(member => input[member] !== undefined)
  if (further) throw invalidCombination(`Metrics and ${further} may not be specified together`)
  const read = dataQueriesOf(queries)
  const metrics = read.flatMap(({ metric }) => metric ?? [])
  if (queries.length > MOST_QUERIES || metrics.length > MOST_METRICS) {
    throw validationError(`Metrics has at most ${MOST_QUERIES} elements, and ${MOST_METRICS} of metrics`)
  }
  if (queries.some(({ AccountId }) => AccountId !== undefined)) {
    throw validationError('An alarm watches metrics of its own account: leave out AccountId')
  }
  const periods = new Set(read.flatMap(({ metric, periodMs }) => metric?.periodMs ?? periodMs ?? []))
  if (periods.size > 1) throw validationError('Period must be consistent across all metrics')
  const [periodMs] = periods
  if (periodMs === undefined) throw missing('Period')
  checkPeriod(periodMs / 1_000)
  if (read.filter(({ returnData }) => returnData).length !== 1) {
    throw validationError('Exactly one element of the metrics list should return data.')
  }
  const trouble = troubleOfMath(read)
  if (trouble !== undefined) throw validationError(`Invalid metrics list: ${trouble}`)
  return { Metrics: queries, Period: periodMs / 1_000 }
}

function checkStatistic(name: string): void {
  if (!statisticOf(name))
    throw invalidValue(`The value ${name} for parameter ExtendedStatistic is not supported.`)
}

function checkPeriod(period: number): void {
  if (![10, 20, 30].includes(period) && period % 60 !== 0) {
    throw validationError('The parameter Period must be 10, 20, 30 or a multiple of 60.')
  }
}

function checkRange(period: number, evaluationPeriods: number): void {
  const most = period >= HOUR_S ? WEEK_S : DAY_S
  if (period * evaluationPeriods <= most) return
  throw validationError(
    `Metrics cannot be checked across more than ${most === DAY_S ? 'a day' : 'seven days'} (EvaluationPeriods * Period must be <= ${most}).`,
  )
}
