import { DurableObject } from 'cloudflare:workers'
import { type Env, minuteMsOf } from '../src/env.ts'
import type { Account } from '../src/lib/account.ts'
import { objectMark } from '../src/lib/object-marks.ts'
import type { Tags } from '../src/lib/tags.ts'
import { within } from '../src/lib/within.ts'
import { type AlarmDefinition, type AlarmRecord, alarmArn } from '../src/observability/alarms/alarm.ts'
import { AlarmBook, type Finding, type Listening } from '../src/observability/alarms/alarm-book.ts'
import type { PendingEffect } from '../src/observability/alarms/alarm-effects.ts'
import type { AlarmState, AlarmStatus } from '../src/observability/alarms/alarm-state.ts'
import { accountOfWatch } from '../src/observability/alarms/alarm-state.ts'
import type { AlarmRefusal } from '../src/observability/alarms/dependencies.ts'
import type { AlarmQuery, DescribedAlarms } from '../src/observability/alarms/describe-alarms.ts'
import { earliest } from '../src/observability/alarms/earliest.ts'
import { nextLookOf } from '../src/observability/alarms/evaluation/alarm-window.ts'
import {
  isMetricAlarm,
  lookAtAlarms,
  type MetricAlarmRecord,
} from '../src/observability/alarms/evaluation/look-at-alarms.ts'
import { HISTORY_MS } from '../src/observability/alarms/history.ts'
import { doEffect } from '../src/observability/alarms/notifications/do-effect.ts'
import { type HistoryQuery, type PlacedItem, readHistory } from '../src/observability/alarms/read-history.ts'
import type { ListenerAddress } from '../src/observability/alarms/watch-calls.ts'
import { readSeries } from '../src/observability/metrics/read-series.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS alarms (name TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS history (
    at INTEGER NOT NULL, number INTEGER NOT NULL, alarm TEXT NOT NULL, type TEXT NOT NULL, kind TEXT NOT NULL,
    summary TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (at, number)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS effects (number INTEGER PRIMARY KEY, doc TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS listeners (object TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;`

const MARKED = 'marked'

/** Old history is removed now and then: rows that are deleted cost as much as those that are written. */
const HISTORY_TIDY_MS = 3_600_000

const LOOK_PATIENCE_MS = 20_000

/** When it rings again after something went wrong. The platform would give up after six tries, and no alarm would ring. */
const AFTER_TROUBLE_MS = 10_000

/** Targets that are told at once; the others are told when it rings again, which it does immediately. */
const SIDE_BY_SIDE = 24

/**
 * The alarms of one account and region: looks at what they watch once a period, and keeps their states and history. Its
 * name is {@link alarmWatchName}. What is saved is on disk before an answer leaves, for an object's output waits for its
 * writes.
 */
export class AlarmWatch extends DurableObject<Env> {
  readonly #account: Account
  #book: AlarmBook
  #isMarked: boolean
  readonly #minuteMs: number
  /** When each alarm is to be looked at again, and as which. */
  readonly #looks = new Map<string, { readonly configured: number; readonly next: number }>()
  /** When the platform's alarm is set to ring, as far as is known. */
  #rings: number | undefined
  #forgotHistory = 0
  /** Number of the youngest item of the history. */
  #historyItems: number

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#account = accountOfWatch(ctx.id.name!)
    this.#minuteMs = minuteMsOf(env)
    ctx.storage.sql.exec(SCHEMA)
    this.#isMarked = ctx.storage.kv.get<boolean>(MARKED) ?? false
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

  describe(asked: AlarmQuery): DescribedAlarms {
    return this.#book.describe(asked)
  }

  history(asked: HistoryQuery): PlacedItem[] {
    return readHistory(this.ctx.storage.sql, asked)
  }

  /** Forgets everything; only a reset or the removal of an account does this. */
  async forget(): Promise<void> {
    const { sql, kv } = this.ctx.storage
    for (const table of ['alarms', 'history', 'effects', 'listeners']) sql.exec(`DELETE FROM ${table}`)
    kv.delete(MARKED)
    this.#isMarked = false
    this.#book = this.#load()
    this.#looks.clear()
    this.#rings = undefined
    this.#historyItems = 0
    await Promise.all([this.ctx.storage.deleteAlarm(), this.env.STORE.delete(objectMark(this.ctx.id.name!))])
  }

  /**
   * Rings when alarms are to be looked at, and when somebody is to be told. What it does was written down before: when
   * this process ends now, the next one goes on with it.
   */
  override async alarm(): Promise<void> {
    this.#rings = undefined
    try {
      await this.#work()
    } catch (error) {
      console.error(`${this.ctx.id.name} could not do all that is due; trying again`, error)
      this.#looks.clear()
      await this.#ring(Date.now() + AFTER_TROUBLE_MS)
      return
    }
    await this.#plan(Date.now())
  }

  async #work(): Promise<void> {
    const now = Date.now()
    this.#book.pass(now)
    this.#save()
    await Promise.all([this.#look(now), this.#tell(now)])
    // What was found asks for more to be told.
    await this.#tell(Date.now())
    this.#forgetHistory(now)
  }

  /** Looks at the metrics of all alarms whose turn it is, with one round of reading. */
  async #look(now: number): Promise<void> {
    const due = this.#book
      .all()
      .filter(isMetricAlarm)
      .filter(record => this.#nextLook(record) <= now)
    if (due.length === 0) return
    for (const { definition, configured } of due) {
      this.#looks.set(definition.AlarmName, { configured, next: nextLookOf(definition, this.#minuteMs, now) })
    }
    let found: readonly Finding[]
    try {
      const looking = lookAtAlarms(readSeries(this.env), this.#account, due, this.#minuteMs, now)
      found = await within(looking, LOOK_PATIENCE_MS, 'reading metrics')
    } catch (error) {
      // Alarms stay what they are, and are looked at again.
      console.error(`alarms of ${this.ctx.id.name} could not be looked at`, error)
      return
    }
    this.#book.found(found, Date.now())
    this.#save()
  }

  #nextLook({ definition, configured }: MetricAlarmRecord): number {
    const look = this.#looks.get(definition.AlarmName)
    // A new definition is looked at at once.
    return look?.configured === configured ? look.next : 0
  }

  /** Tells those who are to be told now, side by side; each hears of changes in their order. */
  async #tell(now: number): Promise<void> {
    const due = this.#book.dueEffects(now).slice(0, SIDE_BY_SIDE)
    if (due.length === 0) return
    await Promise.all(
      due.map(async pending => {
        const { kind, message, error } = await doEffect(this.env, this.#account, pending, () => Date.now())
        if (kind === 'again') this.#book.effectFailed(pending, message, error!, Date.now())
        else this.#book.effectEnded(pending, message, error, Date.now())
      }),
    )
    this.#save()
  }

  /** Sees to it that it rings in time. */
  async #plan(now: number): Promise<void> {
    const looks = this.#book
      .all()
      .filter(isMetricAlarm)
      .map(record => this.#nextLook(record))
    const next = earliest([...looks, this.#book.nextPass(), this.#book.nextEffect()])
    if (next !== undefined) await this.#ring(Math.max(next, now))
  }

  /** At the latest then. */
  async #ring(at: number): Promise<void> {
    if (this.#rings !== undefined && this.#rings <= at) return
    this.#rings = at
    await this.ctx.storage.setAlarm(at)
  }

  #forgetHistory(now: number): void {
    if (now - this.#forgotHistory < HISTORY_TIDY_MS) return
    this.#forgotHistory = now
    this.ctx.storage.sql.exec('DELETE FROM history WHERE at < ?', now - HISTORY_MS)
  }

  async #change<T>(work: (book: AlarmBook, now: number) => T): Promise<T> {
    await this.#mark()
    const now = Date.now()
    const done = work(this.#book, now)
    this.#save()
    await this.#plan(now)
    return done
  }

  /** Says in the store that this object exists; a reset looks there. */
  async #mark(): Promise<void> {
    if (this.#isMarked) return
    await this.env.STORE.put(objectMark(this.ctx.id.name!), '')
    this.ctx.storage.kv.put(MARKED, true)
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
    return new AlarmBook(contents, {
      realMs: seconds => (seconds * this.#minuteMs) / 60,
      newId: () => crypto.randomUUID(),
      arnOf: name => alarmArn(this.#account, name),
    })
  }

  #save(): void {
    try {
      this.#write()
    } catch (error) {
      // What could not be saved has not happened.
      this.#book = this.#load()
      throw error
    }
  }

  #write(): void {
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
