import type { MetricDataResult } from '@aws-sdk/client-cloudwatch'
import type { Env } from '../../../../env.ts'
import type { Account } from '../../../../lib/account.ts'
import { dynamicLabel } from '../../../../observability/metrics/math/dynamic-label.ts'
import { evaluateMetricData, readsOf } from '../../../../observability/metrics/math/evaluate.ts'
import type { TimeSeries } from '../../../../observability/metrics/math/math-value.ts'
import type { DataQuery, DataSeries } from '../../../../observability/metrics/math/metric-data.ts'
import { type SearchCall, searchesOf } from '../../../../observability/metrics/math/search-calls.ts'
import { readSearch } from '../../../../observability/metrics/math/search-metrics.ts'
import type { MetricSeries, SeriesQuery } from '../../../../observability/metrics/metric-series.ts'
import { listSeries, readSeries } from '../../../../observability/metrics/read-series.ts'
import { statisticOf } from '../../../../observability/metrics/statistic.ts'
import { readPageMarker, writePageMarker } from '../../../../records/page-marker.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'
import { dataQueriesOf, sayingWhy } from '../data-queries.ts'
import { LIMITS } from '../limits.ts'
import { rangeBegin } from '../periods.ts'
import { invalidValue, validationError } from '../refusals.ts'

