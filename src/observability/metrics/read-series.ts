import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { shardNames } from '../ingest/batch.ts'
import { cellName } from './condense-samples.ts'
import { metricStoreName } from './metric-sample.ts'
import type { ReadSeries, SeriesPoint } from './metric-series.ts'
import type { SubjectTotals } from './prometheus/exposition.ts'
import { isPlainStatistic, statisticOf } from './statistic.ts'
import type { Answer, ListedSeries, PeriodSummary, SeriesFilter, SummaryQuery } from './stored-summaries.ts'
import { subjectKey } from './subject.ts'
import { mergeSummaries, type Summary } from './summary.ts'

type Stores = Pick<Env, 'METRIC_STORE'>

/** Points of series, each in the statistic that its query names. One round of calls, two where objects share the work. */
export const readSeries =
  (env: Stores): ReadSeries =>
  async (account, queries) => {
    const statistics = queries.map(({ statistic }) => {
      const known = statisticOf(statistic)
      if (!known) throw new Error(`${statistic} is no statistic`)
      return known
    })
    const asked = queries.map(({ statistic, ...query }) => ({
      ...query,
      spread: !isPlainStatistic(statistic),
    }))
    const read = await readSummaries(env, account, asked)
    return read.map((periods, i) => pointsOf(periods, statistics[i]!))
  }

function pointsOf(periods: readonly PeriodSummary[], statistic: (of: Summary) => number | undefined) {
  const points: SeriesPoint[] = []
  const byTime = Map.groupBy(periods, ({ at }) => at)
  for (const [at, all] of byTime) {
    const value = statistic(mergeSummaries(all.map(({ summary }) => summary)))
    if (value !== undefined) points.push({ at, value })
  }
  return points
}

/** What was measured, in each period and unit, oldest first. In the order of the queries. */
export async function readSummaries(
  env: Stores,
  account: Account,
  queries: readonly SummaryQuery[],
): Promise<PeriodSummary[][]> {
  if (queries.length === 0) return []
  const all = await askAll(env, account, store => store.read(queries))
  return queries.map((_, i) => mergePeriods(all.flatMap(answer => answer[i]!)))
}

function mergePeriods(periods: readonly PeriodSummary[]): PeriodSummary[] {
  const together = Map.groupBy(periods, ({ at, unit }) => `${at} ${unit}`)
  return [...together.values()]
    .map(same => ({ ...same[0]!, summary: mergeSummaries(same.map(({ summary }) => summary)) }))
    .sort((a, b) => a.at - b.at)
}

/**
 * Series in the order of their keys, `limit` of them at most.
 *
 * @param after key of the last one before; '' for the first
 */
export async function listSeries(
  env: Stores,
  account: Account,
  filter: SeriesFilter,
  after: string,
  limit: number,
): Promise<ListedSeries[]> {
  const all = await askAll(env, account, store => store.list(filter, after, limit))
  const byKey = new Map(all.flat().map(each => [each.key, each]))
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit)
}

/** What was measured of each subject since the day began, UTC. */
export async function readTotals(env: Stores, account: Account): Promise<SubjectTotals[]> {
  const all = await askAll(env, account, store => store.totals())
  if (all.length === 1) return all[0]!
  const bySubject = Map.groupBy(all.flat(), subjectKey)
  return [...bySubject.values()].map(same => {
    const byCell = Map.groupBy(
      same.flatMap(({ totals }) => totals),
      ({ metric, unit }) => cellName(metric, unit),
    )
    const totals = [...byCell.values()].map(cells => ({
      ...cells[0]!,
      summary: mergeSummaries(cells.map(({ summary }) => summary)),
    }))
    return { ...same[0]!, totals }
  })
}

async function askAll<T>(
  { METRIC_STORE }: Stores,
  account: Account,
  ask: (store: ReturnType<Stores['METRIC_STORE']['getByName']>) => Promise<Answer<T>>,
): Promise<T[]> {
  const first = metricStoreName(account)
  const { shards, answer } = await ask(METRIC_STORE.getByName(first))
  const rest = shardNames(first, shards).slice(1)
  const further = await Promise.all(rest.map(name => ask(METRIC_STORE.getByName(name))))
  return [answer, ...further.map(each => each.answer)]
}
