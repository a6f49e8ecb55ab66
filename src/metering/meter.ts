import { CallerCount } from '../lib/caller-count.ts'
import { ObjectClock } from '../lib/object-clock.ts'
import type { Ceiling } from './ceiling.ts'
import { GrantMemory, TICK_MS } from './grant-memory.ts'
import { assertKeyRecord, isNewer, type KeyPlan, type KeyRecord, kindOf, planFor } from './key-record.ts'
import {
  emptyReply,
  LEASE,
  type LeaseReply,
  type LeaseRequest,
  type LeaseReturn,
  type Left,
  longestLease,
  type RefusalReason,
} from './lease-protocol.ts'
import { PendingSaves } from './pending-saves.ts'
import type { Called } from './plan-buckets.ts'
import { PlanMeter } from './plan-meter.ts'
import { RelayCount } from './relays/relay-count.ts'
import type { MeterRows, SavedMeter, UsageRow } from './saved-meter.ts'
import type { DayUsage } from './usage-days.ts'

export { TICK_MS }

/**
 * Silence after which what is reserved is given up and the exact state is written, milliseconds. The platform evicts
 * an object after ten seconds without a call.
 * https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/
 */
const SETTLE_AFTER_MS = 9_000

/** Ceilings of a plan that are not its record's to say. */
export type CeilingsOf = (planId: string) => readonly Ceiling[]

/** How a meter stands. */
export interface MeterState {
  /** Of the record that it goes by; 0: it knows of none. */
  readonly version: number
  readonly keyId?: string
  readonly enabled: boolean
  /** The plan that covers the stage, and what it has left; absent: none does. */
  readonly planId?: string
  readonly left?: Left
  /** Tokens that isolates hold on leases: they are taken already, and come back where they are not spent. */
  readonly held?: number
  /** Isolates and relays that called within the last second or two; 1 where nobody did. */
  readonly callers: number
}

/**
 * The meter of one API key, of a method of a stage or of an account: the pure core of the KeyMeter object. Every
 * method takes the machine's clock (epoch milliseconds) and returns at once; what has to be on disk before the answer
 * leaves is then in {@link takeSaves}.
 */
export class Meter {
  readonly #clock: ObjectClock
  readonly #callers = new CallerCount()
  readonly #relays = new RelayCount()
  readonly #saves: PendingSaves
  readonly #plans = new Map<string, PlanMeter>()
  readonly #grants = new GrantMemory()
  readonly #life: number
  #ceilingsOf: CeilingsOf | undefined
  #record: KeyRecord | undefined
  #lastGrantAt: number

  /** `life`: at least 0 and less than 1, another one each time: it tells grants of one life from those of the next. */
  constructor(saved: SavedMeter, raw: number, life = 0) {
    this.#clock = new ObjectClock(raw, Math.max(0, ...saved.usage.map(row => row.at + 1)))
    // A double has that much room beside the milliseconds.
    this.#life = Math.floor(life * 4096) / 4096
    this.#saves = new PendingSaves(Math.max(0, ...saved.usage.map(row => row.rev)))
    this.#record = saved.record
    this.#lastGrantAt = this.#clock.now
    for (const { keyId, planId } of saved.usage) this.#open(keyId, planId, saved, raw)
    if (saved.record)
      for (const { planId } of saved.record.plans) this.#open(saved.record.keyId, planId, saved, raw)
  }

  get record(): KeyRecord | undefined {
    return this.#record
  }

  /** What the object's clock shows at a reading of the machine's. */
  clockAt(raw: number): number {
    return this.#clock.peek(raw)
  }

