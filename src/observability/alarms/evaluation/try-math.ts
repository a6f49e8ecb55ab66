import { evaluateMetricData } from '../../metrics/math/evaluate.ts'
import { type DataQuery, MathRefusal } from '../../metrics/math/metric-data.ts'

/** Why an alarm cannot be on these metrics and expressions; they are tried out on no data at all. */
export function troubleOfMath(queries: readonly DataQuery[]): string | undefined {
  try {
    const series = evaluateMetricData(queries, new Map(), { from: 0, to: 0, secondMs: 1_000 })
    return series.length > 1 ? 'the expression must be a single time series' : undefined
  } catch (error) {
    if (error instanceof MathRefusal) return error.message
    throw error
  }
}
