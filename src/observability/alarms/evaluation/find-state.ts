import type { SeriesPoint } from '../../metrics/metric-series.ts'
import type { AlarmRecord, MetricAlarmDefinition } from '../alarm.ts'
import type { Finding } from '../alarm-book.ts'
import { awsTime, javaDouble, shortDate } from '../aws-times.ts'
import type { AlarmWindow } from './alarm-window.ts'
import { comparisonOf } from './compare.ts'
import { type Judged, judgePoints } from './judge-points.ts'

/** What was read for an alarm. */
export interface AlarmData {
  readonly points: readonly SeriesPoint[]
  /** How many samples each point is made of, where that is asked for. */
  readonly samples?: readonly SeriesPoint[]
}

/** One period of the evaluation range. */
interface Slot {
  readonly at: number
  readonly value: number | undefined
  readonly judged: Judged
}

/**
 * What an alarm is by what was measured; undefined: what it was.
 *
 * @param now when the data was asked for
 */
export function findState(
  { definition, configured, state }: AlarmRecord & { readonly definition: MetricAlarmDefinition },
  window: AlarmWindow,
  data: AlarmData,
  now: number,
): Finding | undefined {
  if (hasTooFewSamples(definition, window, data)) return undefined
  const slots = slotsOf(definition, window, data.points)
  const value = judgePoints(
    slots.map(({ judged }) => judged),
    rulesOf(definition),
  )
  if (value === 'retain') return undefined
  return {
    name: definition.AlarmName,
    configured,
    value,
    reason: reasonOf(definition, slots, state.value, value),
    reasonData: dataOf(definition, slots, data, now),
  }
}

export const rulesOf = (definition: MetricAlarmDefinition) => ({
  evaluationPeriods: definition.EvaluationPeriods,
  datapointsToAlarm: definition.DatapointsToAlarm ?? definition.EvaluationPeriods,
  treatMissing: treatmentOf(definition),
})

const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const

export const isTreatment = (text: string): text is (typeof TREATMENTS)[number] =>
  TREATMENTS.some(each => each === text)

/** "Alarms that evaluate metrics in the AWS/DynamoDB namespace default to ignore missing data." */
function treatmentOf({ TreatMissingData, Namespace }: MetricAlarmDefinition) {
  if (TreatMissingData !== undefined && isTreatment(TreatMissingData)) return TreatMissingData
  return Namespace === 'AWS/DynamoDB' ? 'ignore' : 'missing'
}

function slotsOf(
  definition: MetricAlarmDefinition,
  { from, periodMs, points: count }: AlarmWindow,
  points: readonly SeriesPoint[],
): Slot[] {
  const { breaches } = comparisonOf(definition)
  const values = new Map(points.map(({ at, value }) => [Math.floor((at - from) / periodMs), value]))
  return Array.from({ length: count }, (_, i) => {
    const value = values.get(i)
    const judged =
      value === undefined ? 'missing' : breaches(value, definition.Threshold) ? 'breaching' : 'good'
    return { at: from + i * periodMs, value, judged }
  })
}

/**
 * "For percentiles between 0.5 and 1.00, this setting is used when there are fewer than 10/(1-percentile) data points
 * during the evaluation period ... between 0 and 0.5, ... fewer than 10/percentile".
 */
function hasTooFewSamples(
  { EvaluateLowSampleCountPercentile, ExtendedStatistic, EvaluationPeriods }: MetricAlarmDefinition,
  { from, periodMs, points }: AlarmWindow,
  { samples }: AlarmData,
): boolean {
  const percentile = percentileOf(ExtendedStatistic)
  if (EvaluateLowSampleCountPercentile !== 'ignore' || percentile === undefined || !samples) return false
  const deciding = from + (points - EvaluationPeriods) * periodMs
  const have = samples.reduce((sum, { at, value }) => sum + (at >= deciding ? value : 0), 0)
  const needed = 10 / (percentile >= 0.5 ? 1 - percentile : percentile)
  return have < needed
}

