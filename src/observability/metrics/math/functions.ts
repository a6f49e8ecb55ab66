import type { SeriesPoint } from '../metric-series.ts'
import { fill } from './fill.ts'
import {
  array,
  eachNumber,
  eachSeries,
  type MathValue,
  scalar,
  series,
  type TimeSeries,
  timesOf,
  valuesByTime,
  withPoints,
} from './math-value.ts'
import { type DataWindow, MathRefusal } from './metric-data.ts'

/** What a function is called with. */
export interface MathCall {
  readonly name: string
  readonly args: readonly MathArgument[]
  readonly window: DataWindow
  /** Times of the window's periods, in order. */
  readonly times: (periodMs: number) => number[]
  /** Of the metrics that are asked for beside this. */
  readonly periodMs: number
}

/** A value, or a word or text that only the function understands. */
export type MathArgument = MathValue | { readonly kind: 'word'; readonly word: string }

type MathFunction = (call: MathCall) => MathValue

/** Of all that a single series or, at each time, several have. */
const AGGREGATES: Readonly<Record<string, (values: readonly number[], of: number) => number>> = {
  SUM: values => sum(values),
  // Not as arguments of a function, which are on the stack.
  MIN: values => values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  MAX: values => values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  // "Missing values are treated as 0."
  AVG: (values, of) => sum(values) / of,
  STDDEV: (values, of) => {
    const mean = sum(values) / of
    const squares = values.reduce(
      (total, value) => total + (value - mean) ** 2,
      (of - values.length) * mean ** 2,
    )
    return Math.sqrt(squares / of)
  },
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const aggregate =
  (of: (values: readonly number[], count: number) => number): MathFunction =>
  call => {
    const value = onlyValue(call)
    if (value.kind === 'scalar') return value
    if (value.kind === 'series') {
      const values = value.series.points.map(point => point.value)
      return scalar(values.length === 0 ? Number.NaN : of(values, values.length))
    }
    return series(acrossItems(value.items, call, values => of(values, value.items.length)))
  }

function acrossItems(
  items: readonly TimeSeries[],
  { name, periodMs }: MathCall,
  of: (values: readonly number[]) => number,
): TimeSeries {
  const lookUps = items.map(valuesByTime)
  const points = timesOf(items).map(at => ({
    at,
    value: of(lookUps.map(values => values.get(at)).filter(value => value !== undefined)),
  }))
  return withPoints(
    { label: name, periodMs: Math.max(0, ...items.map(each => each.periodMs)) || periodMs, points: [] },
    points,
  )
}

/** From each point and the one before it. */
const steps =
  (of: (point: SeriesPoint, before: SeriesPoint, seconds: number) => number): MathFunction =>
  call =>
    eachSeries(onlyValue(call), call.name, each => {
      const { points } = each
      const changed = points.slice(1).map((point, i) => {
        const before = points[i]!
        return { at: point.at, value: of(point, before, (point.at - before.at) / call.window.secondMs) }
      })
      return withPoints(each, changed)
    })

const ofTime =
  (of: (date: Date) => number): MathFunction =>
  call =>
    eachSeries(onlyValue(call), call.name, each =>
      withPoints(
        each,
        each.points.map(({ at }) => ({ at, value: of(new Date(at)) })),
      ),
    )

const ofNumber =
  (of: (value: number) => number): MathFunction =>
  call =>
    eachNumber(onlyValue(call), of)

const nth =
  (at: number): MathFunction =>
  call => {
    const item = itemsOf(call).at(at)
    return item ? series(item) : array([])
  }

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list */
export const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ...Object.fromEntries(Object.entries(AGGREGATES).map(([name, of]) => [name, aggregate(of)])),
  ABS: ofNumber(Math.abs),
  CEIL: ofNumber(Math.ceil),
  FLOOR: ofNumber(Math.floor),
  LOG: ofNumber(Math.log),
  LOG10: ofNumber(Math.log10),
  DIFF: steps((point, before) => point.value - before.value),
  DIFF_TIME: steps((_point, _before, seconds) => seconds),
  RATE: steps((point, before, seconds) => (point.value - before.value) / seconds),
  MINUTE: ofTime(date => date.getUTCMinutes()),
  HOUR: ofTime(date => date.getUTCHours()),
  // "between 1 and 7, where Monday is 1"
  DAY: ofTime(date => date.getUTCDay() || 7),
  DATE: ofTime(date => date.getUTCDate()),
  MONTH: ofTime(date => date.getUTCMonth() + 1),
  YEAR: ofTime(date => date.getUTCFullYear()),
  EPOCH: ofTime(date => Math.floor(date.getTime() / 1000)),
  FIRST: nth(0),
  LAST: nth(-1),
  FILL: fill,
  DATAPOINT_COUNT(call) {
    const value = onlyValue(call)
    if (value.kind === 'series') return scalar(value.series.points.length)
    return series(acrossItems(itemsOf(call), call, values => values.length))
  },
  METRIC_COUNT: call => scalar(itemsOf(call).length),
  PERIOD(call) {
    const value = onlyValue(call)
    if (value.kind !== 'series') throw new MathRefusal('PERIOD takes a time series')
    return scalar(value.series.periodMs / call.window.secondMs)
  },
  REMOVE_EMPTY: call => array(itemsOf(call).filter(({ points }) => points.length > 0)),
  RUNNING_SUM: call =>
    eachSeries(onlyValue(call), call.name, each => {
      let total = 0
      const points = each.points.map(({ at, value }) => {
        total += value
        return { at, value: total }
      })
      return { ...each, points }
    }),
  TIME_SERIES(call) {
    const value = onlyValue(call)
    if (value.kind !== 'scalar') throw new MathRefusal('TIME_SERIES takes a number')
    const points = call.times(call.periodMs).map(at => ({ at, value: value.value }))
    return series(withPoints({ label: call.name, periodMs: call.periodMs, points: [] }, points))
  },
  SLICE(call) {
    const [, from, to] = call.args
    if (!from || call.args.length > 3) throw wrongArguments(call)
    return array(arrayAt(call).slice(numberOf(call, from), to && numberOf(call, to)))
  },
  SORT(call) {
    const [, by, order, limit] = call.args
    const of =
      by?.kind === 'word' && Object.hasOwn(AGGREGATES, by.word) && by.word !== 'STDDEV'
        ? AGGREGATES[by.word]
        : undefined
    if (!of || order?.kind !== 'word' || !/^(ASC|DESC)$/.test(order.word)) throw wrongArguments(call)
    const sign = order.word === 'ASC' ? 1 : -1
    const ranked = arrayAt(call).map(each => {
      const values = each.points.map(({ value }) => value)
      return { each, rank: values.length === 0 ? undefined : of(values, values.length) }
    })
    // What has no points has no rank, and comes last either way.
    ranked.sort((a, b) =>
      a.rank === undefined || b.rank === undefined
        ? Number(a.rank === undefined) - Number(b.rank === undefined)
        : sign * (a.rank - b.rank),
    )
    return array(ranked.slice(0, limit && numberOf(call, limit)).map(({ each }) => each))
  },
}

/** Of services that there are none of here. */
export const ELSEWHERE = new Set([
  'ANOMALY_DETECTION_BAND',
  'DB_PERF_INSIGHTS',
  'INSIGHT_RULE_METRIC',
  'LAMBDA',
  'SERVICE_QUOTA',
])

const wrongArguments = ({ name }: MathCall): MathRefusal =>
  new MathRefusal(`${name} is called with arguments that it does not take`)

function onlyValue(call: MathCall): MathValue {
  const [value] = call.args
  if (!value || value.kind === 'word' || call.args.length > 1) throw wrongArguments(call)
  return value
}

function itemsOf(call: MathCall): readonly TimeSeries[] {
  if (call.args.length > 1) throw wrongArguments(call)
  return arrayAt(call)
}

/** The first argument, as an array. */
function arrayAt(call: MathCall): readonly TimeSeries[] {
  const [value] = call.args
  if (value?.kind === 'array') return value.items
  if (value?.kind === 'series') return [value.series]
  throw new MathRefusal(`${call.name} takes an array of time series`)
}

function numberOf(call: MathCall, argument: MathArgument): number {
  if (argument.kind !== 'scalar') throw wrongArguments(call)
  return argument.value
}
