import type { Account } from '../lib/account.ts'
import { Refusal } from '../lib/refusal.ts'

/** A kind of resource: its name in the database and the type of its document. */
export interface Kind<T> {
  readonly name: string
  /** Never present; carries the document's type. */
  readonly document?: T
}

export const kind = <T>(name: string): Kind<T> => ({ name })

export interface Key {
  /** What the resource belongs to; '' for resources of the account itself. */
  readonly parent: string
  readonly id: string
}

/** A document as it was read: writing it back expects this revision still to be there. */
export interface Stored<T> extends Key {
  readonly revision: number
  readonly alias: string | undefined
  readonly doc: T
}

export interface Page<T> {
  readonly items: ReadonlyArray<Stored<T>>
  /** Id to pass as `after` for the next page; absent on the last one. */
  readonly next?: string
}

/** Somebody else changed what this change was based on; nothing of it was written. */
export class StaleRevision extends Error {}

interface Row {
  parent: string
  id: string
  revision: number
  alias: string | null
  doc: string
}

const SELECT =
  'SELECT parent, id, revision, alias, doc FROM resources WHERE account = ? AND region = ? AND kind = ?'

/**
 * Generations begin at the milliseconds of the clock, so that they also grow when a pointer's row was deleted between
 * two of them, as a reset does: caches would take a lower one for older, and an equal one for what they have.
 */
const FIRST_GENERATION = "CAST(unixepoch('subsec') * 1000 AS INTEGER)"

/** The resources of one account in one region. */
export class Records {
  readonly #db: D1Database
  readonly #account: Account

  constructor(db: D1Database, account: Account) {
    this.#db = db
    this.#account = account
  }

  async get<T>(of: Kind<T>, parent: string, id: string): Promise<Stored<T> | undefined> {
    const row = await this.#select(of, 'AND parent = ? AND id = ?', parent, id).first<Row>()
    return row ? toStored<T>(row) : undefined
  }

  async byAlias<T>(of: Kind<T>, alias: string): Promise<Stored<T> | undefined> {
    const row = await this.#select(of, 'AND alias = ?', alias).first<Row>()
    return row ? toStored<T>(row) : undefined
  }

  /** Whatever its parent: of a kind whose ids are unique in the account. */
  async byId<T>(of: Kind<T>, id: string): Promise<Stored<T> | undefined> {
    const row = await this.#select(of, 'AND id = ?', id).first<Row>()
    return row ? toStored<T>(row) : undefined
  }

