import type { Account } from '../../../lib/account.ts'
import type { PoolUser } from './pool-user.ts'
import type { StoredUser } from './users.ts'

/** The tables that have rows of a user, with what tells rows of a pool apart. Users first: without them nobody is let in. */
const TABLES = {
  pool_users: 'username',
  pool_aliases: 'alias',
  pool_members: 'group_name, username',
  pool_sign_ins: 'id',
} as const

/** What writes users of one pool: statements for a transaction, each on the condition that nobody was faster. */
export class UserStatements {
  readonly #db: D1Database
  readonly #account: Account
  readonly #id: string

  constructor(db: D1Database, account: Account, poolId: string) {
    this.#db = db
    this.#account = account
    this.#id = poolId
  }

  insert(key: string, user: PoolUser): D1PreparedStatement {
    return this.#run(
      `INSERT INTO pool_users (account, pool, username, revision, sub, email, phone, preferred, status, enabled, doc)
       VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)`,
      this.#account.id,
      this.#id,
      key,
      ...columnsOf(user),
    )
  }

  remove({ key, revision }: Pick<StoredUser, 'key' | 'revision'>): D1PreparedStatement[] {
    return [
      this.#expect(key, revision),
      ...Object.keys(TABLES).map(table =>
        this.#run(`DELETE FROM ${table} WHERE pool = ? AND username = ?`, this.#id, key),
      ),
    ]
  }

  rewrite({ key, revision }: StoredUser, user: PoolUser): D1PreparedStatement[] {
    return [
      this.#expect(key, revision),
      this.#run(
        `UPDATE pool_users SET revision = revision + 1, sub = ?, email = ?, phone = ?, preferred = ?, status = ?,
           enabled = ?, doc = ? WHERE pool = ? AND username = ?`,
        ...columnsOf(user),
        this.#id,
        key,
      ),
    ]
  }

  claim(key: string, aliases: readonly string[]): D1PreparedStatement[] {
    return [...new Set(aliases)].map(alias =>
      this.#run(
        'INSERT INTO pool_aliases (account, pool, alias, username) VALUES (?, ?, ?, ?)',
        this.#account.id,
        this.#id,
        alias,
        key,
      ),
    )
  }

  release(key: string, aliases: readonly string[]): D1PreparedStatement[] {
    return aliases.map(alias =>
      this.#run(
        'DELETE FROM pool_aliases WHERE pool = ? AND alias = ? AND username = ?',
        this.#id,
        alias,
        key,
      ),
    )
  }

  #expect(key: string, revision: number): D1PreparedStatement {
    return this.#run(
      'INSERT INTO pool_expectations (pool, username, revision) VALUES (?, ?, ?)',
      this.#id,
      key,
      revision,
    )
  }

  #run(sql: string, ...values: unknown[]): D1PreparedStatement {
    return this.#db.prepare(sql).bind(...values)
  }
}

/** Rows that one statement removes: 200,000 at once took 40 seconds, of which D1 gives a transaction 30. */
const AT_ONCE = 5_000

/** Everything of all users of a pool that is removed, in one transaction with whatever else is. */
export function removeUsersOf(db: D1Database, pool: string): D1PreparedStatement[] {
  return Object.keys(TABLES).map(table => db.prepare(`DELETE FROM ${table} WHERE pool = ?`).bind(pool))
}

/**
 * What has to go before {@link removeUsersOf} where users are many, so that few are left for its transaction. Whoever
 * begins has decided that all go: when this is interrupted, doing it again goes on with it.
 */
export async function thinOutUsersOf(db: D1Database, pool: string, atOnce = AT_ONCE): Promise<void> {
  for (const [table, key] of Object.entries(TABLES)) {
    const removal = db
      .prepare(
        `DELETE FROM ${table} WHERE pool = ?1 AND (${key}) IN (SELECT ${key} FROM ${table} WHERE pool = ?1 LIMIT ?2)`,
      )
      .bind(pool, atOnce)
    const more = db.prepare(`SELECT 1 FROM ${table} WHERE pool = ? LIMIT 1 OFFSET ?`).bind(pool, atOnce)
    while (await more.first()) await removal.run()
  }
}

const columnsOf = (user: PoolUser): unknown[] => [
  user.attributes.sub,
  user.attributes.email ?? null,
  user.attributes.phone_number ?? null,
  user.attributes.preferred_username ?? null,
  user.status,
  user.enabled ? 1 : 0,
  JSON.stringify(user),
]
