import type { SeriesPoint } from '../metric-series.ts'
import { MathRefusal } from './metric-data.ts'

export interface TimeSeries {
  readonly label: string
  readonly periodMs: number
  /** Oldest first. */
  readonly points: readonly SeriesPoint[]
}

/** What a part of an expression is: S, TS and TS[] in CloudWatch's words. */
export type MathValue =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'series'; readonly series: TimeSeries }
  | { readonly kind: 'array'; readonly items: readonly TimeSeries[] }

export const scalar = (value: number): MathValue => ({ kind: 'scalar', value })
export const series = (of: TimeSeries): MathValue => ({ kind: 'series', series: of })
export const array = (items: readonly TimeSeries[]): MathValue => ({ kind: 'array', items })

/** A series of other points: what is no number is no point. */
export const withPoints = (of: TimeSeries, points: readonly SeriesPoint[]): TimeSeries => ({
  ...of,
  points: points.filter(({ value }) => Number.isFinite(value)),
})

/** Applies something to each series of a value. */
export function eachSeries(
  value: MathValue,
  what: string,
  change: (of: TimeSeries) => TimeSeries,
): MathValue {
  switch (value.kind) {
    case 'series':
      return series(change(value.series))
    case 'array':
      return array(value.items.map(change))
    default:
      throw new MathRefusal(`${what} takes a time series`)
  }
}

/** Applies something to each number of a value. */
export function eachNumber(value: MathValue, change: (number: number) => number): MathValue {
  if (value.kind === 'scalar') return scalar(change(value.value))
  return eachSeries(value, '', of =>
    withPoints(
      of,
      of.points.map(({ at, value: number }) => ({ at, value: change(number) })),
    ),
  )
}

/**
 * Applies something to the numbers of two values that belong together: of two series those of the same time, of an
 * array and something else each of its series with that, of two arrays those at the same place.
 */
export function together(
  left: MathValue,
  right: MathValue,
  combine: (left: number, right: number) => number,
): MathValue {
  if (left.kind === 'scalar')
    return eachNumber(right, number => combine((left as { value: number }).value, number))
  if (right.kind === 'scalar') return eachNumber(left, number => combine(number, right.value))
  if (left.kind === 'series' && right.kind === 'series')
    return series(joined(left.series, right.series, combine))
  if (left.kind === 'series')
    return eachSeries(right, '', other => ({
      ...joined((left as { series: TimeSeries }).series, other, combine),
      label: other.label,
    }))
  if (right.kind === 'series') return eachSeries(left, '', one => joined(one, right.series, combine))
  if (left.items.length !== right.items.length)
    throw new MathRefusal('Arrays of time series that are combined must be of the same length')
  const others = right.items
  return array(left.items.map((one, i) => joined(one, others[i]!, combine)))
}

function joined(
  left: TimeSeries,
  right: TimeSeries,
  combine: (left: number, right: number) => number,
): TimeSeries {
  const others = valuesByTime(right)
  const points: SeriesPoint[] = []
  for (const { at, value } of left.points) {
    const other = others.get(at)
    if (other !== undefined) points.push({ at, value: combine(value, other) })
  }
  return withPoints({ ...left, periodMs: Math.max(left.periodMs, right.periodMs) }, points)
}

export const valuesByTime = ({ points }: TimeSeries): Map<number, number> =>
  new Map(points.map(({ at, value }) => [at, value]))

/** All times at which any of the series has a point, in order. */
export const timesOf = (all: readonly TimeSeries[]): number[] =>
  [...new Set(all.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b)
