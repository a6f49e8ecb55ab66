import { DatabaseSync, type StatementSync } from 'node:sqlite'

export type Row = Record<string, string | number | bigint | null | Uint8Array>
type Bound = string | number | bigint | null | Uint8Array

/** A statement as it was run. */
export interface Ran {
  readonly sql: string
  readonly bound: readonly Bound[]
}

/**
 * One database. What it ran is remembered, to be run again where the platform's own count of rows can be read:
 * see replay-statements.ts.
 */
export class Database {
  /** Of which databases it is one. */
  readonly kind: string
  readonly name: string
  readonly ran: Ran[] = []
  /** Statements before this one are not counted. */
  countedFrom = 0
  #database = new DatabaseSync(':memory:')
  readonly #prepared = new Map<string, StatementSync>()

  constructor(kind: string, name: string) {
    this.kind = kind
    this.name = name
  }

  run(sql: string, values: readonly unknown[]): { rows: Row[]; changes: number } {
    const bound = values.map(bindable)
    this.ran.push({ sql, bound })
    if (bound.length === 0 && /;\s*\S/.test(sql)) {
      this.#database.exec(sql)
      return { rows: [], changes: 0 }
    }
    let statement = this.#prepared.get(sql)
    if (!statement) {
      statement = this.#database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    if (statement.columns().length > 0) return { rows: statement.all(...bound) as Row[], changes: 0 }
    return { rows: [], changes: Number(statement.run(...bound).changes) }
  }
}

function bindable(value: unknown): Bound {
  if (value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return value as Bound
}
