import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { objectMark } from '../src/lib/object-marks.ts'
import { accountRecord, parseAccountMeterName, readAccountLimits } from '../src/metering/account-limits.ts'
import { assertLeaseRequest } from '../src/metering/assert-lease-request.ts'
import { catchUp } from '../src/metering/control/catch-up.ts'
import { type KeyRecord, kindOf, planFor } from '../src/metering/key-record.ts'
import type { LeaseReply, LeaseRequest } from '../src/metering/lease-protocol.ts'
import { Meter, type MeterState, TICK_MS } from '../src/metering/meter.ts'
import { MeterTables } from '../src/metering/meter-tables.ts'
import { type MethodThrottle, throttleRecord } from '../src/metering/method-throttle.ts'
import { accountBudgetName } from '../src/metering/money/control/billing-records.ts'
import { KeyBudgets } from '../src/metering/money/key-budgets.ts'
import type { Called } from '../src/metering/plan-buckets.ts'
import { readKeyRecord } from '../src/metering/publish-key-record.ts'
import { collectorOf, ownedBy } from '../src/metering/roll-up-usage.ts'
import type { MeterRows } from '../src/metering/saved-meter.ts'
import { MeterAlarm } from './meter-alarm.ts'

/**
 * The meter of one API key, of one method of a stage, or of an account: loads, calls the core with the clock's time,
 * saves, answers. What is saved is on disk before the answer leaves, for an object's output waits for its writes.
 *
 * Its name is the key's meter name (`keyMeterName`), under which its record lies in the store; that of the method
 * (`throttleMeterName`), whose limits come with each call; or the account's (`accountMeterName`).
 */