  /** In the order of ids. Pages are of `limit` at most; `after` is the last id of the page before. */
  async list<T>(of: Kind<T>, parent: string, page: { after?: string; limit: number }): Promise<Page<T>> {
    const { results } = await this.#select(
      of,
      'AND parent = ? AND id > ? ORDER BY id LIMIT ?',
      parent,
      page.after ?? '',
      page.limit + 1,
    ).all<Row>()
    const items = results.slice(0, page.limit).map(row => toStored<T>(row))
    return { items, next: results.length > page.limit ? items.at(-1)?.id : undefined }
  }

  /** All of a parent: for groups that are bounded by a documented limit (an API's resources, a function's aliases). */
  async all<T>(of: Kind<T>, parent: string): Promise<ReadonlyArray<Stored<T>>> {
    const { results } = await this.#select(of, 'AND parent = ? ORDER BY id', parent).all<Row>()
    return results.map(row => toStored<T>(row))
  }

  /** As {@link all}, where names say enough: documents are not read. */
  async ids(of: Kind<unknown>, parent: string): Promise<string[]> {
    const { results } = await this.#db
      .prepare(
        'SELECT id FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = ? ORDER BY id',
      )
      .bind(this.#account.id, this.#account.region, of.name, parent)
      .all<{ id: string }>()
    return results.map(({ id }) => id)
  }

  /** One after the other in the order of ids, `batch` at a read: for lists of any length, and for those that may end early. */
  async *each<T>(
    of: Kind<T>,
    parent: string,
    { after, batch }: { after?: string | undefined; batch: number },
  ): AsyncGenerator<Stored<T>> {
    let last = after
    do {
      const page: Page<T> = await this.list(of, parent, { after: last, limit: batch })
      yield* page.items
      last = page.next
    } while (last !== undefined)
  }

  async count(of: Kind<unknown>, parent: string): Promise<number> {
    const row = await this.#db
      .prepare(
        'SELECT count(*) AS n FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = ?',
      )
      .bind(this.#account.id, this.#account.region, of.name, parent)
      .first<{ n: number }>()
    return row?.n ?? 0
  }

  /** A transaction to be: nothing is written until {@link Change.commit}. */
  change(): Change {
    return new Change(this.#db, this.#account)
  }

  #select(of: Kind<unknown>, where: string, ...values: unknown[]): D1PreparedStatement {
    return this.#db
      .prepare(`${SELECT} ${where}`)
      .bind(this.#account.id, this.#account.region, of.name, ...values)
  }
}

/** A resource and whose it is. */
export interface Owned<T> {
  readonly account: Account
  readonly stored: Stored<T>
}

/**
 * A resource that is found by its id alone, whoever owns it: of a kind whose ids are unique in all of Weir, which an
 * index of this very condition (`WHERE kind = '...'`) has to keep them, and makes this quick.
 */
export async function findAnywhere<T>(
  db: D1Database,
  of: Kind<T>,
  id: string,
): Promise<Owned<T> | undefined> {
  // The kind stands in the text, since an index with a condition is not used for one that is bound.
  const row = await db
    .prepare(
      `SELECT account, region, parent, id, revision, alias, doc FROM resources WHERE kind = '${of.name}' AND id = ?`,
    )
    .bind(id)
    .first<Row & { account: string; region: string }>()
  return row ? { account: { id: row.account, region: row.region }, stored: toStored<T>(row) } : undefined
}

/**
 * All of such a kind, in the order of their ids, `batch` at a read.
 *
 * @see findAnywhere
 */
export async function* eachAnywhere<T>(
  db: D1Database,
  of: Kind<T>,
  batch: number,
): AsyncGenerator<{ readonly id: string; readonly doc: T }> {
  for (let after = ''; ; ) {
    // As above, the kind stands in the text.
    const { results } = await db
      .prepare(`SELECT id, doc FROM resources WHERE kind = '${of.name}' AND id > ? ORDER BY id LIMIT ?`)
      .bind(after, batch)
      .all<{ id: string; doc: string }>()
    for (const { id, doc } of results) yield { id, doc: JSON.parse(doc) as T }
    if (results.length < batch) return
    after = results.at(-1)!.id
  }
}

/** Of one kind and parent; see {@link Change.writeAll}. */
export interface Writes<T> {
  readonly create?: ReadonlyArray<{ readonly id: string; readonly doc: T; readonly alias?: string }>
  readonly replace?: ReadonlyArray<{ readonly stored: Stored<T>; readonly doc: T; readonly alias?: string }>
  readonly remove?: ReadonlyArray<Stored<T>>
  /** Not written, but the change holds only if they are still as they were read. */
  readonly expect?: ReadonlyArray<Stored<T>>
}

/** Writes that happen together or not at all, each on the condition that nobody was faster. */
export class Change {
  readonly #db: D1Database
  readonly #account: Account
  readonly #statements: D1PreparedStatement[] = []

  constructor(db: D1Database, account: Account) {
    this.#db = db
    this.#account = account
  }

  /** Fails with {@link StaleRevision} when the key is taken. Throws a refusal for a document that is too large. */
  create<T>(of: Kind<T>, key: Key, doc: T, alias?: string): this {
    this.#expect(of, key, 0)
    return this.#run(
      'INSERT INTO resources (account, region, kind, parent, id, revision, alias, doc) VALUES (?, ?, ?, ?, ?, 1, ?, ?)',
      this.#account.id,
      this.#account.region,
      of.name,
      key.parent,
      key.id,
      alias ?? null,
      textOf(doc),
    )
  }

  replace<T>(of: Kind<T>, stored: Stored<T>, doc: T, alias: string | undefined = stored.alias): this {
    this.#expect(of, stored, stored.revision)
    return this.#run(
      `UPDATE resources SET revision = revision + 1, doc = ?, alias = ?
       WHERE account = ? AND region = ? AND kind = ? AND parent = ? AND id = ?`,
      textOf(doc),
      alias ?? null,
      ...this.#place(of, stored),
    )
  }

  remove(of: Kind<unknown>, stored: Stored<unknown>): this {
    this.#expect(of, stored, stored.revision)
    return this.#run(
      'DELETE FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = ? AND id = ?',
      ...this.#place(of, stored),
    )
  }

  /**
   * Many resources of one parent, in few statements however many they are: an invocation has 1,000 of them. Each is
   * conditional as with {@link create}, {@link replace} and {@link remove}.
   */
  writeAll<T>(of: Kind<T>, parent: string, writes: Writes<T>): this {
    const { create = [], replace = [], remove = [], expect = [] } = writes
    const here = [this.#account.id, this.#account.region, of.name, parent]
    const expected = [
      ...create.map(({ id }) => [id, 0]),
      ...[...replace.map(({ stored }) => stored), ...remove, ...expect].map(({ id, revision }) => [
        id,
        revision,
      ]),
    ]
    const gone = [...remove.map(({ id }) => id), ...replace.map(({ stored }) => stored.id)]
    const rows = [
      ...create.map(({ id, doc, alias }) => [id, 1, alias ?? null, textOf(doc)]),
      ...replace.map(({ stored, doc, alias = stored.alias }) => [
        stored.id,
        stored.revision + 1,
        alias ?? null,
        textOf(doc),
      ]),
    ]
    if (expected.length > 0) {
      this.#run(
        `INSERT INTO expectations (account, region, kind, parent, id, revision)
         SELECT ?, ?, ?, ?, value ->> 0, value ->> 1 FROM json_each(?)`,
        ...here,
        JSON.stringify(expected),
      )
    }
    if (gone.length > 0) {
      this.#run(
        `DELETE FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = ?
         AND id IN (SELECT value FROM json_each(?))`,
        ...here,
        JSON.stringify(gone),
      )
    }
    for (const text of inStatements(rows)) {
      this.#run(
        `INSERT INTO resources (account, region, kind, parent, id, revision, alias, doc)
         SELECT ?, ?, ?, ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
        ...here,
        text,
      )
    }
    return this
  }

  /** Everything of one kind under a parent, whatever its revisions. */
  removeAll(of: Kind<unknown>, parent: string): this {
    return this.#run(
      'DELETE FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = ?',
      this.#account.id,
      this.#account.region,
      of.name,
      parent,
    )
  }

  /** The change holds only if a resource that it does not write is still as it was read. */
  expect(of: Kind<unknown>, stored: Stored<unknown>): this {
    return this.#expect(of, stored, stored.revision)
  }

  /** What is to be written to other tables, in the same transaction. */
  also(statements: readonly D1PreparedStatement[]): this {
    this.#statements.push(...statements)
    return this
  }

  /** Marks a pointer of the data plane as out of date, in the same transaction. See {@link Publications}. */
  publish(publication: { kind: string; id: string }): this {
    return this.#run(
      `INSERT INTO publications (kind, account, region, id, wanted, published)
       VALUES (?, ?, ?, ?, ${FIRST_GENERATION}, 0) ON CONFLICT DO UPDATE SET wanted = wanted + 1`,
      publication.kind,
      this.#account.id,
      this.#account.region,
      publication.id,
    )
  }

  /** Throws {@link StaleRevision} when a condition does not hold or a key or alias is taken. */
  async commit(): Promise<void> {
    try {
      await this.#db.batch(this.#statements)
    } catch (error) {
      const text = String(error)
      if (text.includes('stale revision') || text.includes('UNIQUE constraint failed')) {
        throw new StaleRevision('the change was based on something that has changed since', { cause: error })
      }
      throw error
    }
  }

  #expect(of: Kind<unknown>, key: Key, revision: number): this {
    return this.#run(
      'INSERT INTO expectations (account, region, kind, parent, id, revision) VALUES (?, ?, ?, ?, ?, ?)',
      ...this.#place(of, key),
      revision,
    )
  }

  #place(of: Kind<unknown>, key: Key): string[] {
    return [this.#account.id, this.#account.region, of.name, key.parent, key.id]
  }

  #run(sql: string, ...values: unknown[]): this {
    this.#statements.push(this.#db.prepare(sql).bind(...values))
    return this
  }
}

/** UTF-8 bytes of a document's JSON. A row of D1 holds 2 MB, keys and all. */
const LARGEST_DOCUMENT = 1_900_000

function textOf(doc: unknown): string {
  const text = JSON.stringify(doc)
  // A character is three bytes at most, so most texts need not be measured.
  if (text.length * 3 > LARGEST_DOCUMENT && new TextEncoder().encode(text).length > LARGEST_DOCUMENT) {
    throw new Refusal(
      'LimitExceededException',
      `The resource would exceed the ${LARGEST_DOCUMENT} bytes that can be kept of one`,
    )
  }
  return text
}

/** Characters of the rows that one statement writes: a bound text holds 2 MB, and a character is three bytes at most. */
const STATEMENT = 500_000

/** Rows as JSON arrays of bounded length; a row that is longer stands alone. */
function inStatements(rows: ReadonlyArray<unknown>): string[] {
  const statements: string[] = []
  let texts: string[] = []
  let length = 0
  for (const row of rows) {
    const text = JSON.stringify(row)
    if (texts.length > 0 && length + text.length > STATEMENT) {
      statements.push(`[${texts.join(',')}]`)
      texts = []
      length = 0
    }
    texts.push(text)
    length += text.length
  }
  if (texts.length > 0) statements.push(`[${texts.join(',')}]`)
  return statements
}

const toStored = <T>(row: Row): Stored<T> => ({
  parent: row.parent,
  id: row.id,
  revision: row.revision,
  alias: row.alias ?? undefined,
  doc: JSON.parse(row.doc) as T,
})
