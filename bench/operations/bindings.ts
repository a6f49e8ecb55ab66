import { createHash } from 'node:crypto'
import type { Counts } from './counts.ts'
import { LATENCY } from './objects.ts'
import { time } from './platform.ts'
import { Database } from './sqlite.ts'

/** A D1 database. What its statements read and write is counted by running them again. */
export class DatabaseBinding {
  readonly database = new Database('D1', 'D1')
  readonly #counts: Counts

  constructor(counts: Counts) {
    this.#counts = counts
  }

  prepare(sql: string): PreparedStatement {
    return new PreparedStatement(this, sql, [])
  }

  async batch(statements: readonly PreparedStatement[]): Promise<unknown[]> {
    this.#counts.add('database: batch')
    await time.wait(LATENCY.database)
    return statements.map(statement => statement.now())
  }

  async one<T>(work: () => T): Promise<T> {
    this.#counts.add('database: statement')
    await time.wait(LATENCY.database)
    return work()
  }
}

class PreparedStatement {
  readonly #binding: DatabaseBinding
  readonly #sql: string
  readonly #values: readonly unknown[]

  constructor(binding: DatabaseBinding, sql: string, values: readonly unknown[]) {
    this.#binding = binding
    this.#sql = sql
    this.#values = values
  }

  bind(...values: unknown[]): PreparedStatement {
    return new PreparedStatement(this.#binding, this.#sql, values)
  }

  now() {
    const { rows, changes } = this.#binding.database.run(this.#sql, this.#values)
    return { success: true, results: rows, meta: { changes, last_row_id: 0 } }
  }

  all = () => this.#binding.one(() => this.now())
  run = () => this.#binding.one(() => this.now())
  raw = () => this.#binding.one(() => this.now().results.map(row => Object.values(row)))
  first = (column?: string) =>
    this.#binding.one(() => {
      const [row] = this.now().results
      if (!row) return null
      return column === undefined ? row : row[column]
    })
}

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly etag: string
  readonly customMetadata: Record<string, string> | undefined
}

interface PutOptions {
  readonly onlyIf?: { readonly etagMatches?: string; readonly etagDoesNotMatch?: string }
  readonly customMetadata?: Record<string, string>
}

/** An R2 bucket. Writing and listing are operations of class A, reading of class B, deleting is free. */
export class Bucket {
  readonly #counts: Counts
  readonly #stored = new Map<string, Stored>()

  constructor(counts: Counts) {
    this.#counts = counts
  }

  async put(key: string, body: BodyInit | null, options: PutOptions = {}): Promise<unknown> {
    this.#counts.add('store A: put')
    const bytes = new Uint8Array(await time.meanwhile(new Response(body).arrayBuffer()))
    await time.wait(LATENCY.store)
    const { onlyIf, customMetadata } = options
    const known = this.#stored.get(key)
    if (onlyIf?.etagMatches !== undefined && onlyIf.etagMatches !== known?.etag) return null
    if (onlyIf?.etagDoesNotMatch === '*' && known) return null
    const stored = { bytes, etag: createHash('md5').update(bytes).digest('hex'), customMetadata }
    this.#stored.set(key, stored)
    return headOf(key, stored)
  }

  async get(key: string): Promise<unknown> {
    this.#counts.add('store B: get')
    await time.wait(LATENCY.store)
    const stored = this.#stored.get(key)
    if (!stored) return null
    const body = new Response(stored.bytes)
    return {
      ...headOf(key, stored),
      get body() {
        return body.body
      },
      arrayBuffer: () => body.arrayBuffer(),
      text: () => body.text(),
      json: () => body.json(),
    }
  }

  async head(key: string): Promise<unknown> {
    this.#counts.add('store B: head')
    await time.wait(LATENCY.store)
    const stored = this.#stored.get(key)
    return stored ? headOf(key, stored) : null
  }

  async delete(keys: string | readonly string[]): Promise<void> {
    for (const key of [keys].flat()) this.#stored.delete(key as string)
  }

  async list({ prefix = '' }: { prefix?: string }): Promise<unknown> {
    this.#counts.add('store A: list')
    await time.wait(LATENCY.store)
    const objects = [...this.#stored].filter(([key]) => key.startsWith(prefix)).sort()
    return { objects: objects.map(([key, stored]) => headOf(key, stored)), truncated: false }
  }
}

const headOf = (key: string, { bytes, etag, customMetadata }: Stored) => ({
  key,
  size: bytes.length,
  etag,
  customMetadata,
})

/** Loads functions, all of which give one answer. */
export class Loader {
  readonly #counts: Counts
  readonly #answer: () => Response
  /** Ids of what was loaded: each is billed once a day. */
  readonly loaded = new Map<string, Promise<unknown>>()

  constructor(counts: Counts, answer: () => Response) {
    this.#counts = counts
    this.#answer = answer
  }

  get(id: string, load: () => unknown): unknown {
    const fetch = async () => {
      this.#counts.add('dynamic worker: call')
      let loading = this.loaded.get(id)
      if (!loading) {
        loading = Promise.resolve(load())
        this.loaded.set(id, loading)
      }
      await loading
      await time.wait(LATENCY.function)
      return this.#answer()
    }
    return { getEntrypoint: () => ({ fetch }) }
  }
}
