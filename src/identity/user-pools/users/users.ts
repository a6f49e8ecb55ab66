import type { Account } from '../../../lib/account.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { modify } from '../../../records/modify.ts'
import { StaleRevision, type Stored } from '../../../records/records.ts'
import type { PoolRecord } from '../pool-records.ts'
import { aliasesOf, nameKeyOf } from './names-of-user.ts'
import type { PoolUser } from './pool-user.ts'
import { UserStatements } from './write-users.ts'

export { removeUsersOf, thinOutUsersOf } from './write-users.ts'

/** A user as it was read: writing it back expects this revision still to be there. */
export interface StoredUser {
  /** The username as the pool compares names. */
  readonly key: string
  readonly revision: number
  readonly user: PoolUser
}

/** A user was not written: what it would be found by already leads to another one. */
export interface Taken {
  readonly taken: 'username' | AliasAttribute
}

interface Seizing {
  readonly seize?: boolean | undefined
}

/** What a user may be found by, beside the username. */
export type AliasAttribute = 'email' | 'phone_number' | 'preferred_username'

export interface UserPage {
  readonly users: readonly StoredUser[]
  /** Key to pass as `after` for the next page; absent on the last one. */
  readonly next?: string
}

/** A condition on columns of `pool_users`, with values for its question marks. */
export interface UserCondition {
  readonly sql: string
  readonly values: readonly string[]
  /** What finds them without reading through the pool, if anything does: an index, or the key itself. */
  readonly by?: 'pool_users_by_sub' | 'pool_users_by_email' | 'pool_users_by_phone' | 'key' | undefined
}

interface Row {
  username: string
  revision: number
  doc: string
}

/** A pool and whose it is; see find-pool.ts. */
export interface OwnedPool {
  readonly account: Account
  readonly pool: Pick<Stored<PoolRecord>, 'id' | 'doc'>
}

/**
 * The users of one user pool. Whatever a user is found by, and the groups it is in, is written in one transaction with
 * it: no two users of a pool share a username, a `sub` or an alias, not even crosswise.
 */
export class PoolUsers {
  readonly #db: D1Database
  readonly #id: string
  readonly #pool: PoolRecord
  readonly #statements: UserStatements

  constructor(db: D1Database, { account, pool }: OwnedPool) {
    this.#db = db
    this.#id = pool.id
    this.#pool = pool.doc
    this.#statements = new UserStatements(db, account, pool.id)
  }

