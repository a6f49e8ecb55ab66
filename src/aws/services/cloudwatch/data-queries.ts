import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { checkMetricData } from '../../../observability/metrics/math/evaluate.ts'
import {
  type DataQuery,
  MathRefusal,
  queriedMetric,
} from '../../../observability/metrics/math/metric-data.ts'
import { statisticOf } from '../../../observability/metrics/statistic.ts'
import { LIMITS } from './limits.ts'
import { checkedPeriod } from './periods.ts'
import { validationError } from './refusals.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html */
const ID = /^[a-z][A-Za-z0-9_]{0,254}$/

/** The queries of a request, checked. */
export function dataQueriesOf(queries: readonly MetricDataQuery[]): DataQuery[] {
  if (queries.length === 0 || queries.length > LIMITS.queries)
    throw validationError(`The collection MetricDataQueries must have a size of 1 to ${LIMITS.queries}.`)
  const read = queries.map((query, i) => dataQueryOf(query, `MetricDataQueries.member.${i + 1}`))
  if (!read.some(({ returnData }) => returnData))
    throw validationError(
      'At least one of the elements of MetricDataQueries must have ReturnData set to true.',
    )
  sayingWhy(() => checkMetricData(read, () => []))
  return read
}

/** What metric math refuses, in the service's words. */
export function sayingWhy<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof MathRefusal ? validationError(error.message) : error
  }
}

function dataQueryOf(query: MetricDataQuery, where: string): DataQuery {
  const { Id, Label, ReturnData, MetricStat, Expression, Period } = query
  if (!ID.test(Id!))
    throw validationError(
      `The value ${Id} for parameter ${where}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
    )
  const shared = { id: Id!, returnData: ReturnData ?? true, ...(Label && { label: Label }) }
  if (Expression !== undefined && MetricStat)
    throw validationError(
      `The parameters ${where}.Expression and ${where}.MetricStat are mutually exclusive and you have specified both.`,
    )
  if (Expression !== undefined) {
    if (/^\s*SELECT\s/i.test(Expression))
      throw validationError(`Error in expression '${Id}': Weir does not support Metrics Insights queries`)
    return { ...shared, expression: Expression, ...(Period && { periodMs: checkedPeriod(Period) * 1000 }) }
  }
  if (!MetricStat)
    throw validationError(`The parameter ${where} must have either an Expression or a MetricStat.`)
  const { Metric, Period: period, Stat } = MetricStat
  for (const name of ['Namespace', 'MetricName'] as const)
    if (Metric![name] === undefined)
      throw validationError(`The parameter ${where}.MetricStat.Metric.${name} is required.`)
  if (!statisticOf(Stat!))
    throw validationError(`The value ${Stat} for parameter ${where}.MetricStat.Stat is not supported.`)
  return { ...shared, metric: queriedMetric(MetricStat, checkedPeriod(period!) * 1000) }
}
