import type { Env } from '../src/env.ts'
import { callIntakeOf } from '../src/functions/events/event-intake.ts'
import { systemClock } from '../src/lib/clock.ts'
import { within } from '../src/lib/within.ts'
import { type Batch, shardOf, type Taken } from '../src/observability/ingest/batch.ts'
import { decodeChunk } from '../src/observability/logs/chunk.ts'
import { ChunkTables, type StreamFacts } from '../src/observability/logs/chunk-tables.ts'
import { deliverLines } from '../src/observability/logs/deliver-lines.ts'
import { type LogLines, placeOfLogStore } from '../src/observability/logs/log-event.ts'
import {
  bornGroup,
  expiryOf,
  type LogGroupRecord,
  logGroups,
  type SubscriptionFilter,
} from '../src/observability/logs/log-groups.ts'
import { type LineMetrics, lineMetrics } from '../src/observability/logs/metric-filters/line-metrics.ts'
import { packSegments } from '../src/observability/logs/pack-segments.ts'
import { compileFilterPattern } from '../src/observability/logs/patterns/filter-pattern.ts'
import { Message } from '../src/observability/logs/patterns/json-message.ts'
import {
  afterTelling,
  type Cursor,
  type Cursors,
  cursorAt,
  cursorsOf,
  type Told,
} from '../src/observability/logs/subscription-cursors.ts'
import { Tails } from '../src/observability/logs/tails.ts'
import { chunksOf } from '../src/observability/logs/take-lines.ts'
import type { UnitPage, UnitQuery } from '../src/observability/logs/unit.ts'
import { writeSamples } from '../src/observability/metrics/write-samples.ts'
import { Records } from '../src/records/records.ts'
import { TelemetryObject } from './telemetry-object.ts'

const GROUP = 'group'
const CURSORS = 'cursors'

/** Packed bytes from which on chunks are moved to the store, and bytes of events at which they are anyway: all are in memory then. */
const MOVE_SIZE = 1024 * 1024
const MOVE_BYTES = 8 * 1024 * 1024

/** Documents that the store deletes at a time. */
const DOOMED_PAGE = 1000

/** How long lines wait for more of them before a subscription's function is told. */
const DELIVER_AFTER_MS = 1_000
const RETRY_MS = 10_000
/** Retention need not be to the minute: what has expired is not shown. */
const EXPIRE_EVERY_MS = 60 * 60_000

/** Lines that are written are not told again because of something else: whoever told them waits for eight seconds. */
const PATIENCE_MS = 3_000

/** Who has read so recently may be about to ask again: `aws logs tail --follow` does every five seconds. */
const READ_LATELY_MS = 30_000

