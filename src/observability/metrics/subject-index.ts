import { cellNamed } from './condense-samples.ts'
import type { ListedSeries, SeriesFilter } from './stored-summaries.ts'
import { dimensionsKey, type Subject, seriesDimensions, subjectKey } from './subject.ts'

/** A subject as a ledger knows it, or a part of one that has very many cells. */
export interface KnownSubject extends Subject {
  readonly id: number
  /** From 1; absent: the first. */
  readonly part?: number
  /** Names of all cells that it ever had. */
  readonly cells: Set<string>
  /** Begin of the last period in which it was measured; epoch milliseconds. */
  lastAt: number
  /** What is written of it. */
  savedAt: number
}

/** The subjects of a ledger, and which series they count for. */
export class SubjectIndex {
  readonly #byKey = new Map<string, KnownSubject>()
  readonly #bySeries = new Map<string, KnownSubject[]>()

  get size(): number {
    return this.#byKey.size
  }

  all(): Iterable<KnownSubject> {
    return this.#byKey.values()
  }

  get(subject: Subject, part: number): KnownSubject | undefined {
    return this.#byKey.get(partKey(subject, part))
  }

  add(subject: KnownSubject): void {
    this.#byKey.set(partKey(subject, subject.part), subject)
    for (const dimensions of seriesDimensions(subject)) {
      const key = dimensionsKey({ namespace: subject.namespace, dimensions })
      const same = this.#bySeries.get(key)
      if (same) same.push(subject)
      else this.#bySeries.set(key, [subject])
    }
  }

  delete(subject: KnownSubject): void {
    this.#byKey.delete(partKey(subject, subject.part))
    for (const dimensions of seriesDimensions(subject)) {
      const key = dimensionsKey({ namespace: subject.namespace, dimensions })
      const rest = this.#bySeries.get(key)?.filter(other => other !== subject) ?? []
      if (rest.length > 0) this.#bySeries.set(key, rest)
      else this.#bySeries.delete(key)
    }
  }

  clear(): void {
    this.#byKey.clear()
    this.#bySeries.clear()
  }

  /** Whose values count for the series of these dimensions. */
  of(series: {
    readonly namespace: string
    readonly dimensions: Readonly<Record<string, string>>
  }): readonly KnownSubject[] {
    return this.#bySeries.get(dimensionsKey(series)) ?? []
  }

  /** In the order of their keys, after `after`, `limit` at most. */
  series(filter: SeriesFilter, after: string, limit: number): ListedSeries[] {
    const found = new Map<string, ListedSeries>()
    for (const subject of this.#byKey.values()) {
      if (subject.lastAt < filter.since) continue
      if (filter.namespace !== undefined && subject.namespace !== filter.namespace) continue
      const metrics = new Set([...subject.cells].map(cell => cellNamed(cell).metric))
      for (const dimensions of seriesDimensions(subject)) {
        if (!hasDimensions(dimensions, filter)) continue
        const { namespace } = subject
        for (const metric of metrics) {
          if (filter.metric !== undefined && metric !== filter.metric) continue
          const key = JSON.stringify([namespace, metric, dimensionsKey({ namespace, dimensions })])
          if (key > after) found.set(key, { key, namespace, metric, dimensions })
        }
      }
    }
    return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit)
  }
}

const partKey = (subject: Subject, part = 0): string =>
  part === 0 ? subjectKey(subject) : `${subjectKey(subject)} ${part}`

const hasDimensions = (dimensions: Readonly<Record<string, string>>, filter: SeriesFilter): boolean =>
  (filter.dimensions ?? []).every(
    ({ name, value }) =>
      Object.hasOwn(dimensions, name) && (value === undefined || dimensions[name] === value),
  )