  /** Takes a newer record; returns false, and changes nothing, for one that is not newer. */
  configure(record: KeyRecord, raw: number): boolean {
    assertKeyRecord(record)
    if (!isNewer(record, this.#record)) return false
    this.#advance(raw)
    this.#record = record
    for (const plan of this.#plans.values())
      plan.configure(this.#planOf(plan.keyId, plan.planId), this.#clock.now, raw)
    for (const { planId } of record.plans)
      this.#open(record.keyId, planId, { usage: [], adjustments: [] }, raw)
    return true
  }

  lease(request: LeaseRequest, raw: number): LeaseReply {
    this.#advance(raw)
    for (const returned of request.returns) this.#takeBack(returned)
    // A doubled request gets the reply of the first, not a second grant.
    const before = this.#grants.find(request.id)
    if (before) return before.reply
    this.#callers.note(request.caller, this.#clock.now)
    this.#relays.note(request, this.#clock.now)

    const record = this.#record
    if (!record || record.deleted) return this.#refuse(request, 'unknown-key')
    const planId = planFor(record, request.apiId, request.stage)?.planId
    const plan = planId === undefined ? undefined : this.#plans.get(planKey(record.keyId, planId))!
    // It passed before anybody knew that the key is disabled.
    if (request.passed) plan?.charge(request.passed, this.#clock.now, raw)
    if (!record.enabled) return this.#refuse(request, 'disabled-key')
    return plan ? this.#grant(request, plan, raw) : this.#refuse(request, 'no-plan-for-stage')
  }

  /** For how long the first call of a life had better be held back, so that it need not write a row, milliseconds. */
  waitForToken(raw: number): number {
    this.#advance(raw)
    return Math.max(0, ...[...this.#plans.values()].map(plan => plan.waitForToken(this.#clock.now)))
  }

  /**
   * To be called by a timer, at least {@link TICK_MS} of real time after the tick before it and after the first
   * grant, as long as it returns true. Leases end by these timers and not by the clock: to a clock, a forward step
   * and a long silence look alike, and a lease let go of early could be spent twice over.
   */
  tick(raw: number): boolean {
    this.#advance(raw)
    this.#grants.tick(this.#clock.now)
    return this.needsTicks
  }

  /** Whether leases are out that only ticks can end: after a call, and before any call of a life. */
  get needsTicks(): boolean {
    return this.#grants.needsTicks
  }

  /** After how long what is reserved should be settled, milliseconds; undefined: the state on disk is exact. */
  settleIn(raw: number): number | undefined {
    if (![...this.#plans.values()].some(plan => plan.unsettled)) return undefined
    return Math.max(0, this.#lastGrantAt + SETTLE_AFTER_MS - this.#clock.peek(raw))
  }

  /** Writes down the exact state instead of reserved blocks: from then on an eviction loses nothing. */
  settle(raw: number): void {
    this.#advance(raw)
    for (const plan of this.#plans.values()) plan.settle(this.#clock.now)
  }

  /** Sets the ceilings of all that the key does beside those that its record says. To be called in every life. */
  attach(ceilingsOf: CeilingsOf): void {
    this.#ceilingsOf = ceilingsOf
    for (const plan of this.#plans.values()) this.#attachTo(plan)
  }

  /** What the key used on a plan, by day. */
  usageOf(planId: string): Iterable<DayUsage> {
    return this.#planNow(planId)?.usage.days ?? []
  }

  /** How it stands for one method of a stage: what the next request would meet. Nothing is taken or written. */
  describe(asked: Called, raw: number): MeterState {
    this.#advance(raw)
    const { version = 0, enabled = false, deleted, keyId } = this.#record ?? {}
    const planId = this.#record && planFor(this.#record, asked.apiId, asked.stage)?.planId
    const plan = planId === undefined ? undefined : this.#planNow(planId)
    const { now } = this.#clock
    return {
      version,
      ...(keyId !== undefined && { keyId }),
      enabled: enabled && !deleted,
      ...(plan && { planId: plan.planId, left: plan.left(asked, now, raw), held: plan.held(asked, now) }),
      callers: this.#callers.callers,
    }
  }

  /** Rows that the usage table does not have yet, exact as of now. */
  unrolled(raw: number): UsageRow[] {
    this.settle(raw)
    return [...this.#plans.values()].flatMap(plan => plan.unrolled(this.#clock.now))
  }

  /** The usage table has these rows. */
  markRolled(rows: readonly UsageRow[]): void {
    for (const { keyId, planId, day, rev } of rows)
      this.#plans.get(planKey(keyId, planId))?.usage.days.markRolled(day, rev)
  }

  /** What was decided since the last call and must be on disk before anybody learns of it. */
  takeSaves(): MeterRows {
    return this.#saves.take()
  }

  #advance(raw: number): void {
    this.#clock.advance(raw)
    this.#grants.forget(this.#clock.now)
  }

  #takeBack(returned: LeaseReturn): void {
    const { now } = this.#clock
    this.#grants.takeBackBefore(returned, now)
    const grant = this.#grants.find(returned.id)
    if (!grant) {
      // Unknown: from before a restart, forgotten, or the call itself is still on its way and comes too late.
      this.#grants.add({ reply: this.#emptyReply(returned.id) }, now)
      return
    }
    if (returned.grantedAt !== undefined && returned.grantedAt !== grant.reply.grantedAt) return
    const unused = this.#grants.takeBack(grant, returned, now)
    if (unused > 0) grant.plan?.takeBack(grant.day, unused)
  }

  #grant(request: LeaseRequest, plan: PlanMeter, raw: number): LeaseReply {
    const { now } = this.#clock
    const callers = Math.max(this.#callers.callers, this.#grants.holders)
    const answer = this.#answerTo(request)
    const { fairIntervalMs } = this.#callers
    const { grantedAt } = answer
    const grant = plan.grant({ ...request, grantedAt, callers, fairIntervalMs }, now, raw)
    const { admitted, leased, lifeMs, named, refusal, buckets, day } = grant
    const ownMethods = plan.buckets.ownMethods(request)
    const { tellsLimits } = plan.plan ?? {}
    const reply: LeaseReply = {
      ...answer,
      planId: plan.planId,
      admitted,
      ...(leased > 0 && { lease: { tokens: leased, lifeMs } }),
      ...(refusal && { refusal }),
      callAfterMs: this.#pauseOf(request, plan),
      ...(ownMethods && { ownMethods }),
      ...(plan.passesUnreachable && { whenUnreachable: 'pass' as const }),
      ...(tellsLimits && { left: plan.left(request, now, raw) }),
    }
    if (request.waiting + request.extra === 0) return reply
    if (admitted + leased > 0) this.#lastGrantAt = now
    const { caller } = request
    this.#grants.add({ reply, plan, day, caller, buckets, held: leased, lifeMs, named }, now)
    return reply
  }

  /** Relays join what waits meanwhile, so none of it is lost; other callers pause only where there are too many. */
  #pauseOf({ behind }: LeaseRequest, plan: PlanMeter): number {
    if (behind !== undefined) return this.#relays.fairIntervalMs
    return this.#callers.tooMany ? plan.longestPause(this.#callers.fairIntervalMs) : 0
  }

  #refuse(request: LeaseRequest, reason: RefusalReason): LeaseReply {
    const refusal = { reason, retryAfterMs: LEASE.refusalMemory }
    return { ...this.#answerTo(request), refusal }
  }

  #answerTo({ id, place }: LeaseRequest): LeaseReply {
    const relays = this.#relays.at(place)
    return { ...this.#emptyReply(id), keyId: this.#record?.keyId, ...(relays > 0 && { relays }) }
  }

  #emptyReply(id: string): LeaseReply {
    return emptyReply(id, this.#clock.now + this.#life, this.#record?.version)
  }

  #planOf(keyId: string, planId: string): KeyPlan | undefined {
    if (this.#record?.keyId !== keyId) return undefined
    return this.#record.plans.find(plan => plan.planId === planId)
  }

  /** A plan as the key of the record is, or was, on it. */
  #planNow(planId: string): PlanMeter | undefined {
    return this.#record && this.#plans.get(planKey(this.#record.keyId, planId))
  }

  #attachTo(plan: PlanMeter): void {
    if (this.#ceilingsOf && plan.keyId === this.#record?.keyId)
      plan.usage.attach(this.#ceilingsOf(plan.planId))
  }

  #open(keyId: string, planId: string, saved: SavedMeter, raw: number): void {
    const name = planKey(keyId, planId)
    if (this.#plans.has(name)) return
    const { now } = this.#clock
    const kind = this.#record ? kindOf(this.#record) : 'key'
    const own = <Row extends { keyId: string; planId: string }>(rows: readonly Row[]) =>
      rows.filter(row => row.keyId === keyId && row.planId === planId)
    const plan = new PlanMeter(
      { keyId, planId, kind },
      this.#planOf(keyId, planId),
      { usage: own(saved.usage), adjustments: own(saved.adjustments) },
      this.#saves,
      now,
      raw,
    )
    this.#plans.set(name, plan)
    this.#attachTo(plan)
    // Leases of a life before this one. Those that the row names are known when they come back.
    for (const lease of plan.named) this.#grants.addBefore(lease, plan.buckets.plan, now)
    const named = plan.named.reduce((sum, lease) => sum + lease.held, 0)
    // Of the others nobody knows whose they are: they count as out until the last of them has ended.
    for (const [index, bucket] of plan.buckets.held.entries()) {
      const held = bucket.held - (bucket === plan.buckets.plan ? named : 0)
      const reply = this.#emptyReply(`before ${name} ${index}`)
      const lifeMs = longestLease(kind)
      this.#grants.add({ reply, plan, buckets: [bucket], held, lifeMs, isOverdue: true }, now)
    }
  }
}

const planKey = (keyId: string, planId: string): string => `${keyId} ${planId}`
