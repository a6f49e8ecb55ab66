import { type Command, MOST_RESULTS, type Query, stageOf } from './compile-query.ts'
import { type QueriedGroup, type QueriedLine, QueryRow } from './query-row.ts'
import { textOf } from './query-value.ts'
import { compareForSort } from './sort-order.ts'
import { type Stage, sortRows } from './stages.ts'

/** A row of results: names and values, without those that have none. */
export type ResultRow = ReadonlyArray<readonly [field: string, value: string]>

export interface QueryStatistics {
  readonly recordsScanned: number
  /** Of them, those that the query's filters let pass. */
  readonly recordsMatched: number
  readonly bytesScanned: number
}

export interface RunOptions {
  /** Rows, where the query does not say. */
  readonly limit: number
  /** Whether lines come newest first by themselves. */
  readonly isInOrder: boolean
}

/** Characters of results that are kept. */
const MOST_CHARACTERS = 16 * 1024 * 1024

/** One run of a query over lines. */
export class QueryRun {
  readonly #query: Query
  readonly #first: Stage
  readonly #rows: ResultRow[] = []
  #characters = 0
  #scanned = 0
  #matched = 0
  #bytes = 0

  constructor(query: Query, options: RunOptions) {
    this.#query = query
    this.#first = this.#assemble(commandsOf(query, options))
  }

  /** Whether further lines would change nothing of the results. */
  get isDone(): boolean {
    return this.#first.isFull
  }

  add(group: QueriedGroup, line: QueriedLine): void {
    this.#scanned += 1
    this.#bytes += line.message.length
    this.#first.push(new QueryRow({ line, group }))
  }

  /** What it has come to. To be asked for once, at the end. */
  results(): ResultRow[] {
    this.#first.end()
    return this.#rows
  }

  get statistics(): QueryStatistics {
    return { recordsScanned: this.#scanned, recordsMatched: this.#matched, bytesScanned: this.#bytes }
  }

  /** From the last stage to the first, as each knows the next. */
  #assemble(commands: readonly Command[]): Stage {
    const filters = commands.findIndex(({ kind }) => kind !== 'each')
    let stage = this.#output()
    for (let index = commands.length - 1; index >= 0; index--) {
      const command = commands[index]!
      if (command.kind === 'sort') {
        const next = commands[index + 1]
        stage = sortRows(command.compare, next?.kind === 'limit' ? next.most : MOST_RESULTS)(stage)
      } else stage = stageOf(command)(stage)
      if (index === filters) stage = this.#counted(stage)
    }
    return stage
  }

  #counted(next: Stage): Stage {
    return {
      push: row => {
        this.#matched += 1
        next.push(row)
      },
      end: () => next.end(),
      get isFull() {
        return next.isFull
      },
    }
  }

  #output(): Stage {
    const { columns, areLines } = this.#query
    const shown = areLines ? [...columns.filter(name => name !== '@ptr'), '@ptr'] : columns
    const isFull = () => this.#characters >= MOST_CHARACTERS
    return {
      push: row => {
        const fields: (readonly [string, string])[] = []
        for (const name of shown) {
          if (isFull()) return
          const value = textOf(row.get(name))
          if (value === undefined) continue
          fields.push([name, value])
          this.#characters += name.length + value.length
        }
        if (!isFull()) this.#rows.push(fields)
      },
      end: () => {},
      get isFull() {
        return isFull()
      },
    }
  }
}

/** The query's commands with what is understood: newest lines come first, and there is a limit. */
function commandsOf({ commands }: Query, { limit, isInOrder }: RunOptions): readonly Command[] {
  const all: Command[] = [...commands]
  if (!all.some(({ kind }) => kind === 'limit')) all.push({ kind: 'limit', most: limit })
  const firstOrdered = all.findIndex(({ kind }) => kind !== 'each')
  const isOrdered = ['sort', 'stats'].includes(all[firstOrdered]!.kind)
  if (!isInOrder && !isOrdered) all.splice(firstOrdered, 0, { kind: 'sort', compare: newestFirst })
  return all
}

const newestFirst = (a: QueryRow, b: QueryRow): number =>
  compareForSort(b.get('@timestamp'), a.get('@timestamp'))
