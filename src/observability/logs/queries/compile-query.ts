import { RegexBudget } from '../patterns/regex-term.ts'
import { Scanner } from '../patterns/scanner.ts'
import {
  type AggregatedCall,
  type Evaluate,
  readExpression,
  readFieldName,
  type Surroundings,
} from './expressions.ts'
import { readParse } from './parse-command.ts'
import { QUERY_DIALECT, QueryError, takeWord } from './query-error.ts'
import type { QueryRow } from './query-row.ts'
import { isTrue, type QueryValue } from './query-value.ts'
import { compareForSort } from './sort-order.ts'
import { eachRow, firstOfEach, groupRows, limitRows, type MakeStage, type StatsColumn } from './stages.ts'

/** A query that has been read: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html */
export interface Query {
  /** In the order in which they are to be done. */
  readonly commands: readonly Command[]
  /** What is shown of each row. */
  readonly columns: readonly string[]
  /** Whether rows are lines still, which have a place in their log group. */
  readonly areLines: boolean
}

export type Command =
  | { readonly kind: 'each'; readonly stage: MakeStage }
  | { readonly kind: 'stats'; readonly stage: MakeStage }
  | { readonly kind: 'dedup'; readonly stage: MakeStage }
  | { readonly kind: 'sort'; readonly compare: (a: QueryRow, b: QueryRow) => number }
  | { readonly kind: 'limit'; readonly most: number }

export type CompiledQuery =
  | { readonly ok: true; readonly query: Query }
  | { readonly ok: false; readonly message: string; readonly at: number }

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html */
export const MOST_RESULTS = 100_000

const MOST_COMMANDS = 100

/** @param now epoch milliseconds */
export function compileQuery(text: string, now: number): CompiledQuery {
  const reader = new QueryReader(text, now)
  try {
    return { ok: true, query: reader.read() }
  } catch (error) {
    if (error instanceof QueryError) return { ok: false, message: error.message, at: error.at }
    throw error
  }
}

export const stageOf = (command: Exclude<Command, { kind: 'sort' }>): MakeStage =>
  command.kind === 'limit' ? limitRows(command.most) : command.stage

interface Column extends StatsColumn {
  /** Whether it is a field as it is, under its own name. */
  readonly isField: boolean
}

class QueryReader {
  readonly #scanner: Scanner
  readonly #surroundings: Surroundings
  readonly #commands: Command[] = []
  #columns: string[] = []
  #areLines = true

  constructor(text: string, now: number) {
    this.#scanner = new Scanner(text, QUERY_DIALECT)
    this.#surroundings = { now, regexes: new RegexBudget() }
  }

