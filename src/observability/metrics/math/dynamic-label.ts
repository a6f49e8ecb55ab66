import type { Account } from '../../../lib/account.ts'
import type { MetricSeries, SeriesPoint } from '../metric-series.ts'

/** What a label may speak of. */
export interface LabelContext {
  readonly points: readonly SeriesPoint[]
  readonly account: Account
  /** Seconds. */
  readonly period: number
  /** Of a query that is a metric. */
  readonly series?: MetricSeries
  readonly statistic?: string
  /** Minutes that local time is ahead of UTC. */
  readonly offset: number
}

const PLACE = /\$\{([A-Z_]+)(?:\('([^']*)'\))?\}/g

/**
 * A label with what its `${...}` stand for; what is none of them stays, and so do times relative to now.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
 */
export const dynamicLabel = (label: string, context: LabelContext): string =>
  label.replace(PLACE, (place, name: string, property: string | undefined) => {
    if (property !== undefined) return (name === 'PROP' ? propertyOf(property, context) : undefined) ?? place
    if (name === 'LABEL') return context.series?.metric ?? place
    if (name === 'DATAPOINT_COUNT') return String(context.points.length)
    const show = Object.hasOwn(SHOWN, name) ? SHOWN[name]! : undefined
    if (!show) return place
    return context.points.length > 0 ? show(context) : '--'
  })

type Show = (context: LabelContext) => string

type Pick = (points: readonly SeriesPoint[]) => SeriesPoint

const least: Pick = points => points.reduce((best, point) => (point.value < best.value ? point : best))
const most: Pick = points => points.reduce((best, point) => (point.value > best.value ? point : best))
const first: Pick = points => points[0]!
const last: Pick = points => points.at(-1)!

const value =
  (...picks: Pick[]): Show =>
  ({ points }) =>
    picks.map(pick => numberText(pick(points).value)).join(' - ')

const time =
  (...picks: Pick[]): Show =>
  ({ points, offset }) =>
    picks.map(pick => timeText(pick(points).at, offset)).join(' - ')

const total = (points: readonly SeriesPoint[]): number => points.reduce((sum, point) => sum + point.value, 0)

const SHOWN: Readonly<Record<string, Show>> = {
  AVG: ({ points }) => numberText(total(points) / points.length),
  SUM: ({ points }) => numberText(total(points)),
  MIN: value(least),
  MAX: value(most),
  FIRST: value(first),
  LAST: value(last),
  MIN_TIME: time(least),
  MAX_TIME: time(most),
  FIRST_TIME: time(first),
  LAST_TIME: time(last),
  MIN_MAX_RANGE: value(least, most),
  FIRST_LAST_RANGE: value(first, last),
  MIN_MAX_TIME_RANGE: time(least, most),
  FIRST_LAST_TIME_RANGE: time(first, last),
}

function propertyOf(name: string, { account, period, series, statistic }: LabelContext): string | undefined {
  switch (name) {
    case 'AccountId':
      return account.id
    case 'Region':
      return account.region
    case 'Period':
      return String(period)
    case 'Stat':
      return statistic
    case 'MetricName':
      return series?.metric
    case 'Namespace':
      return series?.namespace
  }
  const dimension = /^Dim\.(.+)$/.exec(name)?.[1]
  return dimension !== undefined && series && Object.hasOwn(series.dimensions, dimension)
    ? series.dimensions[dimension]
    : undefined
}

const numberText = (number: number): string => String(Number(number.toPrecision(4)))

/** `2026-11-23 12:00:00 UTC`, or with `+0130` at its end. */
function timeText(at: number, offset: number): string {
  const text = new Date(at + offset * 60_000).toISOString().slice(0, 19).replace('T', ' ')
  const minutes = Math.abs(offset)
  const two = (digits: number) => String(digits).padStart(2, '0')
  const zone =
    offset === 0 ? 'UTC' : `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
  return `${text} ${zone}`
}