/** The lines of one log group, or of a share of it. Named by `logStoreName`. */
export class LogStore extends TelemetryObject<LogLines> {
  readonly #tables: ChunkTables
  readonly #tails = new Tails()
  /** Undefined: not known yet, or the group has none. */
  #group: LogGroupRecord | undefined
  #metrics: LineMetrics
  #cursors: Cursors
  #alarmAt: number | null = null
  /** Epoch milliseconds. */
  #readAt = 0
  /** Counts readings of the group's record: only the latest holds. */
  #reading = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#tables = new ChunkTables(ctx.storage.sql)
    this.#group = ctx.storage.kv.get<LogGroupRecord>(GROUP)
    this.#cursors = ctx.storage.kv.get<Cursors>(CURSORS) ?? {}
    this.#metrics = lineMetrics(this.#group?.metricFilters ?? [])
    ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await ctx.storage.getAlarm()
    })
  }

  /**
   * Takes lines that somebody waits for, if the group has their stream.
   *
   * @param isKnown another object of the group has the stream
   */
  async put(batch: Batch<LogLines>, isKnown: boolean): Promise<Taken | 'no-stream'> {
    if (!isKnown && !batch.items.every(({ stream }) => this.#tables.has(stream))) return 'no-stream'
    return this.take(batch)
  }

  /** A page of what may have the events that are asked for, packed as it is kept. */
  units(query: UnitQuery): UnitPage {
    this.#readAt = Date.now()
    return this.#tables.units(query)
  }

  /** Streams in the order of their names, as far as this object knows them; see `ChunkTables.streams`. */
  streams(prefix: string, after: string, limit: number): StreamFacts[] {
    return this.#tables.streams(prefix, after, limit)
  }

  hasStream(name: string): boolean {
    return this.#tables.has(name)
  }

  /** False when there is one already. */
  async makeStream(name: string): Promise<boolean> {
    await this.mark()
    return this.#tables.makeStream(name, Date.now())
  }

  /** False when there is none. */
  deleteStream(name: string): boolean {
    return this.#tables.deleteStream(name)
  }

  /** Packed chunks as they come from now on; see `followGroup`. Ends when the reader goes. */
  follow(): ReadableStream<Uint8Array> {
    return this.#tails.open()
  }

  /** Packed bytes of all that is kept. */
  storedBytes(): number {
    return this.#tables.storedBytes()
  }

  /** The group's record has changed: reads it anew. A group that is gone, or another one of its name, has none of this. */
  async reload(): Promise<void> {
    await this.#learn('is there')
  }

  /** What is told meanwhile belongs to another life of the group. */
  protected override async forgetAll(): Promise<void> {
    this.#reading++
    // First what only this object leads to: whoever ends here is told to forget once more.
    const documents = this.#tables.documents()
    for (let at = 0; at < documents.length; at += DOOMED_PAGE) {
      await this.env.STORE.delete(documents.slice(at, at + DOOMED_PAGE))
    }
    await super.forgetAll()
    this.#alarmAt = null
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null
    const now = Date.now()
    try {
      if (!this.#group && this.#tables.size > 0) await this.#learn('is born', 0)
      await this.#deliver(now)
      while (await this.#moveChunks());
      if (this.#group?.retentionInDays !== undefined) this.#tables.expire(expiryOf(this.#group, now))
      await this.#bury()
    } catch (error) {
      console.warn(`${this.name} could not do all that is due; trying again`, error)
      this.#plan(Date.now() + RETRY_MS)
    }
    this.#planExpiry()
  }

  protected async keep(items: readonly LogLines[]): Promise<void> {
    const since = this.#tables.next
    const now = Date.now()
    const ingested = this.#tables.ingestionTime(now)
    this.ctx.storage.transactionSync(() => {
      for (const chunk of chunksOf(items, since, ingested)) {
        this.#tables.add(chunk)
        this.#tails.push(chunk.body)
      }
    })
    await this.#learnOnce(since)
    await this.#measure(items, now)
    if (this.#group?.subscriptionFilters?.length) this.#plan(now + DELIVER_AFTER_MS)
    else if (this.#isFull) this.#plan(now)
    this.#planExpiry()
  }

  protected clear(): void {
    this.#tables.clear()
    this.#setGroup(undefined, 0)
    this.#tails.close()
  }

  protected first(name: string): DurableObjectStub<LogStore> {
    return this.env.LOG_STORE.getByName(name)
  }

  protected override get isAwaited(): boolean {
    return !this.#tails.isEmpty || Date.now() < this.#readAt + READ_LATELY_MS
  }

  get #place() {
    return placeOfLogStore(shardOf(this.name).root)
  }

  get #isFull(): boolean {
    return this.#tables.size >= MOVE_SIZE || this.#tables.bytes >= MOVE_BYTES
  }

  /** What is configured need not be known for lines to be kept. */
  async #learnOnce(since: number): Promise<void> {
    if (this.#group) return
    try {
      await within(this.#learn('is born', since), PATIENCE_MS, 'reading it')
    } catch (error) {
      console.warn(`the record of ${this.name} could not be read; trying again`, error)
      this.#plan(Date.now() + RETRY_MS)
    }
  }

  /**
   * Reads the group's record, and makes it where somebody writes to a group that nobody has made.
   *
   * @param since the ordinal from which on new subscriptions are told
   */
  async #learn(how: 'is there' | 'is born', since = this.#tables.next): Promise<void> {
    const { account, group } = this.#place
    const reading = ++this.#reading
    const records = new Records(this.env.DB, account)
    const found =
      how === 'is born'
        ? await bornGroup(records, group, crypto.randomUUID(), Date.now())
        : await records.get(logGroups, '', group)
    if (reading !== this.#reading) return
    if (!found || (this.#group && this.#group.uid !== found.doc.uid)) await this.forget()
    if (found) this.#setGroup(found.doc, since)
    this.#planExpiry()
  }

  #setGroup(group: LogGroupRecord | undefined, since: number): void {
    const { kv } = this.ctx.storage
    this.#group = group
    this.#metrics = lineMetrics(group?.metricFilters ?? [])
    this.#cursors = cursorsOf(group?.subscriptionFilters ?? [], this.#cursors, since)
    if (group) kv.put(GROUP, group)
    else kv.delete(GROUP)
    if (Object.keys(this.#cursors).length > 0) kv.put(CURSORS, this.#cursors)
    else kv.delete(CURSORS)
  }

  /** Metrics of lines are told before the lines are acknowledged; that they cannot be is no reason to lose lines. */
  async #measure(items: readonly LogLines[], now: number): Promise<void> {
    try {
      const samples = this.#metrics.samplesOf(items, now)
      await within(writeSamples(this.env, this.#place.account, samples), PATIENCE_MS, 'telling them')
    } catch (error) {
      console.warn(`metrics of lines of ${this.name} are lost`, error)
    }
  }

  async #deliver(now: number): Promise<void> {
    for (const filter of this.#group?.subscriptionFilters ?? []) {
      for (;;) {
        const cursor = this.#cursors[filter.name]
        if (!cursor) break
        const current = cursorAt(cursor, this.#tables.next, now)
        if (current.ordinal !== cursor.ordinal) this.#setCursor(filter.name, current)
        const chunks = this.#tables.chunksFrom(current.ordinal, this.#tables.next, MOVE_BYTES)
        const last = chunks.at(-1)
        if (!last) break
        const told = await this.#tell(
          filter,
          chunks.map(({ body }) => body),
        )
        // Meanwhile the subscription may have gone, or be another one.
        if (this.#cursors[filter.name]?.created !== cursor.created) break
        this.#setCursor(filter.name, afterTelling(current, told, last.id + last.events, Date.now()))
        if (told === 'unreachable') {
          this.#plan(Date.now() + RETRY_MS)
          break
        }
      }
    }
  }

  #setCursor(name: string, cursor: Cursor): void {
    this.#cursors = { ...this.#cursors, [name]: cursor }
    this.ctx.storage.kv.put(CURSORS, this.#cursors)
  }

  async #tell(filter: SubscriptionFilter, bodies: readonly Uint8Array[]): Promise<Told> {
    const compiled = compileFilterPattern(filter.pattern)
    const { number } = shardOf(this.name)
    const events = bodies
      .flatMap(body => decodeChunk(body))
      .filter(({ message }) => compiled.ok && compiled.pattern.matches(new Message(message)))
      .map(event => ({ ...event, shard: number }))
    try {
      const refused = await deliverLines(callIntakeOf(this.env, systemClock), {
        ...this.#place,
        filter,
        events,
      })
      if (!refused) return 'told'
      return ['not-found', 'not-permitted'].includes(refused.reason) ? 'refused' : 'unreachable'
    } catch (error) {
      console.warn(`subscription ${filter.name} of ${this.name} was not told`, error)
      return 'unreachable'
    }
  }

  /** Moves the oldest chunks to the store, if there are enough. True if there may be more to move. */
  async #moveChunks(): Promise<boolean> {
    if (!this.#isFull) return false
    const { next } = this.#tables
    const told = Object.values(this.#cursors).map(cursor => cursorAt(cursor, next, Date.now()).ordinal)
    const chunks = this.#tables.chunksFrom(0, Math.min(next, ...told), MOVE_BYTES)
    if (chunks.length === 0) return false
    const { layout } = this.#tables
    const { body, segments } = packSegments(chunks, this.#tables.deleted())
    // Never a name that was used before: whoever reads what it leads to must not find something else.
    const key = `log-segments/${this.name}/${chunks[0]!.id}-${crypto.randomUUID()}`
    this.#tables.doom(key)
    if (segments.length > 0) await this.env.STORE.put(key, body)
    // All was cleared meanwhile, or something expired.
    if (this.#tables.layout !== layout) return true
    this.ctx.storage.transactionSync(() =>
      this.#tables.move(
        chunks.map(({ id }) => id),
        key,
        segments.map(segment => ({ ...segment, key })),
      ),
    )
    return true
  }

  /** Removes documents that nothing leads to. */
  async #bury(): Promise<void> {
    for (;;) {
      const keys = this.#tables.doomed(DOOMED_PAGE)
      if (keys.length === 0) return
      await this.env.STORE.delete(keys)
      this.#tables.buried(keys)
    }
  }

  #planExpiry(): void {
    // An alarm that is to go off anyway plans the next one.
    if (this.#alarmAt !== null || this.#group?.retentionInDays === undefined) return
    const oldest = this.#tables.oldest()
    if (oldest === undefined) return
    const now = Date.now()
    this.#plan(Math.max(now + EXPIRE_EVERY_MS, oldest + (now - expiryOf(this.#group, now))))
  }

  #plan(at: number): void {
    if (this.#alarmAt !== null && this.#alarmAt <= at) return
    this.#alarmAt = at
    this.ctx.storage.setAlarm(at)
  }
}
