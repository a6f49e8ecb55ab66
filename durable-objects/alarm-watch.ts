import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import type { Account } from '../src/lib/account.ts'
import { objectMark } from '../src/lib/object-marks.ts'
import type { Tags } from '../src/lib/tags.ts'
import { type AlarmDefinition, type AlarmRecord, alarmArn } from '../src/observability/alarms/alarm.ts'
import { AlarmBook, type Listening } from '../src/observability/alarms/alarm-book.ts'
import type { PendingEffect } from '../src/observability/alarms/alarm-effects.ts'
import type { AlarmState, AlarmStatus } from '../src/observability/alarms/alarm-state.ts'
import { accountOfWatch } from '../src/observability/alarms/alarm-state.ts'
import type { AlarmRefusal } from '../src/observability/alarms/dependencies.ts'
import type { ListenerAddress } from '../src/observability/alarms/watch-calls.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS alarms (name TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS history (
    at INTEGER NOT NULL, number INTEGER NOT NULL, alarm TEXT NOT NULL, type TEXT NOT NULL, kind TEXT NOT NULL,
    summary TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (at, number)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS effects (number INTEGER PRIMARY KEY, doc TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS listeners (object TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;`

/**
 * The alarms of one account and region: looks at what they watch once a period, and keeps their states and history. Its
 * name is {@link alarmWatchName}. What is saved is on disk before an answer leaves, for an object's output waits for its
 * writes.
 */
export class AlarmWatch extends DurableObject<Env> {
  readonly #account: Account
  #book: AlarmBook
  #isMarked: boolean
  /** Number of the youngest item of the history. */
  #historyItems: number

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#account = accountOfWatch(ctx.id.name!)
    ctx.storage.sql.exec(SCHEMA)
    this.#isMarked = ctx.storage.kv.get<boolean>('marked') ?? false
    this.#book = this.#load()
    const youngest = 'SELECT number FROM history ORDER BY at DESC, number DESC LIMIT 1'
    this.#historyItems = ctx.storage.sql.exec<{ number: number }>(youngest).toArray().at(0)?.number ?? 0
  }

  statuses(names: readonly string[]): AlarmStatus[] {
    return this.#book.statuses(names)
  }

  listen(names: readonly string[], listener: ListenerAddress): Promise<AlarmStatus[]> {
    return this.#change(book => book.listen(names, listener))
  }

  tags(name: string): Tags | undefined {
    return this.#book.get(name)?.tags
  }

  changeTags(
    name: string,
    change: { readonly remove?: readonly string[]; readonly add?: Tags },
  ): Promise<Tags | 'too many' | undefined> {
    return this.#change(book => book.changeTags(name, change))
  }

  put(definition: AlarmDefinition, tags: Tags): Promise<AlarmRefusal | undefined> {
    return this.#change((book, now) => book.put(definition, tags, now))
  }

  remove(names: readonly string[]): Promise<AlarmRefusal | undefined> {
    return this.#change((book, now) => book.remove(names, now))
  }

  setState(
    name: string,
    state: { readonly value: AlarmState; readonly reason: string; readonly reasonData?: string },
  ): Promise<boolean> {
    return this.#change((book, now) => book.setState(name, state, now))
  }

  enableActions(names: readonly string[], enabled: boolean): Promise<void> {
    return this.#change((book, now) => book.enableActions(names, enabled, now))
  }

  async #change<T>(work: (book: AlarmBook, now: number) => T): Promise<T> {
    await this.#mark()
    const done = work(this.#book, Date.now())
    this.#save()
    return done
  }

  /** Says in the store that this object exists; a reset looks there. */
  async #mark(): Promise<void> {
    if (this.#isMarked) return
    await this.env.STORE.put(objectMark(this.ctx.id.name!), '')
    this.ctx.storage.kv.put('marked', true)
    this.#isMarked = true
  }

  #load(): AlarmBook {
    const { sql } = this.ctx.storage
    const docs = <T>(table: string) =>
      sql
        .exec<{ doc: string }>(`SELECT doc FROM ${table}`)
        .toArray()
        .map(({ doc }) => JSON.parse(doc) as T)
    const contents = {
      alarms: docs<AlarmRecord>('alarms'),
      effects: docs<PendingEffect>('effects'),
      listeners: docs<Listening>('listeners'),
    }
    const minuteMs = Number(this.env.WEIR_MINUTE_MS) || 60_000
    return new AlarmBook(contents, {
      realMs: seconds => (seconds * minuteMs) / 60,
      newId: () => crypto.randomUUID(),
      arnOf: name => alarmArn(this.#account, name),
    })
  }

  #save(): void {
    const { sql } = this.ctx.storage
    const { alarms, removed, history, effects, doneEffects, listeners } = this.#book.takeSaves()
    const put = (table: string, key: string | number, doc: unknown) =>
      sql.exec(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`, key, JSON.stringify(doc))
    this.ctx.storage.transactionSync(() => {
      for (const record of alarms) put('alarms', record.definition.AlarmName, record)
      for (const name of removed) sql.exec('DELETE FROM alarms WHERE name = ?', name)
      for (const pending of effects) put('effects', pending.number, pending)
      for (const number of doneEffects) sql.exec('DELETE FROM effects WHERE number = ?', number)
      for (const listening of listeners) {
        const { object } = listening.listener
        if (listening.names.length > 0) put('listeners', object, listening)
        else sql.exec('DELETE FROM listeners WHERE object = ?', object)
      }
      for (const { at, alarm, type, kind, summary, data } of history) {
        const number = ++this.#historyItems
        sql.exec(
          'INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)',
          at,
          number,
          alarm,
          type,
          kind,
          summary,
          data,
        )
      }
    })
  }
}
