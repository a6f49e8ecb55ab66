import type { PublishedSubscription } from '../published-topic.ts'

/** The subscriptions of a topic as its object knows them, each under a generation of its own. */
export class SubscriptionTable {
  readonly #sql: SqlStorage
  readonly #known: Map<string, PublishedSubscription>

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(
      'CREATE TABLE IF NOT EXISTS subscriptions (id TEXT PRIMARY KEY, generation INTEGER NOT NULL, doc TEXT) WITHOUT ROWID',
    )
    const rows = sql.exec<{ id: string; doc: string }>(
      'SELECT id, doc FROM subscriptions WHERE doc IS NOT NULL',
    )
    this.#known = new Map([...rows].map(({ id, doc }) => [id, JSON.parse(doc) as PublishedSubscription]))
  }

  get all(): Iterable<PublishedSubscription> {
    return this.#known.values()
  }

  get(id: string): PublishedSubscription | undefined {
    return this.#known.get(id)
  }

  /** `doc` null: it is no more, and a late write of an older generation does not bring it back. */
  write(id: string, generation: number, doc: PublishedSubscription | null): void {
    const [row] = this.#sql.exec<{ generation: number }>(
      'SELECT generation FROM subscriptions WHERE id = ?',
      id,
    )
    if (row && row.generation >= generation) return
    this.#sql.exec(
      'INSERT OR REPLACE INTO subscriptions (id, generation, doc) VALUES (?, ?, ?)',
      id,
      generation,
      doc && JSON.stringify(doc),
    )
    if (doc) this.#known.set(id, doc)
    else this.#known.delete(id)
  }

  /**
   * Forgets those of other topics than this one: of a former one of the same name. A late write may bring one back, and
   * still says which topic it is of.
   */
  clearExcept(topicUid: string | undefined): void {
    for (const { id, topicUid: own } of [...this.#known.values()]) {
      if (own === topicUid) continue
      this.#sql.exec('DELETE FROM subscriptions WHERE id = ?', id)
      this.#known.delete(id)
    }
  }
}
