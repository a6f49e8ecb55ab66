import { floorTo } from './levels.ts'
import type { MetricSample, MetricValues } from './metric-sample.ts'
import { subjectKey } from './subject.ts'
import { Accumulator } from './summary.ts'

/** How long what is measured is added up for, where an operator shortens minutes: whole seconds, in milliseconds. */
export const bucketLength = (minuteMs: number): number =>
  Math.min(60_000, Math.max(1_000, floorTo(minuteMs, 1_000)))

/** Begin of the period in which a sample counts. */
export function bucketOf({ at, highResolution }: MetricSample, bucketMs: number): number {
  return floorTo(at, highResolution ? 1_000 : bucketMs)
}

/** Adds values to what there is of a metric. */
export function addValues(sum: Accumulator, { values, counts, statistics }: MetricValues): void {
  if (statistics) sum.merge(statistics)
  for (let i = 0; i < values.length; i++) {
    const count = counts ? counts[i]! : 1
    if (count > 0) sum.add(values[i]!, count)
  }
}

interface Condensed {
  readonly sample: MetricSample
  readonly sums: Map<
    string,
    { readonly metric: string; readonly unit: string | undefined; readonly sum: Accumulator }
  >
}

/** Of many samples one for each subject and period, which says the same. */
export function condenseSamples(samples: readonly MetricSample[], bucketMs: number): MetricSample[] {
  const condensed = new Map<string, Condensed>()
  for (const sample of samples) {
    const at = bucketOf(sample, bucketMs)
    const key = `${at}${sample.highResolution ? '!' : ' '}${subjectKey(sample)}`
    let into = condensed.get(key)
    if (!into) {
      into = { sample: { ...sample, at }, sums: new Map() }
      condensed.set(key, into)
    }
    for (const metric of Object.keys(sample.values)) {
      const values = sample.values[metric]!
      const name = cellName(metric, values.unit)
      let cell = into.sums.get(name)
      if (!cell) {
        cell = { metric, unit: values.unit, sum: new Accumulator() }
        into.sums.set(name, cell)
      }
      addValues(cell.sum, values)
    }
  }
  return [...condensed.values()].flatMap(each => [...samplesOf(each)])
}

/** One, unless a metric has several units: a sample has room for one. */
function* samplesOf({ sample, sums }: Condensed): Generator<MetricSample> {
  let rest = [...sums.values()].filter(({ sum }) => sum.count > 0)
  while (rest.length > 0) {
    const values: Record<string, MetricValues> = {}
    const later: typeof rest = []
    for (const cell of rest) {
      if (Object.hasOwn(values, cell.metric)) later.push(cell)
      else values[cell.metric] = { unit: cell.unit, values: [], statistics: cell.sum.summary() }
    }
    yield { ...sample, values }
    rest = later
  }
}

/** What tells values of a metric apart. Names have no line feeds. */
export const cellName = (metric: string, unit = 'None'): string => `${metric}\n${unit}`

export function cellNamed(name: string): { readonly metric: string; readonly unit: string } {
  const end = name.indexOf('\n')
  return { metric: name.slice(0, end), unit: name.slice(end + 1) }
}
