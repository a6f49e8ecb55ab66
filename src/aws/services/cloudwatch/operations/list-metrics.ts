import { dimensionList } from '../../../../observability/metrics/dimensions.ts'
import { listSeries } from '../../../../observability/metrics/read-series.ts'
import { readPageMarker } from '../../../../records/page-marker.ts'
import { takePage } from '../../../../records/take-page.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { invalidValue } from '../refusals.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
export const listMetricsOperations = {
  async ListMetrics(input, call) {
    const { Namespace, MetricName, Dimensions, NextToken, RecentlyActive } = input
    const list = `metrics ${JSON.stringify([Namespace, MetricName, Dimensions, RecentlyActive])}`
    const position = NextToken === undefined ? [''] : readPageMarker(list, NextToken)
    if (!position) throw invalidValue('Request parameter NextToken is invalid')
    const filter = {
      namespace: Namespace,
      metric: MetricName,
      dimensions: Dimensions?.map(({ Name, Value }) => ({ name: Name!, value: Value })),
      since: call.platform.clock() - (RecentlyActive ? LIMITS.recentMs : LIMITS.listedForMs),
    }
    const found = await listSeries(
      call.platform.env,
      accountOf(call),
      filter,
      position[0]!,
      LIMITS.metricsPerPage + 1,
    )
    const { items, next } = await takePage(list, found, LIMITS.metricsPerPage, ({ key }) => [key])
    return {
      Metrics: items.map(({ namespace, metric, dimensions }) => ({
        Namespace: namespace,
        MetricName: metric,
        Dimensions: dimensionList(dimensions),
      })),
      NextToken: next,
    }
  },
} satisfies CloudWatchHandlers