/** Of `p99.9`: 0.999. */
export function percentileOf(statistic: string | undefined): number | undefined {
  const match = /^p(\d{1,3}(?:\.\d+)?)$/.exec(statistic ?? '')
  return match ? Number(match[1]) / 100 : undefined
}

/** Points that were measured, of those that decide; the rest is filled in. */
const decidingOf = ({ EvaluationPeriods }: MetricAlarmDefinition, slots: readonly Slot[]) =>
  slots.filter(({ value }) => value !== undefined).slice(-EvaluationPeriods)

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

function reasonOf(
  definition: MetricAlarmDefinition,
  slots: readonly Slot[],
  before: string,
  value: string,
): string {
  const { EvaluationPeriods, Threshold } = definition
  const deciding = decidingOf(definition, slots)
  if (value === 'INSUFFICIENT_DATA') {
    const unknown = EvaluationPeriods - deciding.length
    return `Insufficient Data: ${plural(unknown, 'datapoint')} ${unknown === 1 ? 'was' : 'were'} unknown.`
  }
  const { datapointsToAlarm, treatMissing } = rulesOf(definition)
  const filled = EvaluationPeriods - deciding.length
  const fills = treatMissing === 'breaching' ? 'Breaching' : 'NonBreaching'
  if (deciding.length === 0) {
    return `Threshold Crossed: no datapoints were received for ${plural(EvaluationPeriods, 'period')} and ${plural(filled, 'missing datapoint')} ${filled === 1 ? 'was' : 'were'} treated as [${fills}].`
  }
  // Of an alarm those are named that made it one, of an end of it those that did.
  const wanted = value === 'ALARM' ? 'breaching' : 'good'
  const named = deciding.filter(({ judged }) => judged === wanted).toReversed()
  const list = named.map(slot => `${javaDouble(slot.value!)} (${shortDate(slot.at)})`).join(', ')
  const needed = value === 'ALARM' ? datapointsToAlarm : EvaluationPeriods - datapointsToAlarm + 1
  const verb = `${named.length === 1 ? 'was' : 'were'}${value === 'ALARM' ? '' : ' not'}`
  const { words } = comparisonOf(definition)
  const missing =
    filled > 0 && (treatMissing === 'breaching' || treatMissing === 'notBreaching')
      ? ` and ${plural(filled, 'missing datapoint')} ${filled === 1 ? 'was' : 'were'} treated as [${fills}]`
      : ''
  return `Threshold Crossed: ${named.length} out of the last ${EvaluationPeriods} datapoints [${list}] ${verb} ${words} the threshold (${javaDouble(Threshold)})${missing} (minimum ${plural(needed, 'datapoint')} for ${before} -> ${value} transition).`
}

/** JSON, as CloudWatch writes it: recent points oldest first, evaluated ones youngest first. */
function dataOf(
  definition: MetricAlarmDefinition,
  slots: readonly Slot[],
  { samples }: AlarmData,
  now: number,
): string {
  const { Statistic, ExtendedStatistic, Unit, Period, Threshold, EvaluationPeriods } = definition
  const deciding = decidingOf(definition, slots)
  const evaluated = deciding.length > 0 ? deciding : slots.slice(-EvaluationPeriods)
  const countAt = new Map(samples?.map(({ at, value }) => [at, value]))
  return JSON.stringify({
    version: '1.0',
    queryDate: awsTime(now),
    ...(deciding[0] && { startDate: awsTime(deciding[0].at) }),
    ...(Unit !== undefined && { unit: Unit }),
    ...((Statistic ?? ExtendedStatistic) && { statistic: Statistic ?? ExtendedStatistic }),
    period: Period,
    recentDatapoints: deciding.map(({ value }) => value),
    threshold: Threshold,
    evaluatedDatapoints: evaluated.toReversed().map(({ at, value }) => ({
      timestamp: awsTime(at),
      sampleCount: countAt.get(at),
      value,
    })),
  })
}
