import type { Account } from '../../../lib/account.ts'
import type { GroupRecord } from '../pool-records.ts'
import { type OwnedPool, type UserPage, userPage } from './users.ts'

/** Who is in which groups of a pool. Users and groups that are deleted leave none of it behind. */
export class GroupMembers {
  readonly #db: D1Database
  readonly #account: Account
  readonly #id: string

  constructor(db: D1Database, { account, pool }: OwnedPool) {
    this.#db = db
    this.#account = account
    this.#id = pool.id
  }

  /** The members of a group, in the order of usernames. */
  of(group: string, { after = '', limit }: { after?: string | undefined; limit: number }): Promise<UserPage> {
    return userPage(
      this.#db,
      limit,
      `SELECT u.username, u.revision, u.doc FROM pool_members m JOIN pool_users u USING (pool, username)
       WHERE m.pool = ? AND m.group_name = ? AND m.username > ? ORDER BY m.username LIMIT ?`,
      this.#id,
      group,
      after,
    )
  }

  /** The groups of a user, in the order of their names. */
  async groupsOf(key: string): Promise<GroupRecord[]> {
    const { results } = await this.#db
      .prepare(
        `SELECT r.doc FROM pool_members m INDEXED BY pool_members_by_user JOIN resources r ON r.account = m.account AND r.region = ?
           AND r.kind = 'cognito.group' AND r.parent = m.pool AND r.id = m.group_name
         WHERE m.pool = ? AND m.username = ? ORDER BY m.group_name`,
      )
      .bind(this.#account.region, this.#id, key)
      .all<{ doc: string }>()
    return results.map(({ doc }) => JSON.parse(doc) as GroupRecord)
  }

  /** Who is a member already stays one. Says what there is none of. */
  async join(key: string, group: string): Promise<'no such user' | 'no such group' | undefined> {
    try {
      await this.#run(
        'INSERT INTO pool_members (account, pool, group_name, username) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        this.#account.id,
        this.#id,
        group,
        key,
      ).run()
      return undefined
    } catch (error) {
      for (const reason of ['no such user', 'no such group'] as const) {
        if (String(error).includes(reason)) return reason
      }
      throw error
    }
  }

  async leave(key: string, group: string): Promise<void> {
    await this.#run(
      'DELETE FROM pool_members WHERE pool = ? AND group_name = ? AND username = ?',
      this.#id,
      group,
      key,
    ).run()
  }

  #run(sql: string, ...values: unknown[]): D1PreparedStatement {
    return this.#db.prepare(sql).bind(...values)
  }
}
