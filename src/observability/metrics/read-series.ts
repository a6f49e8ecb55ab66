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

/**
 * What one call asks for at most, in periods: those of which it is asked how values are spread are larger. "32 MiB" of a
 * call, and as much as an object and who asks can hold besides what else they do.
 */
const MOST_OF_CALL = 60_000
const SPREAD_WEIGHT = 40

/**
 * Points of series, each in the statistic that its query names. One round of calls, two where objects share the work;
 * more where very many are asked for.
 */
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
    const points: SeriesPoint[][] = queries.map(() => [])
    for (const parts of callsOf(asked)) {
      const read = await readSummaries(
        env,
        account,
        parts.map(({ query }) => query),
      )
      for (const [i, periods] of read.entries()) {
        const { index } = parts[i]!
        points[index]!.push(...pointsOf(periods, statistics[index]!))
      }
    }
    return points
  }

/** A query, or of a long one a part of its periods. */
interface Part {
  /** Which of the queries. */
  readonly index: number
  readonly query: SummaryQuery
}

/** Queries in as few calls as may be, in their order and that of their periods. */
function* callsOf(queries: readonly SummaryQuery[]): Generator<Part[]> {
  let parts: Part[] = []
  let room = MOST_OF_CALL
  for (const [index, query] of queries.entries()) {
    const { to, periodMs, spread } = query
    const weight = spread ? SPREAD_WEIGHT : 1
    for (let { from } = query; from < to; ) {
      const end = Math.min(to, from + Math.floor(room / weight) * periodMs)
      if (end > from) {
        parts.push({ index, query: { ...query, from, to: end } })
        room -= Math.ceil((end - from) / periodMs) * weight
        from = end
      }
      if (from >= to) continue
      yield parts
      parts = []
      room = MOST_OF_CALL
    }
  }
  if (parts.length > 0) yield parts
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
