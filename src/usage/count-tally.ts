import { DAY_MS, utcDay } from '../lib/utc-day.ts'
import type { CountTold, Telling } from './count-batch.ts'
import type { CountKind } from './count-kinds.ts'

/** Counts of one sender: some 50 KB, which a meter writes down as one row. */
const PART = 250

/** Counts of one tally; with more, a new one begins and this one is let go of once the meter has it. */
const MOST_COUNTS = 20_000

/** What adds up in memory. Whoever holds it may add to `sums` as long as the tally that it is of {@link Tally.takes}. */
export class Count {
  readonly kind: CountKind
  readonly labels: readonly string[]
  readonly sums: number[]
  /** Of the sums that the meter has: the first. */
  acknowledged = 0

  constructor(kind: CountKind, labels: readonly string[]) {
    this.kind = kind
    this.labels = labels
    this.sums = new Array(kind.sums.length).fill(0)
  }

  get isUnacknowledged(): boolean {
    return this.acknowledged < this.sums[0]!
  }
}

interface Part {
  readonly sender: string
  readonly counts: Count[]
}

/** What is sent, and how the meter's having it is noted. */
export interface ToTell {
  readonly telling: Telling
  readonly acknowledge: () => void
}

/** What an isolate has counted on one day for one meter. */
export class Tally {
  readonly meter: string
  readonly #newId: () => string
  readonly #day: string
  readonly #from: number
  readonly #until: number
  readonly #counts = new Map<string, Count>()
  readonly #parts: Part[] = []
  #isOver = false

  /** `now`: of the day; epoch milliseconds. */
  constructor(meter: string, now: number, newId: () => string) {
    this.meter = meter
    this.#newId = newId
    this.#day = utcDay(now)
    this.#from = Math.floor(now / DAY_MS) * DAY_MS
    this.#until = this.#from + DAY_MS
  }

  /** Whether what happens now is to be counted here. */
  takes(now: number): boolean {
    return !this.#isOver && now >= this.#from && now < this.#until
  }

  /** Nothing is counted here any more. */
  end(): void {
    this.#isOver = true
  }

  get isFull(): boolean {
    return this.#counts.size >= MOST_COUNTS
  }

  /** Where what has these labels adds up. */
  count(kind: CountKind, labels: readonly string[]): Count {
    // As JSON: no label may look like two.
    const id = kind.name + JSON.stringify(labels)
    let count = this.#counts.get(id)
    if (!count) {
      count = new Count(kind, labels)
      this.#counts.set(id, count)
      let part = this.#parts.at(-1)
      if (!part || part.counts.length >= PART) {
        part = { sender: this.#newId(), counts: [] }
        this.#parts.push(part)
      }
      part.counts.push(count)
    }
    return count
  }

  get isAcknowledged(): boolean {
    return this.#parts.every(({ counts }) => !counts.some(count => count.isUnacknowledged))
  }

  /** What the meter may not have yet, in parts of which each is written down as one row. */
  unacknowledged(): ToTell[] {
    return this.#parts.flatMap(({ sender, counts }) => {
      const said = counts.filter(count => count.isUnacknowledged)
      if (said.length === 0) return []
      const told = said.map(toldOf)
      const acknowledge = () => {
        // Replies may come in any order.
        for (const [i, count] of said.entries())
          count.acknowledged = Math.max(count.acknowledged, told[i]!.sums[0]!)
      }
      return { telling: { sender, day: this.#day, counts: told }, acknowledge }
    })
  }
}

const toldOf = ({ kind, labels, sums }: Count): CountTold => ({
  kind: kind.name,
  labels,
  sums: [...sums],
})
