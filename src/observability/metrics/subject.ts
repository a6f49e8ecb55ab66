import type { MetricSample } from './metric-sample.ts'
import type { MetricSeries } from './metric-series.ts'

/** What samples that are added up have in common. */
export type Subject = Pick<MetricSample, 'namespace' | 'labels' | 'dimensionSets'>

/** Of the labels that a writer uses again and again: what their subjects are called. */
const known = new WeakMap<object, Subject & { readonly key: string }>()

/** The same for equal subjects. Costs least for whoever passes the same `labels` and `dimensionSets` each time. */
export function subjectKey(subject: Subject): string {
  const { namespace, labels, dimensionSets } = subject
  const last = known.get(labels)
  if (last && last.namespace === namespace && last.dimensionSets === dimensionSets) return last.key
  const key = JSON.stringify([namespace, sortedEntries(labels), dimensionSets])
  known.set(labels, { namespace, labels, dimensionSets, key })
  return key
}

const sortedEntries = (dimensions: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

/** The same for equal namespaces and dimensions, in whatever order these are. */
export const dimensionsKey = ({ namespace, dimensions }: Omit<MetricSeries, 'metric'>): string =>
  JSON.stringify([namespace, sortedEntries(dimensions)])

/** The dimensions of each of a subject's series; a set with a label that is not there is none. */
export function seriesDimensions({ labels, dimensionSets }: Subject): Record<string, string>[] {
  const all: Record<string, string>[] = []
  for (const names of dimensionSets) {
    if (!names.every(name => Object.hasOwn(labels, name))) continue
    all.push(Object.fromEntries(names.map(name => [name, labels[name]!])))
  }
  return all
}
