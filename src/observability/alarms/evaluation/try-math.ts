import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { evaluateMetricData, readsOf } from '../../metrics/math/evaluate.ts'
import { MathRefusal } from '../../metrics/math/metric-data.ts'
import { dataQuery } from './data-queries.ts'

const MINUTE_MS = 60_000

/** Why an alarm cannot be on these metrics and expressions; they are tried out on no data at all. */
export function troubleOfMath(metrics: readonly MetricDataQuery[]): string | undefined {
  const window = { from: 0, to: 5 * MINUTE_MS, secondMs: 1_000 }
  const queries = metrics.map(query => dataQuery(query, MINUTE_MS))
  const points = new Map(readsOf(queries, window).map(({ id }) => [id, []]))
  try {
    const series = evaluateMetricData(queries, points, window)
    return series.length > 1 ? 'the expression must be a single time series' : undefined
  } catch (error) {
    if (error instanceof MathRefusal) return error.message
    throw error
  }
}