  /** By username alone. */
  async get(username: string): Promise<StoredUser | undefined> {
    const row = await this.#db
      .prepare('SELECT username, revision, doc FROM pool_users WHERE pool = ? AND username = ?')
      .bind(this.#id, nameKeyOf(this.#pool, username))
      .first<Row>()
    return row ? toUser(row) : undefined
  }

  /** By `sub` alone, which is nobody else's ever. */
  async bySub(sub: string): Promise<StoredUser | undefined> {
    const row = await this.#db
      .prepare('SELECT username, revision, doc FROM pool_users WHERE pool = ? AND sub = ?')
      .bind(this.#id, sub)
      .first<Row>()
    return row ? toUser(row) : undefined
  }

  /** By username, `sub` or alias, in this order, as users sign in and as operations name them. One query. */
  async find(name: string): Promise<StoredUser | undefined> {
    const row = await this.#db
      .prepare(
        `SELECT username, revision, doc, 0 AS rank FROM pool_users WHERE pool = ?1 AND username = ?2
         UNION ALL
         SELECT username, revision, doc, 1 FROM pool_users WHERE pool = ?1 AND sub = ?3
         UNION ALL
         SELECT username, revision, doc, 2 FROM pool_users
         WHERE pool = ?1 AND username = (SELECT username FROM pool_aliases WHERE pool = ?1 AND alias = ?2)
         ORDER BY rank LIMIT 1`,
      )
      .bind(this.#id, nameKeyOf(this.#pool, name), name)
      .first<Row>()
    return row ? toUser(row) : undefined
  }

  /** @param seize takes aliases away from users who have them, whose addresses are then no longer verified */
  async create(user: PoolUser, { seize = false }: Seizing = {}): Promise<StoredUser | Taken> {
    const key = nameKeyOf(this.#pool, user.username)
    const aliases = [...aliasesOf(this.#pool, user).values()]
    const statements = [
      this.#statements.insert(key, user),
      ...(seize ? await this.#seize(aliases, key) : []),
      ...this.#statements.claim(key, aliases),
    ]
    return (await this.#commit(statements, { key, user })) ?? { key, revision: 1, user }
  }

  /**
   * Throws {@link StaleRevision} when the user is no more as it was read.
   *
   * @param seize as {@link create} does
   */
  async replace(
    stored: StoredUser,
    user: PoolUser,
    { seize = false }: Seizing = {},
  ): Promise<StoredUser | Taken> {
    const { key, revision } = stored
    const before = new Set(aliasesOf(this.#pool, stored.user).values())
    const after = new Set(aliasesOf(this.#pool, user).values())
    const given = [...after].filter(alias => !before.has(alias))
    const dropped = [...before].filter(alias => !after.has(alias))
    const statements = [
      ...this.#statements.rewrite(stored, user),
      ...this.#statements.release(key, dropped),
      ...(seize ? await this.#seize(given, key) : []),
      ...this.#statements.claim(key, given),
    ]
    return (await this.#commit(statements, { key, user })) ?? { key, revision: revision + 1, user }
  }

  /**
   * A change that is based on what the user is now, made anew when somebody was faster: `work` has no other effect.
   * Undefined when the user is gone. For changes that leave the user's aliases as they are.
   */
  change(
    key: string,
    work: (user: PoolUser) => PoolUser | Promise<PoolUser>,
  ): Promise<StoredUser | undefined> {
    return modify(async () => {
      const stored = await this.get(key)
      if (!stored) return undefined
      const user = await work(stored.user)
      if (user === stored.user) return stored
      const replaced = await this.replace(stored, user)
      if ('taken' in replaced) throw new Error('a change that leaves aliases alone wanted one that is taken')
      return replaced
    })
  }

  /** With its aliases, its groups and its sign-ins. Throws {@link StaleRevision}. */
  async remove(stored: StoredUser): Promise<void> {
    await this.#commit(this.#statements.remove(stored))
  }

  /** In the order of usernames. */
  list(page: {
    after?: string | undefined
    limit: number
    where?: UserCondition | undefined
  }): Promise<UserPage> {
    const { after = '', limit, where } = page
    const condition = where ? `AND (${where.sql})` : ''
    const values = where?.values ?? []
    if (!where?.by || where.by === 'key') {
      const username = where?.by ? '+username' : 'username'
      return userPage(
        this.#db,
        limit,
        `SELECT username, revision, doc FROM pool_users
         WHERE pool = ? AND ${username} > ? ${condition} ORDER BY ${username} LIMIT ?`,
        this.#id,
        after,
        ...values,
      )
    }
    // Without statistics the planner takes the key, which is in order already, and reads all of the pool by it. Sorted
    // are keys alone, which the index has: of documents it would be as many megabytes as a pool has thousands of users.
    return userPage(
      this.#db,
      limit,
      `SELECT username, revision, doc FROM pool_users WHERE pool = ? AND username IN (
         SELECT username FROM pool_users INDEXED BY ${where.by}
         WHERE pool = ? AND +username > ? ${condition} ORDER BY +username LIMIT ?)
       ORDER BY username`,
      this.#id,
      this.#id,
      after,
      ...values,
    )
  }

  count(): Promise<number> {
    return countUsersOf(this.#db, this.#id)
  }

  /** Takes aliases from everybody but `key`. */
  async #seize(aliases: readonly string[], key: string): Promise<D1PreparedStatement[]> {
    const others = aliases.length > 0 ? await this.#holders(aliases, key) : []
    return others.flatMap(other => [
      ...this.#statements.rewrite(other, withoutAliases(this.#pool, other.user, new Set(aliases))),
      ...this.#statements.release(other.key, aliases),
    ])
  }

  /** Who has one of these aliases, but not `key`. */
  async #holders(aliases: readonly string[], key: string): Promise<StoredUser[]> {
    const { results } = await this.#db
      .prepare(
        `SELECT username, revision, doc FROM pool_users WHERE pool = ?1 AND username <> ?2 AND username IN (
           SELECT username FROM pool_aliases
           WHERE pool = ?1 AND alias IN (SELECT value FROM json_each(?3)))`,
      )
      .bind(this.#id, key, JSON.stringify(aliases))
      .all<Row>()
    return results.map(toUser)
  }

  async #commit(
    statements: D1PreparedStatement[],
    written?: { readonly key: string; readonly user: PoolUser },
  ): Promise<Taken | undefined> {
    try {
      await this.#db.batch(statements)
      return undefined
    } catch (error) {
      const text = String(error)
      if (text.includes('username is taken')) return { taken: 'username' }
      if (text.includes('alias is taken') && written) {
        return { taken: await this.#takenAlias(written.key, written.user) }
      }
      if (text.includes('stale revision')) {
        throw new StaleRevision('the change was based on a user that has changed since', { cause: error })
      }
      if (text.includes('no such pool')) {
        throw new Refusal('ResourceNotFoundException', `User pool ${this.#id} does not exist.`)
      }
      throw error
    }
  }

  /** Which of a user's aliases another user has. */
  async #takenAlias(key: string, user: PoolUser): Promise<AliasAttribute> {
    const aliases = [...aliasesOf(this.#pool, user)]
    for (const [attribute, alias] of aliases) {
      const found = await this.find(alias)
      if (found && found.key !== key) return attribute
    }
    // Whoever had it has just given it up: trying again would succeed.
    throw new StaleRevision('an alias was taken for a moment')
  }
}

/** How many users a pool has. */
export async function countUsersOf(db: D1Database, pool: string): Promise<number> {
  const row = await db
    .prepare('SELECT count(*) AS n FROM pool_users WHERE pool = ?')
    .bind(pool)
    .first<{ n: number }>()
  return row?.n ?? 0
}

/** @param sql selects `username`, `revision` and `doc`; its last question mark is how many */
export async function userPage(
  db: D1Database,
  limit: number,
  sql: string,
  ...values: unknown[]
): Promise<UserPage> {
  const { results } = await db
    .prepare(sql)
    .bind(...values, limit + 1)
    .all<Row>()
  const users = results.slice(0, limit).map(toUser)
  return { users, next: results.length > limit ? users.at(-1)?.key : undefined }
}

const toUser = ({ username, revision, doc }: Row): StoredUser => ({
  key: username,
  revision,
  user: JSON.parse(doc) as PoolUser,
})

/** A user whose aliases somebody else has from now on: the addresses stay, but they are no more known to be theirs. */
function withoutAliases(pool: PoolRecord, user: PoolUser, taken: ReadonlySet<string>): PoolUser {
  const attributes = { ...user.attributes }
  for (const [attribute, alias] of aliasesOf(pool, user)) {
    if (!taken.has(alias)) continue
    if (attribute === 'preferred_username') delete attributes.preferred_username
    else attributes[`${attribute}_verified`] = 'false'
  }
  return { ...user, attributes }
}