export class KeyMeter extends DurableObject<Env> {
  #tables: MeterTables
  #meter: Meter
  #budgets: KeyBudgets
  #birth: Promise<void> | undefined
  #ticking = false
  #isFresh = true
  readonly #alarm: MeterAlarm

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#tables = new MeterTables(ctx.storage.sql)
    const now = Date.now()
    this.#alarm = new MeterAlarm(ctx.storage, now)
    const saved = this.#tables.load(now)
    this.#meter = new Meter(saved, now, Math.random())
    this.#budgets = this.#newBudgets()
    if (this.#meter.record) this.#tellBudgets(this.#meter.record, now)
    const isKey = saved.record !== undefined && kindOf(saved.record) === 'key'
    ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load(isKey && saved.usage.some(({ rev, rolled }) => rolled < rev), now)
      this.#save()
    })
    // Leases of a life before this one end by the same timer as new ones.
    this.#tickLater()
  }

  /** Decides for an isolate: see the lease protocol. */
  async lease(request: LeaseRequest): Promise<LeaseReply> {
    assertLeaseRequest(request)
    const { throttle } = request
    if (throttle) this.#limit(request, throttle)
    else if (!this.#meter.record) await this.#bear()
    if (this.#isFresh) await this.#awaitToken()
    await this.#reserveMoney(request)
    const reply = this.#meter.lease(request, Date.now())
    this.#save()
    this.#tickLater()
    return reply
  }

  /** The limits of a method come with the calls; those of an older pointer than is known already change nothing. */
  #limit(request: LeaseRequest, throttle: MethodThrottle): void {
    const known = this.#meter.record?.version ?? Number.NEGATIVE_INFINITY
    if (throttle.version > known) this.configure(throttleRecord(request, throttle))
  }

  /** A record that the control plane has published; ignored unless it is newer than the one in force. */
  configure(record: KeyRecord): void {
    if (!this.#meter.configure(record, Date.now())) return
    this.#tables.saveRecord(record)
    this.#tellBudgets(record, Date.now())
    if (record.deleted) this.#alarm.keyDeleted(Date.now())
    this.#save()
  }

  /** Asked by the account's budget, which has less to give than is reserved: see {@link KeyBudgets.surrender}. */
  surrenderBudget(month: string, holder: string, rev: number): string | undefined {
    return this.#budgets.surrender(month, holder, rev, Date.now())
  }

  /** Brings the usage table up to date, to the request. Rejects when the database does not take it. */
  async flushUsage(): Promise<void> {
    const { record } = this.#meter
    if (!record) return
    const rows = this.#meter.unrolled(Date.now())
    this.#write(this.#meter.takeSaves())
    // Nobody's usage is told of a method or an account.
    if (kindOf(record) !== 'key') return
    // What is written from here on is for the next time.
    this.#alarm.rolledUp(Date.now())
    try {
      if (rows.length > 0) {
        const collector = this.env.USAGE_COLLECTOR.getByName(collectorOf(this.#name))
        await collector.collect(ownedBy(record, rows))
      }
    } catch (error) {
      // Admissions go on without the database; the rows wait here.
      this.#alarm.failed(Date.now())
      this.#alarm.plan(this.#meter.settleIn(Date.now()), Date.now())
      throw error
    }
    this.#meter.markRolled(rows)
    this.#tables.markRolled(rows)
  }

  /** How it stands for one method of a stage. */
  describe(asked: Called): MeterState {
    return this.#meter.describe(asked, Date.now())
  }

  /** Forgets the key and its usage; only a reset of the local account does this. */
  async forget(): Promise<void> {
    await this.#alarm.cancel()
    await this.ctx.storage.deleteAll()
    this.#tables = new MeterTables(this.ctx.storage.sql)
    this.#meter = new Meter({ usage: [], adjustments: [] }, Date.now(), Math.random())
    this.#budgets = this.#newBudgets()
  }

  override async alarm(): Promise<void> {
    const now = Date.now()
    if (this.#alarm.rang(now)) {
      await this.flushUsage().catch(error =>
        console.warn('the usage table was not reached; trying again', error),
      )
      await this.#catchUp()
      return
    }
    // With requests since, it is not time yet.
    if (this.#meter.settleIn(now) === 0) this.#meter.settle(now)
    this.#save()
  }

  /** What has changed about the key may wait in a long outbox still. */
  async #catchUp(): Promise<void> {
    const { record } = this.#meter
    if (!record || kindOf(record) !== 'key') return
    await catchUp(this.env, record, this.#name).catch(error =>
      console.warn('the database was not reached; what is new about the key comes by its outbox', error),
    )
  }

  /** A bucket whose row says little is known a little better some milliseconds later, and that saves another row. */
  async #awaitToken(): Promise<void> {
    this.#isFresh = false
    const ms = this.#meter.waitForToken(Date.now())
    if (ms > 0) await scheduler.wait(ms)
  }

  /**
   * The object's first call. The mark is written BEFORE the record is read; the control plane writes the record
   * BEFORE it reads the mark. So whatever is published from now on reaches {@link configure}.
   */
  async #bear(): Promise<void> {
    this.#birth ??= this.#readRecord().finally(() => {
      this.#birth = undefined
    })
    await this.#birth
  }

  async #readRecord(): Promise<void> {
    const name = this.#name
    const { STORE } = this.env
    await STORE.put(objectMark(name), '')
    const owner = parseAccountMeterName(name)
    const record = owner
      ? accountRecord(owner, await readAccountLimits(STORE, owner.account))
      : await readKeyRecord(STORE, name)
    if (record) this.configure(record)
  }

  #newBudgets(): KeyBudgets {
    return new KeyBudgets(
      {
        usage: planId => this.#meter.usageOf(planId),
        call: request => {
          const { account } = this.#meter.record!
          return this.env.ACCOUNT_BUDGET.getByName(accountBudgetName(account)).reserve(request)
        },
        save: reserved => this.#tables.saveReserved(reserved),
      },
      this.#tables.reserved(),
    )
  }

  #tellBudgets(record: KeyRecord, now: number): void {
    if (kindOf(record) !== 'key') return
    const { region, keyId, money } = record
    this.#budgets.configure({ holder: `${region}/${keyId}`, meter: this.#name, money }, now)
    this.#meter.attach(planId => this.#budgets.ceilingsOf(planId))
  }

  /** Where the account has a budget, what the request may cost is reserved of it before anything is decided. */
  async #reserveMoney({ apiId, stage, waiting, extra }: LeaseRequest): Promise<void> {
    const { record } = this.#meter
    const plan = record?.money?.account && planFor(record, apiId, stage)
    if (!plan || waiting + extra === 0) return
    const reserving = this.#budgets.reserveFor(plan.planId, Math.max(1, waiting), Date.now())
    if (waiting > 0) await reserving
    // Nobody waits for what is leased in advance.
    else reserving?.catch(() => {})
  }

  get #name(): string {
    const { name } = this.ctx.id
    if (!name) throw new Error('a meter is addressed by name')
    return name
  }

  #save(): void {
    const saves = this.#meter.takeSaves()
    const now = Date.now()
    this.#write(saves)
    const { record } = this.#meter
    if (saves.usage.length > 0 && record) {
      if (kindOf(record) === 'key') this.#alarm.rowsWritten(saves.usage.length, now)
      else this.#tables.keepDayOf(saves.usage)
    }
    this.#alarm.plan(this.#meter.settleIn(now), now)
  }

  /** Memory must not be ahead of the disk: what could not be written was not decided, and the next life knows nothing of it. */
  #write(saves: MeterRows): void {
    if (saves.usage.length + saves.adjustments.length === 0) return
    try {
      this.#tables.save(saves)
    } catch (error) {
      this.ctx.abort(`the meter's rows were not written: ${error}`)
      throw error
    }
  }

  /** Only while leases are out that nothing else ends: a pending timer keeps the object in memory, which is billed. */
  #tickLater(): void {
    if (this.#ticking || !this.#meter.needsTicks) return
    this.#ticking = true
    setTimeout(() => {
      this.#ticking = false
      this.#meter.tick(Date.now())
      this.#save()
      this.#tickLater()
    }, TICK_MS)
  }
}
