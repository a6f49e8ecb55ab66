import type { Account } from '../../lib/account.ts'
import type { MetricSample, MetricValues } from '../metrics/metric-sample.ts'
import { Accumulator, spreadOf } from '../metrics/summary.ts'
import { attribute, nanoseconds, resourceOf, SCOPE } from './otlp-json.ts'

/** Of what came since the last export: each isolate tells only what it has measured itself. */
const DELTA = 1

/** https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]

/** What counts is a sum, what measures a histogram; all labels are attributes. */
export const otlpMetrics = (
  told: readonly { readonly account: Account; readonly sample: MetricSample }[],
  from: number,
  to: number,
) => ({
  resourceMetrics: told.map(({ account, sample }) => ({
    resource: resourceOf(account, sample.namespace),
    scopeMetrics: [
      {
        scope: SCOPE,
        metrics: Object.entries(sample.values).map(([name, values]) =>
          metricOf(name, values, sample, from, to),
        ),
      },
    ],
  })),
})

function metricOf(name: string, values: MetricValues, { labels }: MetricSample, from: number, to: number) {
  const all = new Accumulator()
  for (const [index, value] of values.values.entries()) all.add(value, values.counts?.[index] ?? 1)
  if (values.statistics) all.merge(values.statistics)
  const summary = all.summary()
  const { count, sum, min, max } = summary
  const point = {
    attributes: Object.entries(labels).map(([key, value]) => attribute(key, value)),
    startTimeUnixNano: nanoseconds(from),
    timeUnixNano: nanoseconds(to),
  }
  const named = { name, unit: unitOf(values.unit) }
  if (values.unit === 'Count') {
    return {
      ...named,
      sum: { aggregationTemporality: DELTA, isMonotonic: true, dataPoints: [{ ...point, asDouble: sum }] },
    }
  }
  const buckets = BOUNDS.map(() => 0).concat(0)
  // Of values that nobody has told apart, the average stands for all.
  for (const [value, times] of spreadOf(summary) ?? [[sum / count, count] as const]) {
    const place = BOUNDS.findIndex(bound => value <= bound)
    buckets[place < 0 ? BOUNDS.length : place]! += times
  }
  return {
    ...named,
    histogram: {
      aggregationTemporality: DELTA,
      dataPoints: [
        {
          ...point,
          count: String(Math.round(count)),
          sum,
          min,
          max,
          explicitBounds: BOUNDS,
          bucketCounts: buckets.map(times => String(Math.round(times))),
        },
      ],
    },
  }
}

/** https://ucum.org, as OpenTelemetry names units. */
const UNITS: Readonly<Record<string, string>> = {
  Milliseconds: 'ms',
  Seconds: 's',
  Microseconds: 'us',
  Bytes: 'By',
  Percent: '%',
  Count: '1',
}

const unitOf = (unit: string | undefined): string => (unit === undefined ? '1' : (UNITS[unit] ?? `{${unit}}`))
