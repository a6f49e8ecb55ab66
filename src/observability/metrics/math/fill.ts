import type { SeriesPoint } from '../metric-series.ts'
import type { MathCall } from './functions.ts'
import { eachSeries, type MathValue, type TimeSeries, valuesByTime, withPoints } from './math-value.ts'
import { MathRefusal } from './metric-data.ts'

/** What stands where a series has no point; undefined where nothing does. */
type Filler = (at: number, points: readonly SeriesPoint[], next: number) => number | undefined

/**
 * `FILL(metric, value)`, with a number, another series, `REPEAT` or `LINEAR`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function fill({ args, name, times }: MathCall): MathValue {
  const [value, by] = args
  if (!value || value.kind === 'word' || !by || args.length > 2)
    throw new MathRefusal(`${name} is called with arguments that it does not take`)
  const filler = fillerOf(by)
  return eachSeries(value, name, each => filled(each, times(each.periodMs), filler))
}

function fillerOf(by: MathCall['args'][number]): Filler {
  if (by.kind === 'scalar') return () => by.value
  if (by.kind === 'series') {
    const values = valuesByTime(by.series)
    return at => values.get(at)
  }
  if (by.kind === 'word' && by.word === 'REPEAT') return (_at, points, next) => points[next - 1]?.value
  if (by.kind === 'word' && by.word === 'LINEAR') return linear
  throw new MathRefusal('FILL fills with a number, REPEAT or LINEAR')
}

const linear: Filler = (at, points, next) => {
  const before = points[next - 1]
  const after = points[next]
  if (!before || !after) return undefined
  return before.value + ((after.value - before.value) * (at - before.at)) / (after.at - before.at)
}

function filled(series: TimeSeries, times: readonly number[], filler: Filler): TimeSeries {
  const { points } = series
  const all: SeriesPoint[] = []
  let next = 0
  for (const at of times) {
    const point = points[next]
    if (point && point.at === at) {
      all.push(point)
      next += 1
      continue
    }
    const value = filler(at, points, next)
    if (value !== undefined) all.push({ at, value })
  }
  return withPoints(series, all)
}
