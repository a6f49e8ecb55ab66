import type { PublishedMessage, PublishedSubscription } from '../published-topic.ts'

/** What a subscription is told beside what is published: how to confirm it, or that it is over. */
export type Notice = 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'

/** What came to a topic in one call, and to whom it goes. */
export interface Parcel {
  readonly messages: readonly PublishedMessage[]
  /** Absent: what was published. */
  readonly notice?: {
    readonly kind: Notice
    /** As it was: it may be gone meanwhile. */
    readonly subscription: PublishedSubscription
    readonly token: string
  }
}

/** Which message goes to which subscription. */
export type Address = readonly [message: number, subscription: string]

/** One message on its way to one subscription. */
export interface Delivery {
  readonly parcel: number
  readonly message: number
  readonly subscription: string
  /** Times that it has failed. */
  readonly failures: number
  /** Not before; epoch milliseconds. */
  readonly due: number
}

/**
 * What a topic's object keeps in its database until subscribers have it. A parcel is one row however many messages and
 * subscribers it has, and goes when all have been told; a delivery has a row of its own only once it has failed. What
 * a crash cuts off in the first round is delivered once more.
 */
export class ParcelTables {
  readonly #sql: SqlStorage
  /** The database could number them, at the price of another row written each time. */
  #last: number

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`
      CREATE TABLE IF NOT EXISTS parcels (number INTEGER PRIMARY KEY, content TEXT NOT NULL, addresses TEXT);
      CREATE TABLE IF NOT EXISTS retries (parcel INTEGER NOT NULL, message INTEGER NOT NULL, subscription TEXT NOT NULL,
        failures INTEGER NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (parcel, message, subscription)) WITHOUT ROWID;
    `)
    this.#last = sql.exec<{ last: number }>('SELECT coalesce(max(number), 0) AS last FROM parcels').one().last
  }

  /** @returns the parcel's number, which no other one has had in this life of the object */
  add(parcel: Parcel, addresses: readonly Address[]): number {
    this.#last += 1
    this.#sql.exec(
      'INSERT INTO parcels (number, content, addresses) VALUES (?, ?, ?)',
      this.#last,
      JSON.stringify(parcel),
      JSON.stringify(addresses),
    )
    return this.#last
  }

  get(number: number): Parcel | undefined {
    const [row] = this.#sql.exec<{ content: string }>('SELECT content FROM parcels WHERE number = ?', number)
    return row && (JSON.parse(row.content) as Parcel)
  }

  /** Everything that has not been delivered, as far as is known. */
  pending(now: number): Delivery[] {
    const retries = [...this.#sql.exec<RetryRow>('SELECT * FROM retries')]
    const known = new Set(
      retries.map(({ parcel, message, subscription }) => `${parcel} ${message} ${subscription}`),
    )
    const rows = this.#sql.exec<{ number: number; addresses: string }>(
      'SELECT number, addresses FROM parcels WHERE addresses IS NOT NULL ORDER BY number',
    )
    const first = [...rows].flatMap(({ number, addresses }) =>
      (JSON.parse(addresses) as Address[])
        .filter(([message, subscription]) => !known.has(`${number} ${message} ${subscription}`))
        .map(([message, subscription]) => ({ parcel: number, message, subscription, failures: 0, due: now })),
    )
    return [...retries, ...first]
  }

  /** It has failed, and is tried again. */
  retry({ parcel, message, subscription, failures, due }: Delivery): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO retries (parcel, message, subscription, failures, due) VALUES (?, ?, ?, ?, ?)',
      parcel,
      message,
      subscription,
      failures,
      due,
    )
  }

  /** It is not tried any more. */
  end({ parcel, message, subscription, failures }: Delivery): void {
    if (failures === 0) return
    this.#sql.exec(
      'DELETE FROM retries WHERE parcel = ? AND message = ? AND subscription = ?',
      parcel,
      message,
      subscription,
    )
  }

  /** Each of its deliveries has been tried: those that go on have rows of their own. */
  endFirstRound(parcel: number): void {
    this.#sql.exec('UPDATE parcels SET addresses = NULL WHERE number = ?', parcel)
  }

  remove(parcel: number): void {
    this.#sql.exec('DELETE FROM parcels WHERE number = ?', parcel)
  }

  clear(): void {
    this.#sql.exec('DELETE FROM retries')
    this.#sql.exec('DELETE FROM parcels')
  }
}

// What reads rows wants a type of an index signature.
interface RetryRow extends Record<string, SqlStorageValue> {
  parcel: number
  message: number
  subscription: string
  failures: number
  due: number
}
