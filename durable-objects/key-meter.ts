import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { objectMark } from '../src/lib/object-marks.ts'
import type { KeyRecord } from '../src/metering/key-record.ts'
import { LEASE_PROTOCOL, type LeaseReply, type LeaseRequest } from '../src/metering/lease-protocol.ts'
import { Meter, TICK_MS } from '../src/metering/meter.ts'
import { MeterTables } from '../src/metering/meter-tables.ts'
import { type MethodThrottle, throttleRecord } from '../src/metering/method-throttle.ts'
import { readKeyRecord } from '../src/metering/publish-key-record.ts'
import { rollUpUsage } from '../src/metering/roll-up-usage.ts'
import { RollUpAlarm } from './roll-up-alarm.ts'

/** The usage table hears of a request 20 to 40 s later; spread, so that keys that started together do not stay so. */
const ROLL_UP_AFTER_MS = 20_000
const ROLL_UP_SPREAD_MS = 20_000

/**
 * The meter of one API key, or of one method of a stage: loads, calls the core with the clock's time, saves, answers. What is saved is on disk
 * before the answer leaves, for an object's output waits for its writes.
 *
 * Its name is the key's meter name (`keyMeterName`), under which its record lies in the store, or that of the method
 * (`throttleMeterName`), whose limits come with each call.
 */
export class KeyMeter extends DurableObject<Env> {
  #tables: MeterTables
  #meter: Meter
  #birth: Promise<void> | undefined
  #ticking = false
  readonly #alarm: RollUpAlarm

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#tables = new MeterTables(ctx.storage.sql)
    this.#alarm = new RollUpAlarm(ctx.storage, ROLL_UP_AFTER_MS, ROLL_UP_SPREAD_MS)
    const now = Date.now()
    this.#meter = new Meter(this.#tables.load(now), now)
    ctx.blockConcurrencyWhile(async () => {
      await this.#alarm.load()
      this.#save()
    })
    // Leases of a life before this one end by the same timer as new ones.
    if (this.#meter.leasesOut) this.#tickLater()
  }

  /** Decides for an isolate: see the lease protocol. */
  async lease(request: LeaseRequest): Promise<LeaseReply> {
    assertLeaseRequest(request)
    const { throttle } = request
    if (throttle) this.#limit(request, throttle)
    else if (!this.#meter.record) await this.#bear()
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
    this.#save()
  }

  /** Brings the usage table up to date, to the request. Rejects when the database does not take it. */
  async flushUsage(): Promise<void> {
    const { record } = this.#meter
    if (!record) return
    const rows = this.#meter.unrolled(Date.now())
    this.#tables.save(this.#meter.takeSaves())
    try {
      await rollUpUsage(this.env.DB, record, rows)
    } catch (error) {
      // Admissions go on without the database; the rows wait here.
      this.#alarm.plan()
      throw error
    }
    this.#meter.markRolled(rows)
    this.#tables.markRolled(rows)
  }

  /** UpdateUsage: `remaining` requests are left in the current period. False: not on the plan, or without a quota. */
  updateUsage(planId: string, remaining: number): boolean {
    if (!Number.isSafeInteger(remaining) || remaining < 0) throw new Error('remaining is not a whole number')
    const updated = this.#meter.updateUsage(planId, remaining, Date.now())
    this.#save()
    return updated
  }

  /** Forgets the key and its usage; only a reset of the local account does this. */
  async forget(): Promise<void> {
    await this.#alarm.cancel()
    await this.ctx.storage.deleteAll()
    this.#tables = new MeterTables(this.ctx.storage.sql)
    this.#meter = new Meter({ usage: [], adjustments: [] }, Date.now())
  }

  override alarm(): Promise<void> {
    return this.#alarm.ring(() => this.flushUsage())
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
    const { name } = this.ctx.id
    if (!name) throw new Error('a key meter is addressed by name')
    await this.env.STORE.put(objectMark(name), '')
    const record = await readKeyRecord(this.env.STORE, name)
    if (record) this.configure(record)
  }

  #save(): void {
    const saves = this.#meter.takeSaves()
    if (saves.usage.length + saves.adjustments.length === 0) return
    this.#tables.save(saves)
    if (saves.usage.length === 0) return
    if (this.#meter.record?.ofMethod) this.#tables.keepDaysFrom(saves.usage)
    else this.#alarm.plan()
  }

  /** A pending timer keeps the object in memory, so it is not evicted before it has settled. */
  #tickLater(): void {
    if (this.#ticking) return
    this.#ticking = true
    setTimeout(() => {
      this.#ticking = false
      const again = this.#meter.tick(Date.now())
      this.#save()
      if (again) this.#tickLater()
    }, TICK_MS)
  }
}

/** Callers are our own isolates, perhaps of a neighbouring version of Weir: shapes are checked, not trusted. */
function assertLeaseRequest(request: LeaseRequest): void {
  const { protocol, id, waiting, extra, rtt, returns } = request
  if (protocol !== LEASE_PROTOCOL) throw new Error(`lease protocol ${protocol} is not spoken here`)
  const counts = [waiting, extra]
  if (typeof id !== 'string' || !Array.isArray(returns) || !(rtt >= 0))
    throw new Error('malformed lease request')
  for (const returned of returns) counts.push(returned.leased, returned.decided)
  if (!counts.every(count => Number.isSafeInteger(count) && count >= 0))
    throw new Error('a lease request counts in whole numbers')
}
