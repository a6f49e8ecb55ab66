import { binOf, valueOfBin } from '../../metrics/bins.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { Instant, numberOf, type QueryValue, textOf } from './query-value.ts'
import { compareForSort } from './sort-order.ts'

/** Adds values up. */
export interface Aggregate {
  /** @param at when the line was written, epoch milliseconds */
  add(values: readonly QueryValue[], at: number | undefined): void
  result(): QueryValue
}

export interface AggregateFunction {
  readonly least: number
  readonly most: number
  readonly make: (budget: MemoryBudget) => Aggregate
}

const one = (make: AggregateFunction['make']): AggregateFunction => ({ least: 1, most: 1, make })

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html */
const AGGREGATES = {
  avg: one(() => new Moments(({ sum, count }) => sum / count)),
  sum: one(() => new Moments(({ sum }) => sum)),
  stddev: one(() => new Moments(({ squares, count }) => Math.sqrt(squares / count))),
  // `count(*)` and `count()` have no value to look at.
  count: { least: 0, most: 1, make: () => new Count() },
  count_distinct: one(budget => new Distinct(budget)),
  min: one(budget => new Best(budget, (value, best) => compareForSort(value, best) < 0)),
  max: one(budget => new Best(budget, (value, best) => compareForSort(value, best) > 0)),
  pct: { least: 2, most: 2, make: () => new Percentile() },
  earliest: one(budget => new ByTime(budget, (at, best) => at < best)),
  latest: one(budget => new ByTime(budget, (at, best) => at >= best)),
  sortsfirst: one(budget => new Best(budget, (value, best) => compareForSort(value, best) < 0)),
  sortslast: one(budget => new Best(budget, (value, best) => compareForSort(value, best) > 0)),
} satisfies Record<string, AggregateFunction>

/** By its name in whatever case; undefined where there is none. */
export function aggregateNamed(name: string): AggregateFunction | undefined {
  const key = name.toLowerCase()
  return Object.hasOwn(AGGREGATES, key) ? AGGREGATES[key as keyof typeof AGGREGATES] : undefined
}

class Count implements Aggregate {
  #count = 0

  add(values: readonly QueryValue[]): void {
    if (values.length === 0 || values[0] !== undefined) this.#count += 1
  }

  result(): number {
    return this.#count
  }
}

/** Sums of numbers and of squared distances from their mean, by Welford's method: squares themselves lose digits. */
class Moments implements Aggregate {
  readonly #of: (moments: { count: number; sum: number; squares: number }) => number
  #count = 0
  #sum = 0
  #mean = 0
  #squares = 0

  constructor(of: (moments: { count: number; sum: number; squares: number }) => number) {
    this.#of = of
  }

  add([value]: readonly QueryValue[]): void {
    const number = numberOf(value)
    if (number === undefined) return
    this.#count += 1
    this.#sum += number
    const distance = number - this.#mean
    this.#mean += distance / this.#count
    this.#squares += distance * (number - this.#mean)
  }

  result(): QueryValue {
    if (this.#count === 0) return undefined
    return this.#of({ count: this.#count, sum: this.#sum, squares: this.#squares })
  }
}

/** One value, whose size may change. */
class KeptValue {
  readonly #budget: MemoryBudget
  #size = 0
  #value: QueryValue

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  get value(): QueryValue {
    return this.#value
  }

  set(value: QueryValue): void {
    const size = typeof value === 'string' ? value.length : 0
    this.#budget.spend(size - this.#size)
    this.#size = size
    this.#value = value
  }
}

class Best implements Aggregate {
  readonly #isBetter: (value: QueryValue, best: QueryValue) => boolean
  readonly #best: KeptValue

  constructor(budget: MemoryBudget, isBetter: (value: QueryValue, best: QueryValue) => boolean) {
    this.#isBetter = isBetter
    this.#best = new KeptValue(budget)
  }

  add([value]: readonly QueryValue[]): void {
    if (value === undefined) return
    const best = this.#best.value
    if (best === undefined || this.#isBetter(value, best)) this.#best.set(value)
  }

  result(): QueryValue {
    const { value } = this.#best
    return value instanceof Instant ? value : (numberOf(value) ?? value)
  }
}

class ByTime implements Aggregate {
  readonly #isBetter: (at: number, best: number) => boolean
  readonly #kept: KeptValue
  #at: number | undefined

