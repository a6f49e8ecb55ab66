import type { SeriesPoint, SeriesQuery } from '../metric-series.ts'
import { type DataQuery, type DataSeries, type DataWindow, MathRefusal } from './metric-data.ts'

/** What the metrics among the queries have to be read for, in their order. */
export const readsOf = (
  queries: readonly DataQuery[],
  { from, to }: Pick<DataWindow, 'from' | 'to'>,
): { readonly id: string; readonly query: SeriesQuery }[] =>
  queries.flatMap(({ id, metric }) =>
    metric
      ? [
          {
            id,
            query: {
              ...metric.series,
              from,
              to,
              periodMs: metric.periodMs,
              statistic: metric.statistic,
              unit: metric.unit,
            },
          },
        ]
      : [],
  )

/**
 * The series of all queries whose data is wanted, in their order.
 *
 * @param points of the queries that are metrics, by their ids: see {@link readsOf}
 * @param searches what calls of SEARCH found, by their texts; without it they are refused
 * @throws {@link MathRefusal}
 */
export function evaluateMetricData(
  queries: readonly DataQuery[],
  points: ReadonlyMap<string, readonly SeriesPoint[]>,
  _window: DataWindow,
  _searches?: ReadonlyMap<string, readonly DataSeries[]>,
): DataSeries[] {
  return queries
    .filter(({ returnData }) => returnData)
    .map(({ id, label, metric }) => {
      if (!metric) throw new MathRefusal(`${id} is an expression`)
      return {
        id,
        label: label ?? metric.series.metric,
        periodMs: metric.periodMs,
        points: points.get(id) ?? [],
      }
    })
}