  read(): Query {
    const scanner = this.#scanner
    do {
      scanner.skipBlanks()
      const word = scanner.read(/[a-z]+\b/iy)
      const read = word === undefined ? undefined : this.#readers[word.toLowerCase()]
      if (!read) throw scanner.error(word ? `the command ${word} is not known here` : 'a command is missing')
      if (this.#commands.length === MOST_COMMANDS) throw scanner.error(`more than ${MOST_COMMANDS} commands`)
      read()
    } while (scanner.take('|'))
    scanner.skipBlanks()
    if (!scanner.atEnd)
      throw scanner.error('this is not understood: | and a command, or the end, is expected')
    const columns = this.#columns.length === 0 && this.#areLines ? ['@timestamp', '@message'] : this.#columns
    return { commands: this.#commands, columns, areLines: this.#areLines }
  }

  readonly #readers: Readonly<Record<string, () => void>> = {
    fields: () => {
      const columns = this.#each(() => this.#column())
      for (const { name } of columns) if (!this.#columns.includes(name)) this.#columns.push(name)
      this.#compute(columns)
    },
    display: () => {
      const columns = this.#each(() => this.#column())
      this.#columns = [...new Set(columns.map(({ name }) => name))]
      this.#compute(columns)
    },
    filter: () => {
      const condition = readExpression(this.#scanner, this.#surroundings)
      this.#do(row => (isTrue(condition(row)) ? [row] : []))
    },
    parse: () => {
      const parse = readParse(this.#scanner, this.#surroundings)
      this.#do(row => [parse(row)])
    },
    unnest: () => {
      const field = this.#fieldName()
      const name = takeWord(this.#scanner, /(?:into|as)\b/iy) ? this.#fieldName() : field
      this.#do(row => unnested(row, field, name))
    },
    stats: () => this.#stats(),
    sort: () => {
      const terms = this.#each(() => {
        const evaluate = readExpression(this.#scanner, this.#surroundings)
        const isDescending = takeWord(this.#scanner, /desc\b/iy)
        if (!isDescending) takeWord(this.#scanner, /asc\b/iy)
        return { evaluate, sign: isDescending ? -1 : 1 }
      })
      this.#commands.push({ kind: 'sort', compare: (a, b) => compareBy(terms, a, b) })
    },
    limit: () => {
      this.#scanner.skipBlanks()
      const most = Number(this.#scanner.read(/\d{1,9}/y) ?? Number.NaN)
      if (!(most >= 1 && most <= MOST_RESULTS)) {
        throw this.#scanner.error(`limit takes a number from 1 to ${MOST_RESULTS}`)
      }
      this.#commands.push({ kind: 'limit', most })
    },
    dedup: () => {
      const fields = this.#each(() => this.#fieldName())
      this.#commands.push({ kind: 'dedup', stage: firstOfEach(fields) })
    },
  }

  #stats(): void {
    const calls: (AggregatedCall & { slot: string })[] = []
    const aggregate = (call: AggregatedCall) => {
      // No field can have such a name.
      const slot = `\0${calls.length}`
      calls.push({ ...call, slot })
      return slot
    }
    const columns = this.#each(() => this.#column(aggregate))
    const by = takeWord(this.#scanner, /by\b/iy) ? this.#each(() => this.#column()) : []
    this.#commands.push({ kind: 'stats', stage: groupRows({ by, columns, calls }) })
    this.#columns = [...new Set([...by, ...columns].map(({ name }) => name))]
    this.#areLines = false
  }

  /** An expression, with the name that is given to it, or its own text. */
  #column(aggregate?: (call: AggregatedCall) => string): Column {
    this.#scanner.skipBlanks()
    const from = this.#scanner.at
    const evaluate = readExpression(this.#scanner, { ...this.#surroundings, aggregate })
    const text = this.#scanner.textSince(from)
    if (takeWord(this.#scanner, /as\b/iy)) return { name: this.#fieldName(), evaluate, isField: false }
    const own = new Scanner(text, QUERY_DIALECT)
    const field = readFieldName(own)
    return own.atEnd && field !== undefined && (field === text || text.startsWith('`'))
      ? { name: field, evaluate, isField: true }
      : { name: text, evaluate, isField: false }
  }

  /** Fields as such are there already. */
  #compute(columns: readonly Column[]): void {
    const computed = columns.filter(({ isField }) => !isField)
    if (computed.length === 0) return
    this.#do(row => {
      for (const { name, evaluate } of computed) row.set(name, evaluate(row))
      return [row]
    })
  }

  #do(become: (row: QueryRow) => Iterable<QueryRow>): void {
    this.#commands.push({ kind: 'each', stage: eachRow(become) })
  }

  #each<T>(read: () => T): T[] {
    const all = [read()]
    while (this.#scanner.take(',')) all.push(read())
    return all
  }

  #fieldName(): string {
    this.#scanner.skipBlanks()
    const name = readFieldName(this.#scanner)
    if (name === undefined) throw this.#scanner.error('the name of a field is missing')
    return name
  }
}

function compareBy(
  terms: ReadonlyArray<{ readonly evaluate: Evaluate; readonly sign: number }>,
  a: QueryRow,
  b: QueryRow,
): number {
  for (const { evaluate, sign } of terms) {
    const order = compareForSort(evaluate(a), evaluate(b))
    if (order !== 0) return sign * order
  }
  return 0
}

/** A row of each member of a list; of anything else, the row itself. */
function* unnested(row: QueryRow, field: string, name: string): Generator<QueryRow> {
  const value: QueryValue = row.get(field)
  if (!Array.isArray(value)) {
    yield row.set(name, value)
    return
  }
  for (const member of value as QueryValue[]) yield row.copy().set(name, member ?? undefined)
}
