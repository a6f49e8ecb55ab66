import type { Datapoint } from '@aws-sdk/client-cloudwatch'
import { dimensionsOf } from '../../../../observability/metrics/dimensions.ts'
import { readSummaries } from '../../../../observability/metrics/read-series.ts'
import { statisticOf } from '../../../../observability/metrics/statistic.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { checkedPeriod, rangeBegin } from '../periods.ts'
import { invalidCombination, invalidValue } from '../refusals.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
export const getMetricStatisticsOperations = {
  async GetMetricStatistics(input, call) {
    const { Namespace, MetricName, Dimensions, StartTime, EndTime, Statistics, ExtendedStatistics, Unit } =
      input
    const { clock, env } = call.platform
    if (!Statistics?.length && !ExtendedStatistics?.length)
      throw invalidCombination('Must specify either Statistics or ExtendedStatistics')
    const extended = (ExtendedStatistics ?? []).map(name => {
      const statistic = statisticOf(name)
      if (!statistic)
        throw invalidValue(`The value ${name} for parameter ExtendedStatistics.member.1 is not supported.`)
      return { name, statistic }
    })
    const periodMs = checkedPeriod(input.Period) * 1000
    if (StartTime.getTime() >= EndTime.getTime())
      throw invalidValue('The parameter StartTime must be less than the parameter EndTime.')
    const from = rangeBegin(StartTime.getTime(), periodMs, clock())
    const to = EndTime.getTime()
    const points = Math.ceil((to - from) / periodMs)
    if (points > LIMITS.statisticsPoints)
      throw invalidCombination(
        `You have requested up to ${count(points)} datapoints, which exceeds the limit of ${count(LIMITS.statisticsPoints)}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
      )
    const [found] = await readSummaries(env, accountOf(call), [
      {
        namespace: Namespace,
        metric: MetricName,
        dimensions: dimensionsOf(Dimensions),
        from,
        to,
        periodMs,
        ...(Unit && { unit: Unit }),
        spread: extended.length > 0,
      },
    ])
    const Datapoints = found!.map(({ at, unit, summary }) => {
      const point: Datapoint = { Timestamp: new Date(at), Unit: unit as Datapoint['Unit'] }
      for (const name of Statistics ?? []) point[name] = statisticOf(name)!(summary)
      const values = extended.flatMap(({ name, statistic }) => {
        const value = statistic(summary)
        return value === undefined ? [] : [[name, value] as const]
      })
      if (values.length > 0) point.ExtendedStatistics = Object.fromEntries(values)
      return point
    })
    return { Label: MetricName, Datapoints }
  },
} satisfies CloudWatchHandlers

const count = (of: number): string => of.toLocaleString('en-US')
