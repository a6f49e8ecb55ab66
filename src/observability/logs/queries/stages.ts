import type { Aggregate } from './aggregates.ts'
import type { AggregatedCall, Evaluate } from './expressions.ts'
import { MemoryBudget } from './memory-budget.ts'
import { QueryRow } from './query-row.ts'
import { numberOf, textOf } from './query-value.ts'

/** One command at work: takes rows one by one and hands on what becomes of them. */
export interface Stage {
  push(row: QueryRow): void
  /** No row is left. */
  end(): void
  /** Whether further rows would change nothing. */
  readonly isFull: boolean
}

export type MakeStage = (next: Stage) => Stage

/** Characters that sorting keeps in memory: an isolate has 128 MB. What would come last is left out. */
const MOST_SORTED = 16 * 1024 * 1024

/** Of each row, what rows it becomes. */
export const eachRow =
  (become: (row: QueryRow) => Iterable<QueryRow>): MakeStage =>
  next => ({
    push: row => {
      for (const each of become(row)) next.push(each)
    },
    end: () => next.end(),
    get isFull() {
      return next.isFull
    },
  })

export const limitRows =
  (most: number): MakeStage =>
  next => {
    let count = 0
    return {
      push: row => {
        if (count >= most) return
        count += 1
        next.push(row)
      },
      end: () => next.end(),
      get isFull() {
        return count >= most || next.isFull
      },
    }
  }

/**
 * The first row of each value, in the order in which they come. Rows that lack one of the fields are no duplicates.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Dedup.html
 */
export const firstOfEach =
  (fields: readonly string[]): MakeStage =>
  next => {
    const seen = new Set<string>()
    const budget = new MemoryBudget()
    return {
      push: row => {
        const values = fields.map(field => textOf(row.get(field)))
        if (!values.includes(undefined)) {
          const key = JSON.stringify(values)
          if (seen.has(key)) return
          budget.keep(key)
          seen.add(key)
        }
        next.push(row)
      },
      end: () => next.end(),
      get isFull() {
        return next.isFull
      },
    }
  }

/** @param most how many of the first are wanted at all */
export const sortRows =
  (compare: (a: QueryRow, b: QueryRow) => number, most: number): MakeStage =>
  next => {
    let rows: QueryRow[] = []
    let weight = 0
    const keepFirst = (limit: number) => {
      rows.sort(compare)
      weight = 0
      let count = 0
      while (count < rows.length && count < most && weight + rows[count]!.weight <= limit) {
        weight += rows[count]!.weight
        count += 1
      }
      rows = rows.slice(0, count)
    }
    return {
      push: row => {
        rows.push(row)
        weight += row.weight
        // Half of it, so that rows are sorted again only after as many have come.
        if (weight > MOST_SORTED) keepFirst(MOST_SORTED / 2)
        else if (rows.length > 2 * most + 1000) keepFirst(MOST_SORTED)
      },
      end: () => {
        keepFirst(MOST_SORTED)
        for (const row of rows) {
          if (next.isFull) break
          next.push(row)
        }
        next.end()
      },
      isFull: false,
    }
  }

export interface StatsColumn {
  readonly name: string
  readonly evaluate: Evaluate
}

export interface StatsTerms {
  readonly by: readonly StatsColumn[]
  readonly columns: readonly StatsColumn[]
  /** What is added up, and under which name columns find it. */
  readonly calls: ReadonlyArray<AggregatedCall & { readonly slot: string }>
}

/** One row of all rows that have the same values. */
export const groupRows =
  ({ by, columns, calls }: StatsTerms): MakeStage =>
  next => {
    const groups = new Map<string, { row: QueryRow; aggregates: Aggregate[] }>()
    const budget = new MemoryBudget()
    const groupOf = (row: QueryRow) => {
      const values = by.map(({ evaluate }) => evaluate(row))
      const key = JSON.stringify(values.map(value => textOf(value) ?? null))
      const known = groups.get(key)
      if (known) return known
      budget.keep(key)
      const own = new QueryRow()
      for (const [index, { name }] of by.entries()) own.set(name, values[index])
      const group = { row: own, aggregates: calls.map(({ make }) => make(budget)) }
      groups.set(key, group)
      return group
    }
    return {
      push: row => {
        const { aggregates } = groupOf(row)
        const at = numberOf(row.get('@timestamp'))
        for (const [index, { values }] of calls.entries()) {
          aggregates[index]!.add(
            values.map(value => value(row)),
            at,
          )
        }
      },
      end: () => {
        for (const { row, aggregates } of groups.values()) {
          for (const [index, { slot }] of calls.entries()) row.set(slot, aggregates[index]!.result())
          for (const { name, evaluate } of columns) row.set(name, evaluate(row))
          next.push(row)
        }
        next.end()
      },
      isFull: false,
    }
  }
