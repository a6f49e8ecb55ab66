/** A length of time: so many milliseconds, or so many months where months count. */
export type Period = { readonly ms: number } | { readonly months: number }

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html */
const UNITS: Readonly<Record<string, Period>> = {
  ms: { ms: 1 },
  msec: { ms: 1 },
  s: { ms: SECOND },
  sec: { ms: SECOND },
  m: { ms: MINUTE },
  min: { ms: MINUTE },
  h: { ms: HOUR },
  hr: { ms: HOUR },
  d: { ms: DAY },
  w: { ms: 7 * DAY },
  mo: { months: 1 },
  mon: { months: 1 },
  q: { months: 3 },
  qtr: { months: 3 },
  y: { months: 12 },
  yr: { months: 12 },
}

export const PERIOD = /(\d{1,6})\s*(msec|ms|sec|s|mon|mo|min|m|hr|h|d|w|qtr|q|yr|y)s?\b/y

/** Of a text that {@link PERIOD} finds; undefined of an empty period. */
export function readPeriod(text: string): Period | undefined {
  PERIOD.lastIndex = 0
  const [, digits, unit] = PERIOD.exec(text) ?? []
  const count = Number(digits)
  if (!unit || count === 0) return undefined
  const of = UNITS[unit]!
  return 'ms' in of ? { ms: of.ms * count } : { months: of.months * count }
}

/** Begin of the period that a moment is in, epoch milliseconds. Periods are counted from 1970, weeks too. */
export function floorTo(at: number, period: Period): number {
  if ('ms' in period) return Math.floor(at / period.ms) * period.ms
  const date = new Date(at)
  const month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
  return monthStart(Math.floor(month / period.months) * period.months)
}

/** Begin of the period after the one that a moment is in, or the moment itself where it is a begin. */
export function ceilTo(at: number, period: Period): number {
  const floor = floorTo(at, period)
  if (floor === at) return at
  if ('ms' in period) return floor + period.ms
  const date = new Date(floor)
  return monthStart((date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth() + period.months)
}

/** @param month counted from January 1970 */
const monthStart = (month: number): number =>
  Date.UTC(1970 + Math.floor(month / 12), ((month % 12) + 12) % 12)
