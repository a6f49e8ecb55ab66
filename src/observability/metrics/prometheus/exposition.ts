import type { Subject } from '../subject.ts'
import { type Summary, spreadOf } from '../summary.ts'

/** What was measured of a subject since some time. */
export interface SubjectTotals extends Subject {
  readonly totals: readonly { readonly metric: string; readonly unit: string; readonly summary: Summary }[]
}

/** Upper bounds of a histogram of durations, seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 900]

/** Units of time, in seconds. */
const SECONDS: Readonly<Record<string, number>> = { Seconds: 1, Milliseconds: 1e-3, Microseconds: 1e-6 }

/**
 * Totals in Prometheus's text format: durations as histograms in seconds, everything else as a summary without quantiles.
 * Both have `_sum` and `_count`. Names are in the case that Prometheus's users expect: `aws_lambda_duration_seconds`,
 * with labels `function_name` and `executed_version`.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(all: readonly SubjectTotals[]): string {
  const families = new Map<string, Family>()
  for (const { namespace, labels, totals } of all) {
    const labelTexts = labelsOf(labels)
    for (const { metric, unit, summary } of totals) {
      const seconds = SECONDS[unit]
      const name = [namespace, metric, seconds === undefined ? unitName(unit) : 'seconds']
        .filter(part => part !== '')
        .map(snakeCase)
        .join('_')
      let family = families.get(name)
      if (!family) {
        family = { kind: seconds === undefined ? 'summary' : 'histogram', lines: [] }
        families.set(name, family)
      }
      // One of the same name whose values are of another kind.
      if (family.kind !== (seconds === undefined ? 'summary' : 'histogram')) continue
      family.lines.push(...linesOf(name, labelTexts, summary, seconds))
    }
  }
  return [...families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { kind, lines }]) => [`# TYPE ${name} ${kind}`, ...lines])
    .map(line => `${line}\n`)
    .join('')
}

interface Family {
  readonly kind: 'summary' | 'histogram'
  readonly lines: string[]
}

function* linesOf(
  name: string,
  labels: readonly string[],
  summary: Summary,
  seconds: number | undefined,
): Generator<string> {
  const of = (suffix: string, further: readonly string[], value: number) => {
    const all = [...labels, ...further]
    return `${name}${suffix}${all.length > 0 ? `{${all.join(',')}}` : ''} ${value}`
  }
  if (seconds !== undefined) {
    const spread = spreadOf(summary) ?? []
    for (const bound of BOUNDS) {
      const below = spread.reduce(
        (count, [value, times]) => (value * seconds <= bound ? count + times : count),
        0,
      )
      yield of('_bucket', [`le="${bound}"`], below)
    }
    yield of('_bucket', ['le="+Inf"'], summary.count)
  }
  yield of('_sum', [], summary.sum * (seconds ?? 1))
  yield of('_count', [], summary.count)
}

/** `Count/Second` is `count_per_second`; what is counted, or has no unit, says nothing more. */
const unitName = (unit: string): string =>
  unit === 'None' || unit === 'Count' ? '' : unit.replace('/', 'Per')

/** `FunctionName` is `function_name`, `4XXError` is `_4xx_error`. */
function snakeCase(name: string): string {
  const words = name.match(/\d+X*(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g) ?? []
  return words.join('_').toLowerCase() || '_'
}

/** Labels in the order of their names, of which no two may be equal. */
function labelsOf(labels: Readonly<Record<string, string>>): string[] {
  const byName = new Map<string, string>()
  for (const [label, value] of Object.entries(labels)) {
    let name = snakeCase(label)
    if (/^\d/.test(name)) name = `_${name}`
    // Prometheus has names of its own in these formats: one more of them spoils the whole answer.
    while (byName.has(name) || name === 'le' || name === 'quantile') name += '_'
    byName.set(name, value)
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${escaped(value)}"`)
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
