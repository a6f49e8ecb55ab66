import { simulate } from '../../test/metering/simulator/simulate.ts'
import { count, draw, percent, quantiles, type Row, table } from './report.ts'
import { seen } from './seen.ts'

export async function latencies(): Promise<void> {
  const rows: Row[] = []
  const series: { name: string; points: [number, number][] }[] = []
  for (const [name, setting] of [
    ['cold: 0.2/s an isolate', { isolates: 500, seconds: 20, demand: 100 }],
    ['warm: 5/s an isolate', { isolates: 100, seconds: 10, demand: 500 }],
    ['hot: 100/s an isolate', { isolates: 50, seconds: 6, demand: 5_000 }],
  ] as const) {
    const key = { throttle: { rateLimit: 10_000, burstLimit: 10_000 } }
    const run = await simulate({ ...setting, key, rampMs: 1_000 })
    const first = run.outcomes.filter(({ isFirst }) => isFirst).map(({ waitedMs }) => waitedMs)
    const all = run.outcomes.map(({ waitedMs }) => waitedMs)
    const [p50, p99] = quantiles(first, 0.5, 0.99)
    const [all50, all99] = quantiles(all, 0.5, 0.99)
    const result = seen(run, { ...setting, key }, 2_000, setting.seconds * 1000)
    rows.push({
      keys: name,
      'first request, p50 / p99': `${p50!.toFixed(0)} / ${p99!.toFixed(0)} ms`,
      'all requests, p50 / p99': `${all50!.toFixed(0)} / ${all99!.toFixed(0)} ms`,
      'from memory': percent(all.filter(waited => waited === 0).length / all.length),
      'calls per 1,000 requests': count(result.callsPerThousand),
    })
    series.push({
      name,
      points: curveOf(all),
    })
    if (name.startsWith('cold'))
      series.unshift({
        name: 'an isolate’s first request',
        points: curveOf(first),
      })
  }
  table('Latency that admission adds: isolates everywhere, the meter in one place', rows)
  draw('latency', {
    title: 'How long requests wait for admission, isolates in 300 cities',
    x: { label: 'milliseconds' },
    y: { label: 'percent of the requests that wait no longer' },
    series,
  })
}

/** Which percentage of the requests waits no longer than so many milliseconds. */
const curveOf = (waits: readonly number[]): [number, number][] =>
  Array.from({ length: 51 }, (_, index) => [quantiles(waits, index / 50)[0]!, 2 * index])
