import { type Summary, spreadOf } from './summary.ts'

/** Of a summary; undefined where it does not tell. */
export type Statistic = (summary: Summary) => number | undefined

const PLAIN: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
  IQM: summary => trimmed('TM', summary, share(0.25), share(0.75)),
}

type Trim = 'TM' | 'TC' | 'TS' | 'WM'

/** Where a statistic's range begins or ends: a share of all values, or a value. */
interface Bound {
  readonly share?: number
  readonly value?: number
}

const share = (of: number): Bound => ({ share: of })

const NUMBER = String.raw`(?:\d+(?:\.\d{0,10})?(?:[Ee][+-]?\d+)?)`
const SHORT = /^(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{0,10})?|100)$/
const RANGE = new RegExp(`^(TM|TC|TS|WM|PR)\\((${NUMBER}%?)?:(${NUMBER}%?)?\\)$`)

/**
 * What a statistic's name means; undefined for a text that is none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
export function statisticOf(name: string): Statistic | undefined {
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name]
  const short = SHORT.exec(name)
  if (short) {
    const upTo = share(Number(short[2]) / 100)
    if (short[1] === 'p') return summary => percentile(summary, upTo.share!)
    const trim = short[1]!.toUpperCase() as Trim
    return summary => trimmed(trim, summary, {}, upTo)
  }
  const [, kind, from, to] = RANGE.exec(name) ?? []
  if (!kind || (from === undefined && to === undefined)) return undefined
  const lower = boundOf(from)
  const upper = boundOf(to)
  // Both ends are shares, or both are values.
  if (from !== undefined && to !== undefined && from.endsWith('%') !== to.endsWith('%')) return undefined
  if (!isInOrder(lower, upper)) return undefined
  if (kind === 'PR')
    return lower.share === undefined && upper.share === undefined
      ? summary => percentileRank(summary, lower.value, upper.value)
      : undefined
  return summary => trimmed(kind as Trim, summary, lower, upper)
}

/** Whether it is one of those that need not know how values are spread. */
export const isPlainStatistic = (name: string): boolean => name !== 'IQM' && Object.hasOwn(PLAIN, name)

function boundOf(text: string | undefined): Bound {
  if (text === undefined) return {}
  return text.endsWith('%') ? share(Number(text.slice(0, -1)) / 100) : { value: Number(text) }
}

function isInOrder(lower: Bound, upper: Bound): boolean {
  if ((lower.share ?? 0) > 1 || (upper.share ?? 0) > 1) return false
  if (lower.share !== undefined && upper.share !== undefined) return lower.share <= upper.share
  return lower.value === undefined || upper.value === undefined || lower.value <= upper.value
}

/** The least value that at least such a share of all values do not exceed: of few values `p99` is the greatest. */
function percentile(summary: Summary, quantile: number): number | undefined {
  const spread = spreadOf(summary)
  if (!spread) return undefined
  const rank = quantile * summary.count
  let below = 0
  for (const [value, count] of spread) {
    below += count
    if (below >= rank) return value
  }
  return summary.max
}

/** The share of values above `lower` and up to `upper`, in per cent. */
function percentileRank(summary: Summary, lower?: number, upper?: number): number | undefined {
  const spread = spreadOf(summary)
  if (!spread) return undefined
  let inside = 0
  for (const [value, count] of spread)
    if ((lower === undefined || value > lower) && (upper === undefined || value <= upper)) inside += count
  return (100 * inside) / summary.count
}

/** Mean, count or sum of what is between the bounds; winsorized: with what is outside moved to the bounds. */
function trimmed(trim: Trim, summary: Summary, lower: Bound, upper: Bound): number | undefined {
  const spread = spreadOf(summary)
  if (!spread) return undefined
  let counted = 0
  let sum = 0
  let below = 0
  const fromRank = (lower.share ?? 0) * summary.count
  const toRank = (upper.share ?? 1) * summary.count
  let first: number | undefined
  let last: number | undefined
  for (const [value, count] of spread) {
    const begin = Math.max(below, fromRank)
    const end = Math.min(below + count, toRank)
    below += count
    const isInside =
      (lower.value === undefined || value > lower.value) &&
      (upper.value === undefined || value <= upper.value)
    if (end <= begin || !isInside) continue
    first ??= value
    last = value
    counted += end - begin
    sum += value * (end - begin)
  }
  switch (trim) {
    case 'TC':
      return counted
    case 'TS':
      return sum
    case 'TM':
      return counted > 0 ? sum / counted : undefined
    case 'WM':
      return winsorized(spread, summary.count, lower.value ?? first, upper.value ?? last)
  }
}

function winsorized(
  spread: ReadonlyArray<readonly [number, number]>,
  total: number,
  lowest: number | undefined,
  highest: number | undefined,
): number | undefined {
  if (lowest === undefined || highest === undefined) return undefined
  let sum = 0
  for (const [value, count] of spread) sum += Math.min(highest, Math.max(lowest, value)) * count
  return sum / total
}
