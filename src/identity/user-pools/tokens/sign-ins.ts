import type { WhichPool } from '../find-pool.ts'
import { LONGEST_TOKEN_SECONDS } from '../pool-defaults.ts'

/** One sign-in of a user: all tokens that are made of it, at once and by refreshing, stand and fall with it. */
export interface SignIn {
  /** Claim `origin_jti` of its tokens. */
  readonly id: string
  /** The user's key. */
  readonly user: string
  readonly client: string
  /** Epoch seconds: until when it can be refreshed. */
  readonly expires: number
  readonly ended: boolean
  readonly doc: SignInRecord
}

export interface SignInRecord {
  /** Epoch seconds. */
  readonly authTime: number
  /** Claim `event_id` of its tokens. */
  readonly event: string
  /** Refresh tokens that are rotated are numbered; this is the number of the last. */
  readonly generation: number
  /** When the last one was made, milliseconds since the epoch. */
  readonly rotated: number
}

interface Row {
  id: string
  username: string
  client: string
  expires: number
  ended: number
  doc: string
}

/** The sign-ins of the users of one pool. Times are epoch seconds unless said otherwise. */
export class SignIns {
  readonly #db: D1Database
  readonly #account: string
  readonly #pool: string

  constructor(db: D1Database, { account, pool }: WhichPool) {
    this.#db = db
    this.#account = account.id
    this.#pool = pool.id
  }

  /**
   * Only while the user is there and enabled: one who is deleted while signing in, which takes as long as the pool's
   * functions do, must not have a sign-in that becomes that of whoever takes the name next.
   *
   * @param sub the user's: names are given again, a `sub` is not
   * @returns whether it was
   */
  async create({ id, user, client, expires, doc }: Omit<SignIn, 'ended'>, sub: string): Promise<boolean> {
    const { meta } = await this.#db
      .prepare(
        `INSERT INTO pool_sign_ins (account, pool, id, username, client, expires, ended, doc)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, 0, ?7
         WHERE EXISTS (SELECT 1 FROM pool_users WHERE pool = ?2 AND username = ?4 AND sub = ?8 AND enabled = 1)`,
      )
      .bind(this.#account, this.#pool, id, user, client, expires, JSON.stringify(doc), sub)
      .run()
    return meta.changes > 0
  }

  async get(id: string): Promise<SignIn | undefined> {
    const row = await this.#db
      .prepare(
        'SELECT id, username, client, expires, ended, doc FROM pool_sign_ins WHERE pool = ? AND id = ?',
      )
      .bind(this.#pool, id)
      .first<Row>()
    if (!row) return undefined
    const { username: user, client, expires, ended, doc } = row
    return { id, user, client, expires, ended: ended > 0, doc: JSON.parse(doc) as SignInRecord }
  }

  /**
   * Counts a new refresh token. Undefined when somebody else has just done so, or it was ended.
   *
   * @param now milliseconds since the epoch
   */
  async rotate(signIn: SignIn, now: number): Promise<SignIn | undefined> {
    const { id, doc } = signIn
    const next: SignInRecord = { ...doc, generation: doc.generation + 1, rotated: now }
    const { meta } = await this.#db
      .prepare(
        `UPDATE pool_sign_ins SET doc = ? WHERE pool = ? AND id = ? AND ended = 0
         AND json_extract(doc, '$.generation') = ?`,
      )
      .bind(JSON.stringify(next), this.#pool, id, doc.generation)
      .run()
    return meta.changes > 0 ? { ...signIn, doc: next } : undefined
  }

  async end(id: string, now: number): Promise<void> {
    await this.#db
      .prepare('UPDATE pool_sign_ins SET ended = ? WHERE pool = ? AND id = ? AND ended = 0')
      .bind(now, this.#pool, id)
      .run()
  }

  /** Of one user. */
  async endAll(user: string, now: number): Promise<void> {
    await this.#db
      // Without statistics the planner takes the key, and reads all sign-ins of the pool by it.
      .prepare(
        `UPDATE pool_sign_ins INDEXED BY pool_sign_ins_by_user SET ended = ?
         WHERE pool = ? AND username = ? AND ended = 0`,
      )
      .bind(now, this.#pool, user)
      .run()
  }
}

/** Rows that one statement removes: D1 lets it run for 30 seconds. */
const REMOVED_AT_ONCE = 5_000

/** Statements of one call, which is made once an hour: as many rows as 55 sign-ins a second leave. */
const REMOVALS = 40

/**
 * Removes sign-ins that nothing can be made of any more, and of which every access token has expired: those hold for a
 * day at most. Of all pools; answers how many.
 *
 * @param now milliseconds since the epoch
 */
export async function removeExpiredSignIns(
  db: D1Database,
  now: number,
  atOnce: number = REMOVED_AT_ONCE,
): Promise<number> {
  const removal = db
    .prepare(
      `DELETE FROM pool_sign_ins WHERE (pool, id) IN (
         SELECT pool, id FROM pool_sign_ins WHERE expires < ? LIMIT ?)`,
    )
    .bind(Math.floor(now / 1000) - LONGEST_TOKEN_SECONDS, atOnce)
  let removed = 0
  for (let times = 0; times < REMOVALS; times += 1) {
    const { meta } = await removal.run()
    removed += meta.changes
    if (meta.changes < atOnce) break
  }
  return removed
}