  constructor(budget: MemoryBudget, isBetter: (at: number, best: number) => boolean) {
    this.#isBetter = isBetter
    this.#kept = new KeptValue(budget)
  }

  add([value]: readonly QueryValue[], at = 0): void {
    if (value === undefined) return
    if (this.#at !== undefined && !this.#isBetter(at, this.#at)) return
    this.#at = at
    this.#kept.set(value)
  }

  result(): QueryValue {
    return this.#kept.value
  }
}

/** Values that are kept as they are; of more, how many are in each bin, which is within 1 %. */
const EXACT = 1_000

class Percentile implements Aggregate {
  #exact: number[] = []
  #bins: Map<number, number> | undefined
  #count = 0
  #percent = 50

  add([value, percent]: readonly QueryValue[]): void {
    const number = numberOf(value)
    if (number === undefined) return
    this.#percent = numberOf(percent) ?? this.#percent
    this.#count += 1
    if (this.#bins) this.#note(this.#bins, number)
    else if (this.#exact.push(number) > EXACT) {
      this.#bins = new Map()
      for (const each of this.#exact) this.#note(this.#bins, each)
      this.#exact = []
    }
  }

  result(): QueryValue {
    const share = Math.min(100, Math.max(0, this.#percent)) / 100
    const rank = Math.max(0, Math.ceil(share * this.#count) - 1)
    if (!this.#bins) return this.#exact.sort((a, b) => a - b)[rank]
    let below = 0
    for (const [bin, count] of [...this.#bins].sort(([a], [b]) => a - b)) {
      below += count
      if (below > rank) return valueOfBin(bin)
    }
    return undefined
  }

  #note(bins: Map<number, number>, value: number): void {
    const bin = binOf(value)
    bins.set(bin, (bins.get(bin) ?? 0) + 1)
  }
}

/** Beyond this, values are estimated; 2^14 registers are less than one per cent off. */
const REMEMBERED = 1_000
const REGISTER_BITS = 14

/** Counts what differs: exactly at first, and then as HyperLogLog does, whose memory does not grow. */
class Distinct implements Aggregate {
  readonly #budget: MemoryBudget
  #seen: Set<string> | undefined = new Set()
  #registers: Uint8Array | undefined

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  add([value]: readonly QueryValue[]): void {
    const text = textOf(value)
    if (text === undefined) return
    if (!this.#seen) {
      this.#note(text)
      return
    }
    if (this.#seen.has(text)) return
    this.#budget.keep(text)
    this.#seen.add(text)
    if (this.#seen.size <= REMEMBERED) return
    this.#registers = new Uint8Array(1 << REGISTER_BITS)
    for (const each of this.#seen) this.#note(each)
    this.#seen = undefined
  }

  result(): number {
    if (!this.#registers) return this.#seen?.size ?? 0
    const size = this.#registers.length
    let sum = 0
    let empty = 0
    for (const register of this.#registers) {
      sum += 2 ** -register
      if (register === 0) empty += 1
    }
    const estimate = ((0.7213 / (1 + 1.079 / size)) * size * size) / sum
    // Few of many: how many registers are empty says it more exactly.
    return Math.round(estimate <= 2.5 * size && empty > 0 ? size * Math.log(size / empty) : estimate)
  }

  #note(text: string): void {
    const [high, low] = hash64(text)
    const register = high >>> (32 - REGISTER_BITS)
    const rank = Math.clz32(low) + 1
    if (rank > this.#registers![register]!) this.#registers![register] = rank
  }
}

/** Two independent halves: MurmurHash3's mixing over the text's characters. */
function hash64(text: string): readonly [number, number] {
  let [a, b] = [0x9747b28c, 0x3c6ef372]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x5bd1e995)
    a ^= a >>> 15
    b = Math.imul(b + code, 0x85ebca6b)
    b ^= b >>> 13
  }
  return [mixed(a), mixed(b)]
}

function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
