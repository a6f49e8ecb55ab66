import { expect, it } from 'vitest'
import type { Env } from '../../../src/env.ts'
import { readSeries } from '../../../src/observability/metrics/read-series.ts'
import type { PeriodSummary, SummaryQuery } from '../../../src/observability/metrics/stored-summaries.ts'
import { Accumulator } from '../../../src/observability/metrics/summary.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const account = { id: '880000000099', region: 'eu-west-1' }

/** A store in which something was measured in each period, and the lengths of its answers. */
function busyStore() {
  const spread = new Accumulator()
  for (let i = 0; i < 200; i++) spread.add(1.05 ** i)
  const { count, min, max, bins } = spread.summary()
  const lengths: number[] = []
  const read = async (queries: readonly SummaryQuery[]) => {
    const answer = queries.map(query => {
      const periods: PeriodSummary[] = []
      for (let at = query.from; at < query.to; at += query.periodMs) {
        const plain = { count, sum: at, min, max }
        periods.push({ at, unit: 'None', summary: query.spread ? { ...plain, bins } : plain })
      }
      return periods
    })
    lengths.push(answer.flat().reduce((all, { summary }) => all + 60 + (summary.bins?.length ?? 0) * 5, 0))
    return { shards: 1, answer }
  }
  const env = { METRIC_STORE: { getByName: () => ({ read }) } } as unknown as Pick<Env, 'METRIC_STORE'>
  return { env, lengths }
}

const query = (statistic: string, days: number, periodMs = MINUTE) => ({
  namespace: 'N',
  metric: 'm',
  dimensions: {},
  from: 30_000,
  to: 30_000 + days * DAY,
  periodMs,
  statistic,
})

it('asks for a day of a few series at once', async () => {
  const { env, lengths } = busyStore()
  const points = await readSeries(env)(account, [
    query('Sum', 1),
    query('Average', 1, HOUR),
    query('p50', 1, HOUR),
  ])
  expect(points.map(({ length }) => length)).toEqual([1_440, 24, 24])
  expect(lengths).toHaveLength(1)
})

it('asks for very many periods in parts that an answer can have, and misses none', async () => {
  const { env, lengths } = busyStore()
  const points = await readSeries(env)(account, [
    query('p99', 4),
    query('Sum', 60),
    query('p50', 1),
    query('Sum', 0),
  ])
  expect(points.map(({ length }) => length)).toEqual([4 * 1_440, 60 * 1_440, 1_440, 0])
  expect(points[1]!.map(({ at, value }) => at === value)).not.toContain(false)
  expect(points[1]!.every(({ at }, i) => at === 30_000 + i * MINUTE)).toBe(true)
  expect(Math.max(...lengths)).toBeLessThan(16 * 1024 * 1024)
})
