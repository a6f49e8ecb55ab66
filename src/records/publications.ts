import type { Account } from '../lib/account.ts'

/** What the database holds of one pointer that the data plane has to be told about. */
export interface Publication extends Account {
  readonly kind: string
  /** Of the pointer within its account and region: a function's name, an API's id. */
  readonly pointer: string
  /** Grows with every change; an object ignores a generation that is not newer than its own. */
  readonly generation: number
}

/** Compiles a pointer's document from the database and hands it to where the data plane reads it. */
export type Publish = (publication: Publication) => Promise<void>

/** Publishes, and then does something more that this isolate has to do. */
export const after =
  (publish: Publish, then: (publication: Publication) => void): Publish =>
  async publication => {
    await publish(publication)
    then(publication)
  }

interface Row {
  kind: string
  account: string
  region: string
  id: string
  wanted: number
}

const SELECT = 'SELECT kind, account, region, id, wanted FROM publications'

/**
 * The control plane's outbox. A change commits together with a higher `wanted`; publishing compiles the pointer's
 * document from a state at least that new and hands it on with that generation. A crash between the two leaves a
 * row behind that {@link publishWaiting} finishes, so an object is never left with an old document for good.
 */
export class Publications {
  readonly #db: D1Database
  readonly #publishers: Readonly<Record<string, Publish>>

  constructor(db: D1Database, publishers: Readonly<Record<string, Publish>>) {
    this.#db = db
    this.#publishers = publishers
  }

  /** Publishes one pointer now. An operation that changed it is acknowledged only after this. */
  async publish(account: Account, kind: string, pointer: string): Promise<void> {
    const row = await this.#db
      .prepare(`${SELECT} WHERE kind = ? AND account = ? AND region = ? AND id = ? AND published < wanted`)
      .bind(kind, account.id, account.region, pointer)
      .first<Row>()
    if (row) await this.#publish(row)
  }

  /**
   * Publishes what earlier calls could not finish. Returns how many it published; one that fails waits for the next
   * time and does not hold up the others. The order is random, so that many that keep failing starve nobody.
   */
  async publishWaiting(limit = 50): Promise<number> {
    const { results } = await this.#db
      .prepare(`${SELECT} WHERE published < wanted ORDER BY random() LIMIT ?`)
      .bind(limit)
      .all<Row>()
    let published = 0
    for (const row of results) {
      try {
        await this.#publish(row)
        published++
      } catch (error) {
        console.warn(`${row.kind} ${row.id} could not be published yet`, error)
      }
    }
    return published
  }

  async #publish(row: Row): Promise<void> {
    const publish = this.#publishers[row.kind]
    if (!publish) throw new Error(`nothing publishes '${row.kind}'`)
    await publish({
      kind: row.kind,
      id: row.account,
      region: row.region,
      pointer: row.id,
      generation: row.wanted,
    })
    await this.#db
      .prepare(
        'UPDATE publications SET published = max(published, ?) WHERE kind = ? AND account = ? AND region = ? AND id = ?',
      )
      .bind(row.wanted, row.kind, row.account, row.region, row.id)
      .run()
  }
}