interface Range {
  readonly from: number
  readonly to: number
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
export const getMetricDataOperations = {
  async GetMetricData(input, call) {
    const { StartTime, EndTime, NextToken, ScanBy, MaxDatapoints, LabelOptions } = input
    const { env, clock } = call.platform
    const account = accountOf(call)
    const offset = offsetOf(LabelOptions?.Timezone)
    const queries = dataQueriesOf(input.MetricDataQueries)
    const [start, to] = [StartTime.getTime(), EndTime.getTime()]
    if (start > to) throw validationError('The parameter EndTime must be greater than StartTime.')
    if (start === to) throw validationError('The parameter StartTime must not equal parameter EndTime.')
    const most = Math.min(MaxDatapoints || LIMITS.dataPoints, LIMITS.dataPoints)
    const periods = queries.flatMap(({ metric, periodMs }) => metric?.periodMs ?? periodMs ?? [])
    const from = rangeBegin(start, Math.min(60_000, ...periods), clock())
    const asked = queries.flatMap(({ metric }) => metric?.periodMs ?? [])
    checkPoints(asked, { from, to })

    const position = positionOf(NextToken)
    const series = await dataOf(env, account, queries, { from, to })
    const byId = new Map(queries.map(query => [query.id, query]))
    const labelled = series.map(each => {
      const { metric } = byId.get(each.id)!
      const context = { points: each.points, account, period: each.periodMs / 1000, offset }
      return {
        ...each,
        label: dynamicLabel(each.label, {
          ...context,
          ...(metric && { series: metric.series, statistic: metric.statistic }),
        }),
      }
    })
    const { results, next } = pageOf(labelled, position, most, ScanBy === 'TimestampAscending')
    return { MetricDataResults: results, Messages: [], NextToken: next && writePageMarker(LIST, ...next) }
  },
} satisfies CloudWatchHandlers

const LIST = 'metric data'

/** Where a page begins: a series, and how many of its points came before. */
function positionOf(token: string | undefined): readonly [series: number, point: number] {
  if (token === undefined) return [0, 0]
  const [series, point] = (readPageMarker(LIST, token) ?? []).map(Number)
  const isPlace = (at: number | undefined) => Number.isSafeInteger(at) && at! >= 0
  if (!isPlace(series) || !isPlace(point)) throw invalidValue('Request parameter NextToken is invalid')
  return [series!, point!]
}

/** @param periods of all series that are to be read */
function checkPoints(periods: readonly number[], { from, to }: Range): void {
  const asked = periods.reduce((sum, periodMs) => sum + Math.ceil((to - from) / periodMs), 0)
  if (asked > MOST_READ)
    throw validationError(
      `You have requested up to ${asked} datapoints, which exceeds the limit of ${MOST_READ}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    )
}

/** Points of all metrics of a request: what an isolate can well hold. CloudWatch has no such limit, but pages. */
const MOST_READ = 500_000

async function dataOf(
  env: Env,
  account: Account,
  queries: readonly DataQuery[],
  range: Range,
): Promise<DataSeries[]> {
  const searches = sayingWhy(() => searchesOf(queries, 1000))
  if (searches.length > LIMITS.searches)
    throw validationError(`A request has at most ${LIMITS.searches} different searches.`)
  const found = await Promise.all(searches.map(search => metricsFound(env, account, search, range)))
  const own = readsOf(queries, range)
  const further = found.flatMap((metrics, i) =>
    metrics.map(metric => searchQuery(searches[i]!, metric, range)),
  )
  const read = [...own.map(({ query }) => query), ...further]
  checkPoints(
    read.map(({ periodMs }) => periodMs),
    range,
  )
  const points = await readSeries(env)(account, read)
  const byId = new Map(own.map(({ id }, i) => [id, points[i]!]))
  let next = own.length
  const byKey = new Map<string, TimeSeries[]>()
  for (const [i, metrics] of found.entries()) {
    const { key, periodMs } = searches[i]!
    byKey.set(
      key,
      metrics.map(metric => ({ label: labelOf(metric), periodMs, points: points[next++]! })),
    )
  }
  return sayingWhy(() =>
    evaluateMetricData(queries, byId, { ...range, secondMs: 1000 }, key => byKey.get(key)),
  )
}

const searchQuery = (
  { statistic, periodMs }: SearchCall,
  metric: MetricSeries,
  range: Range,
): SeriesQuery => ({
  namespace: metric.namespace,
  metric: metric.metric,
  dimensions: metric.dimensions,
  ...range,
  periodMs,
  statistic,
})

/** A search looks among metrics that have data in the two weeks before the end of its time range. */
async function metricsFound(
  env: Env,
  account: Account,
  { search, statistic }: SearchCall,
  { to }: Range,
): Promise<MetricSeries[]> {
  if (!statisticOf(statistic)) throw validationError(`The value ${statistic} is not a statistic.`)
  const { namespace, finds } = sayingWhy(() => readSearch(search))
  const filter = { ...(namespace !== undefined && { namespace }), since: to - LIMITS.listedForMs }
  const found: MetricSeries[] = []
  for (let after = ''; ; ) {
    const page = await listSeries(env, account, filter, after, PAGE)
    found.push(...page.filter(metric => finds(metric)))
    if (page.length < PAGE || found.length >= LIMITS.searched) return found.slice(0, LIMITS.searched)
    after = page.at(-1)!.key
  }
}

const PAGE = 5_000

const labelOf = ({ metric, dimensions }: MetricSeries): string =>
  [...Object.values(dimensions), metric].join(' ')

function pageOf(
  all: readonly DataSeries[],
  [firstSeries, firstPoint]: readonly [number, number],
  most: number,
  ascending: boolean,
): { results: MetricDataResult[]; next?: readonly [string, string] } {
  const results: MetricDataResult[] = []
  let room = most
  for (let i = firstSeries; i < all.length; i++) {
    const { id, label, points } = all[i]!
    const skipped = i === firstSeries ? firstPoint : 0
    const ordered = ascending ? points : points.toReversed()
    const taken = ordered.slice(skipped, skipped + room)
    const isWhole = skipped + taken.length === points.length
    results.push({
      Id: id,
      Label: label,
      Timestamps: taken.map(({ at }) => new Date(at)),
      Values: taken.map(({ value }) => value),
      StatusCode: isWhole ? 'Complete' : 'PartialData',
    })
    room -= taken.length
    if (!isWhole) return { results, next: [String(i), String(skipped + taken.length)] }
    if (room === 0 && i + 1 < all.length) return { results, next: [String(i + 1), '0'] }
  }
  return { results }
}

/** Minutes of `+0130`. */
function offsetOf(timezone = '+0000'): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2})(\d{2})$/.exec(timezone) ?? []
  if (sign === undefined)
    throw validationError(
      `The value ${timezone} for parameter LabelOptions.Timezone is not of the form +0130.`,
    )
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
