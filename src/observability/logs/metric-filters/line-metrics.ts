import type { MetricSample } from '../../metrics/metric-sample.ts'
import { embeddedSamples } from '../embedded-metrics/read-embedded-metrics.ts'
import type { LogLines } from '../log-event.ts'
import { compileFilterPattern, type FilterPattern } from '../patterns/filter-pattern.ts'
import { Message } from '../patterns/json-message.ts'
import { compileLineValue, type FoundLine } from './line-values.ts'
import type { MetricFilter, MetricTransformation } from './metric-filter.ts'

/** Makes metrics of a group's lines: by its metric filters, and of lines that have metrics embedded. */
export interface LineMetrics {
  /** @param now epoch milliseconds */
  samplesOf(lines: readonly LogLines[], now: number): MetricSample[]
}

/** Metrics are not kept from longer ago, nor from further ahead: as PutMetricData refuses them. */
const OLDEST_MS = 14 * 24 * 60 * 60 * 1000
const NEWEST_MS = 2 * 60 * 60 * 1000

const SECOND_MS = 1000

export function lineMetrics(filters: readonly MetricFilter[]): LineMetrics {
  const compiled = filters.flatMap(compile)
  return {
    samplesOf(lines, now) {
      const tally = new Tally()
      const embedded: MetricSample[] = []
      for (const { timestamp, message: text } of lines.flatMap(({ events }) => events)) {
        const message = new Message(text)
        for (const { pattern, transformations } of compiled) {
          const fields = pattern.extract(message)
          const line = fields && { fields, message }
          for (const transformation of transformations) tally.measure(transformation, line, timestamp)
        }
        embedded.push(...embeddedSamples(text))
      }
      return [...tally.samples(), ...embedded].filter(
        ({ at }) => at >= now - OLDEST_MS && at <= now + NEWEST_MS,
      )
    },
  }
}

interface Compiled {
  readonly pattern: FilterPattern
  readonly transformations: readonly CompiledTransformation[]
}

interface CompiledTransformation {
  readonly of: MetricTransformation
  readonly value: (line: FoundLine) => number | undefined
  readonly dimensions: ReadonlyArray<readonly [name: string, value: (line: FoundLine) => string | undefined]>
}

function compile({ pattern: text, transformations }: MetricFilter): Compiled[] {
  const compiled = compileFilterPattern(text)
  // What cannot be read is refused when it is put; a later Weir may be stricter about what an earlier one took.
  return compiled.ok
    ? [{ pattern: compiled.pattern, transformations: transformations.map(compileTransformation) }]
    : []
}

function compileTransformation(of: MetricTransformation): CompiledTransformation {
  const dimensions = Object.entries(of.dimensions ?? {})
  return {
    of,
    value: numberIn(of.value),
    dimensions: dimensions.map(([name, text]) => [name, compileLineValue(text) ?? (() => undefined)]),
  }
}

function numberIn(text: string): CompiledTransformation['value'] {
  const read = compileLineValue(text)
  const toNumber = (value: string | undefined) => {
    const number = value === undefined || value.trim() === '' ? Number.NaN : Number(value)
    return Number.isFinite(number) ? number : undefined
  }
  if (!read) return () => toNumber(text)
  return line => toNumber(read(line))
}

interface Measured {
  readonly of: MetricTransformation
  readonly labels: Readonly<Record<string, string>>
  readonly at: number
  readonly counts: Map<number, number>
}

/** Adds up what many lines of one second measure. */
class Tally {
  readonly #measured = new Map<string, Measured>()

  measure({ of, value, dimensions }: CompiledTransformation, line: FoundLine | undefined, timestamp: number) {
    if (!line) {
      if (of.defaultValue !== undefined) this.#add(of, {}, of.defaultValue, timestamp)
      return
    }
    const number = value(line)
    if (number === undefined) return
    const labels: Record<string, string> = {}
    for (const [name, read] of dimensions) {
      const text = read(line)
      // A metric has all of its dimensions or is not measured.
      if (text === undefined || text === '') return
      labels[name] = text
    }
    this.#add(of, labels, number, timestamp)
  }

  *samples(): Generator<MetricSample> {
    for (const { of, labels, at, counts } of this.#measured.values()) {
      yield {
        namespace: of.namespace,
        labels,
        dimensionSets: [Object.keys(labels)],
        at,
        values: {
          [of.metric]: { unit: of.unit, values: [...counts.keys()], counts: [...counts.values()] },
        },
      }
    }
  }

  #add(of: MetricTransformation, labels: Record<string, string>, value: number, timestamp: number): void {
    const at = Math.floor(timestamp / SECOND_MS) * SECOND_MS
    const key = JSON.stringify([of.namespace, of.metric, of.unit, labels, at])
    let measured = this.#measured.get(key)
    if (!measured) {
      measured = { of, labels, at, counts: new Map() }
      this.#measured.set(key, measured)
    }
    measured.counts.set(value, (measured.counts.get(value) ?? 0) + 1)
  }
}
