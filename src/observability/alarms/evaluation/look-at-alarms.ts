import type { Account } from '../../../lib/account.ts'
import { evaluateMetricData, readsOf } from '../../metrics/math/evaluate.ts'
import { type DataQuery, type DataWindow, MathRefusal } from '../../metrics/math/metric-data.ts'
import type { ReadSeries, SeriesPoint, SeriesQuery } from '../../metrics/metric-series.ts'
import type { AlarmRecord, MetricAlarmDefinition } from '../alarm.ts'
import type { Finding } from '../alarm-book.ts'
import { type AlarmWindow, windowOf } from './alarm-window.ts'
import { queriesOf, wantsSamples } from './data-queries.ts'
import { type AlarmData, findState } from './find-state.ts'

export type MetricAlarmRecord = AlarmRecord & { readonly definition: MetricAlarmDefinition }

export const isMetricAlarm = (record: AlarmRecord): record is MetricAlarmRecord =>
  record.definition.type === 'metric'

interface Look {
  readonly record: MetricAlarmRecord
  readonly window: AlarmWindow
  readonly queries: readonly DataQuery[]
  readonly reads: readonly { readonly id: string; readonly query: SeriesQuery }[]
}

/** Looks at all of these alarms with one round of reading. Rejects when nothing can be read: then nothing is known. */
export async function lookAtAlarms(
  read: ReadSeries,
  account: Account,
  records: readonly MetricAlarmRecord[],
  minuteMs: number,
  now: number,
): Promise<Finding[]> {
  const looks = records.map((record): Look => {
    const window = windowOf(record.definition, minuteMs, now)
    const queries = queriesOf(record.definition, window)
    return { record, window, queries, reads: readsOf(queries, window) }
  })
  const answers = await read(
    account,
    looks.flatMap(({ reads }) => reads.map(({ query }) => query)),
  )
  const rest = answers.values()
  return looks.flatMap(look => {
    const points = new Map(look.reads.map(({ id }) => [id, rest.next().value!]))
    const found = findingOf(look, points, { ...look.window, secondMs: minuteMs / 60 }, now)
    return found ? [found] : []
  })
}

function findingOf(
  { record, window, queries }: Look,
  points: ReadonlyMap<string, readonly SeriesPoint[]>,
  dataWindow: DataWindow,
  now: number,
): Finding | undefined {
  try {
    const series = evaluateMetricData(queries, points, dataWindow)
    const data: AlarmData = {
      points: series[0]?.points ?? [],
      samples: wantsSamples(record.definition) ? series[1]?.points : undefined,
    }
    return findState(record, window, data, now)
  } catch (error) {
    const { AlarmName } = record.definition
    if (!(error instanceof MathRefusal)) {
      // A fault of ours: the others are not to stand still because of it.
      console.error(`alarm ${AlarmName} could not be judged`, error)
      return undefined
    }
    // What came of it is not one series of numbers: nothing is known of the alarm.
    return {
      name: AlarmName,
      configured: record.configured,
      value: 'INSUFFICIENT_DATA',
      reason: `Error: ${error.message}`,
    }
  }
}
