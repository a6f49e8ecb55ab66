import { binOf, valueOfBin } from './bins.ts'

/**
 * What is left of values that were measured. Summaries can be put together in any order, and in any number.
 *
 * How the values are spread is in `values` while there are few different ones, and in `bins` when there are more: a
 * percentile of those is within 1 % of the true one. Each is a list of pairs, number and count, in ascending order.
 * Neither is there when all values are the same, and when nobody said how they are spread.
 */
export interface Summary {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly values?: readonly number[]
  readonly bins?: readonly number[]
}

/** Different values that are kept as they are. */
const MOST_VALUES = 16

/** Where values add up. */
export class Accumulator {
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  /** By value, as long as `bins` is undefined. */
  #values: Map<number, number> | undefined = new Map()
  #bins: Map<number, number> | undefined
  #isSpreadKnown = true

  /** @param count how often it was measured; above 0 */
  add(value: number, count = 1): void {
    this.#grow(count, value * count, value, value)
    this.#spread(value, count)
  }

  merge(summary: Summary): void {
    const { count, sum, min, max, values, bins } = summary
    if (count === 0) return
    this.#grow(count, sum, min, max)
    if (min === max) this.#spread(min, count)
    else if (values) for (let i = 0; i < values.length; i += 2) this.#spread(values[i]!, values[i + 1]!)
    else if (bins) for (let i = 0; i < bins.length; i += 2) this.#spreadBin(bins[i]!, bins[i + 1]!)
    else this.#isSpreadKnown = false
  }

  summary(): Summary {
    const { count, sum, min, max } = this
    const plain = { count, sum, min, max }
    if (min === max || !this.#isSpreadKnown) return plain
    return this.#bins ? { ...plain, bins: pairs(this.#bins) } : { ...plain, values: pairs(this.#values!) }
  }

  #grow(count: number, sum: number, min: number, max: number): void {
    this.count += count
    this.sum += sum
    if (min < this.min) this.min = min
    if (max > this.max) this.max = max
  }

  #spread(value: number, count: number): void {
    if (!this.#isSpreadKnown) return
    const values = this.#values
    if (!values) {
      this.#spreadBin(binOf(value), count)
      return
    }
    values.set(value, (values.get(value) ?? 0) + count)
    if (values.size > MOST_VALUES) this.#useBins()
  }

  #spreadBin(bin: number, count: number): void {
    if (!this.#isSpreadKnown) return
    const bins = this.#bins ?? this.#useBins()
    bins.set(bin, (bins.get(bin) ?? 0) + count)
  }

  #useBins(): Map<number, number> {
    const bins = new Map<number, number>()
    for (const [value, count] of this.#values ?? []) {
      const bin = binOf(value)
      bins.set(bin, (bins.get(bin) ?? 0) + count)
    }
    this.#values = undefined
    this.#bins = bins
    return bins
  }
}

const pairs = (counts: ReadonlyMap<number, number>): number[] => [...counts].sort(([a], [b]) => a - b).flat()

export function mergeSummaries(summaries: readonly Summary[]): Summary {
  if (summaries.length === 1) return summaries[0]!
  const all = new Accumulator()
  for (const each of summaries) all.merge(each)
  return all.summary()
}

/**
 * The values in ascending order, each with how often it was measured; of bins what stands for the bin. Undefined when
 * nobody said how they are spread.
 */
export function spreadOf(
  summary: Summary,
): ReadonlyArray<readonly [value: number, count: number]> | undefined {
  const { count, min, max, values, bins } = summary
  if (min === max) return [[min, count]]
  const list = values ?? bins
  if (!list) return undefined
  const spread: [number, number][] = []
  for (let i = 0; i < list.length; i += 2) {
    const value = values ? list[i]! : Math.min(max, Math.max(min, valueOfBin(list[i]!)))
    spread.push([value, list[i + 1]!])
  }
  return spread
}
