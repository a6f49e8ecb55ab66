import type { MetricDatum, StatisticSet } from '@aws-sdk/client-cloudwatch'
import { dimensionsOf } from '../../../../observability/metrics/dimensions.ts'
import type { MetricSample, MetricValues } from '../../../../observability/metrics/metric-sample.ts'
import { writeSamples } from '../../../../observability/metrics/write-samples.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { invalidCombination, invalidValue, missingParameter } from '../refusals.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export const putMetricDataOperations = {
  async PutMetricData(input, call) {
    const { Namespace, MetricData, EntityMetricData } = input
    if (/^AWS\//.test(Namespace)) throw invalidValue('The value AWS/ for parameter Namespace is invalid.')
    const now = call.platform.clock()
    const lists: [string, readonly MetricDatum[]][] = [
      ['MetricData', MetricData ?? []],
      ...(EntityMetricData ?? []).map((entity, i): [string, readonly MetricDatum[]] => [
        `EntityMetricData.member.${i + 1}.MetricData`,
        entity.MetricData ?? [],
      ]),
    ]
    const count = lists.reduce((sum, [, data]) => sum + data.length, 0)
    if (count === 0) throw missingParameter('The parameter MetricData is required.')
    if (count > LIMITS.metricsPerCall)
      throw invalidValue(
        `The collection MetricData must not have a size greater than ${LIMITS.metricsPerCall}.`,
      )
    const samples = lists.flatMap(([where, data]) =>
      data.map((datum, i) => sampleOf(Namespace, datum, `${where}.member.${i + 1}`, now)),
    )
    await writeSamples(call.platform.env, accountOf(call), samples)
    return {}
  },
} satisfies CloudWatchHandlers

function sampleOf(namespace: string, datum: MetricDatum, where: string, now: number): MetricSample {
  const { MetricName, Dimensions, Timestamp, Unit, StorageResolution } = datum
  const at = Timestamp?.getTime() ?? now
  if (at < now - LIMITS.oldestMs)
    throw invalidValue(`The parameter ${where}.Timestamp must specify a time within the past two weeks.`)
  if (at > now + LIMITS.aheadMs)
    throw invalidValue(
      `The parameter ${where}.Timestamp must specify a time no more than two hours in the future.`,
    )
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60)
    throw invalidValue(`The value ${StorageResolution} for parameter ${where}.StorageResolution is invalid.`)
  const labels = dimensionsOf(Dimensions)
  return {
    namespace,
    labels,
    dimensionSets: [Object.keys(labels).sort()],
    at,
    values: { [MetricName!]: { ...valuesOf(datum, where), unit: Unit ?? 'None' } },
    ...(StorageResolution === 1 && { highResolution: true }),
  }
}

function valuesOf({ Value, Values, Counts, StatisticValues }: MetricDatum, where: string): MetricValues {
  const given = Object.entries({ Value, Values, StatisticValues }).filter(([, value]) => value !== undefined)
  if (given.length > 1) {
    const [one, other] = given.map(([name]) => name)
    throw invalidCombination(
      `The parameters ${where}.${one} and ${where}.${other} are mutually exclusive and you have specified both.`,
    )
  }
  if (StatisticValues) return { values: [], statistics: statisticsOf(StatisticValues, where) }
  if (Values) {
    if (Values.length === 0 || Values.length > LIMITS.valuesPerMetric)
      throw invalidValue(`The collection ${where}.Values must have a size of 1 to ${LIMITS.valuesPerMetric}.`)
    for (const value of Values) checkNumber(value, `${where}.Values`)
    if (Counts && Counts.length !== Values.length)
      throw invalidValue(`The parameters ${where}.Values and ${where}.Counts must be of the same size.`)
    for (const count of Counts ?? []) {
      checkNumber(count, `${where}.Counts`)
      if (count < 0) throw invalidValue(`The value ${count} for parameter ${where}.Counts is invalid.`)
    }
    return { values: Values, ...(Counts && { counts: Counts }) }
  }
  if (Counts) throw missingParameter(`The parameter ${where}.Values is required.`)
  if (Value === undefined)
    throw missingParameter(
      `At least one of the parameters must be specified: ${where}.Value, Values or StatisticValues.`,
    )
  checkNumber(Value, `${where}.Value`)
  return { values: [Value] }
}

function statisticsOf({ SampleCount, Sum, Minimum, Maximum }: StatisticSet, where: string) {
  const statistics = { count: SampleCount!, sum: Sum!, min: Minimum!, max: Maximum! }
  for (const [name, value] of Object.entries({ SampleCount, Sum, Minimum, Maximum }))
    checkNumber(value!, `${where}.StatisticValues.${name}`)
  if (statistics.min > statistics.max)
    throw invalidValue(
      `The parameter ${where}.StatisticValues.Minimum must be less than or equal to ${where}.StatisticValues.Maximum.`,
    )
  if (statistics.count <= 0)
    throw invalidValue(`The parameter ${where}.StatisticValues.SampleCount must be greater than 0.`)
  return statistics
}

function checkNumber(value: number, where: string): void {
  if (Number.isFinite(value) && Math.abs(value) <= LIMITS.largestValue) return
  throw invalidValue(`The value ${value} for parameter ${where} is invalid.`)
}
