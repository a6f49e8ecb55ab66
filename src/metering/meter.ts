import { CallerCount } from '../lib/caller-count.ts'
import { ObjectClock } from '../lib/object-clock.ts'
import type { Ceiling } from './ceiling.ts'
import { assertKeyRecord, isNewer, type KeyPlan, type KeyRecord, planFor } from './key-record.ts'
import {
  LEASE,
  LEASE_PROTOCOL,
  type LeaseReply,
  type LeaseRequest,
  type LeaseReturn,
  type RefusalReason,
} from './lease-protocol.ts'
import { PlanMeter } from './plan-meter.ts'
import type { AdjustmentRow, SavedMeter, Saves, UsageRow } from './saved-meter.ts'

/** The least time between two ticks, in real milliseconds: a lease that saw both of them has ended. */
export const TICK_MS = LEASE.maxLife + LEASE.margin

/** Silence after which what is reserved is given up and the exact state is written, milliseconds. */
const SETTLE_AFTER_MS = 1000

/** A grant that the object still remembers. */
interface Remembered {
  readonly reply: LeaseReply
  readonly plan: PlanMeter | undefined
  readonly day: string
  readonly forgetAt: number
  /** What came back of it so far. */
  leasedBack: number
  decidedBack: number
  /** Tokens that still count as out on this lease. */
  held: number
  /** Ticks that found it out: two of them are at least one whole interval between ticks. */
  ticks: number
}

/**
 * The meter of one API key: the pure core of the KeyMeter object. Every method takes the machine's clock (epoch
 * milliseconds) and returns at once; what has to be on disk before the answer leaves is then in {@link takeSaves}.
 */
export class Meter {
  readonly #clock: ObjectClock
  readonly #callers = new CallerCount()
  readonly #saves = new PendingSaves()
  readonly #plans = new Map<string, PlanMeter>()
  /** By request id, oldest first. */
  readonly #grants = new Map<string, Remembered>()
  /** Leases whose tokens count as out. */
  readonly #out = new Set<Remembered>()
  readonly #attached: Ceiling[] = []
  #record: KeyRecord | undefined
  #lastGrantAt: number

  constructor(saved: SavedMeter, raw: number) {
    this.#clock = new ObjectClock(raw, Math.max(0, ...saved.usage.map(row => row.at + 1)))
    this.#saves.rev = Math.max(0, ...saved.usage.map(row => row.rev))
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
    const before = this.#grants.get(request.id)
    if (before) return before.reply
    this.#callers.note(request.caller, this.#clock.now)

    const record = this.#record
    if (!record || record.deleted) return this.#refuse(request, 'unknown-key')
    if (!record.enabled) return this.#refuse(request, 'disabled-key')
    const planId = planFor(record, request.apiId, request.stage)?.planId
    if (planId === undefined) return this.#refuse(request, 'no-plan-for-stage')
    return this.#grant(request, this.#plans.get(planKey(record.keyId, planId))!, raw)
  }

  /**
   * To be called by a timer, at least {@link TICK_MS} of real time after the tick before it and after the first
   * grant, as long as it returns true. Leases end by these timers and not by the clock: to a clock, a forward step
   * and a long silence look alike, and a lease let go of early could be spent twice over.
   *
   * After a second without grants it writes down the exact state instead of reserved blocks; once it returns false
   * the object may be evicted without loss.
   */
  tick(raw: number): boolean {
    this.#advance(raw)
    for (const lease of this.#out) {
      lease.ticks += 1
      if (lease.ticks < 2) continue
      lease.plan?.refill(this.#clock.now)
      this.#letGo(lease, lease.held, 0)
    }
    if (this.#clock.now - this.#lastGrantAt >= SETTLE_AFTER_MS) this.#settle()
    return this.#out.size > 0 || [...this.#plans.values()].some(plan => plan.unsettled)
  }

  /** Whether a tick is needed before any call: leases of a life before this one are still out. */
  get leasesOut(): boolean {
    return this.#out.size > 0
  }

  /** A ceiling on all that the key does, beside those that its record says. Attached anew in every life. */
  attach(ceiling: Ceiling): void {
    this.#attached.push(ceiling)
    for (const plan of this.#plans.values()) plan.usage.attach(ceiling)
  }

  /** UpdateUsage. False when the key is not on the plan or the plan has no quota. */
  updateUsage(planId: string, remaining: number, raw: number): boolean {
    this.#advance(raw)
    const plan = this.#record && this.#plans.get(planKey(this.#record.keyId, planId))
    if (!plan?.usage.quota) return false
    plan.setRemaining(remaining, this.#clock.now, raw)
    return true
  }

  /** Rows that the usage table does not have yet, exact as of now. */
  unrolled(raw: number): UsageRow[] {
    this.#advance(raw)
    this.#settle()
    return [...this.#plans.values()].flatMap(plan => plan.unrolled(this.#clock.now))
  }

  /** The usage table has these rows. */
  markRolled(rows: readonly UsageRow[]): void {
    for (const { keyId, planId, day, rev } of rows)
      this.#plans.get(planKey(keyId, planId))?.usage.days.markRolled(day, rev)
  }

  /** What was decided since the last call and must be on disk before anybody learns of it. */
  takeSaves(): { readonly usage: UsageRow[]; readonly adjustments: AdjustmentRow[] } {
    return this.#saves.take()
  }

  #advance(raw: number): void {
    this.#clock.advance(raw)
    for (const [id, grant] of this.#grants) {
      if (grant.forgetAt > this.#clock.now || grant.held > 0) break
      this.#grants.delete(id)
    }
  }

  #letGo(lease: Remembered, tokens: number, unspent: number): void {
    lease.held -= tokens
    lease.plan?.release(tokens, unspent)
    if (lease.held === 0) this.#out.delete(lease)
  }

  #takeBack({ id, grantedAt, leased, decided, done }: LeaseReturn): void {
    const grant = this.#grants.get(id)
    if (!grant) {
      // Unknown: from before a restart, forgotten, or the call itself is still on its way and comes too late.
      this.#remember(this.#emptyReply(id), undefined, '', 0)
      return
    }
    const { reply, plan } = grant
    if (grantedAt !== undefined && grantedAt !== reply.grantedAt) return
    const unspent = Math.max(0, Math.min(leased, reply.lease?.tokens ?? 0) - grant.leasedBack)
    const unused = Math.max(0, Math.min(decided, reply.admitted) - grant.decidedBack)
    grant.leasedBack += unspent
    grant.decidedBack += unused
    if (unspent + unused > 0) plan?.takeBack(grant.day, unspent + unused)
    if (grant.held > 0) {
      // Only what is still held flows back: the rest has been replaced by what has flowed in since.
      plan?.refill(this.#clock.now)
      this.#letGo(grant, done ? grant.held : unspent, unspent)
    }
  }

  #grant(request: LeaseRequest, plan: PlanMeter, raw: number): LeaseReply {
    const { now } = this.#clock
    const lifeMs = request.extra > 0 ? plan.leaseLife(request.rtt, this.#callers.fairIntervalMs) : 0
    const grant = plan.grant(
      { waiting: request.waiting, extra: request.extra, lifeMs, callers: this.#callers.callers },
      now,
      raw,
    )
    const reply: LeaseReply = {
      ...this.#answerTo(request),
      planId: plan.planId,
      admitted: grant.admitted,
      ...(grant.leased > 0 && { lease: { tokens: grant.leased, lifeMs } }),
      ...(grant.refusal && { refusal: grant.refusal }),
      callAfterMs: this.#callers.tooMany ? plan.longestPause(this.#callers.fairIntervalMs) : 0,
    }
    if (request.waiting + request.extra === 0) return reply
    if (grant.admitted + grant.leased > 0) this.#lastGrantAt = now
    this.#remember(reply, plan, grant.day, grant.leased)
    return reply
  }

  #refuse(request: LeaseRequest, reason: RefusalReason): LeaseReply {
    const refusal = { reason, retryAfterMs: LEASE.refusalMemory }
    return { ...this.#answerTo(request), admitted: 0, refusal, callAfterMs: 0 }
  }

  #answerTo(request: LeaseRequest) {
    const version = this.#record?.version ?? 0
    const { now } = this.#clock
    return { protocol: LEASE_PROTOCOL, id: request.id, version, grantedAt: now, keyId: this.#record?.keyId }
  }

  #remember(reply: LeaseReply, plan: PlanMeter | undefined, day: string, held: number): void {
    const forgetAt = this.#clock.now + LEASE.memory
    const grant: Remembered = { reply, plan, day, forgetAt, leasedBack: 0, decidedBack: 0, held, ticks: 0 }
    this.#grants.set(reply.id, grant)
    if (held > 0) this.#out.add(grant)
  }

  #emptyReply(id: string): LeaseReply {
    const version = this.#record?.version ?? 0
    const grantedAt = this.#clock.now
    return { protocol: LEASE_PROTOCOL, id, version, grantedAt, admitted: 0, callAfterMs: 0 }
  }

  #settle(): void {
    for (const plan of this.#plans.values()) plan.settle(this.#clock.now)
  }

  #planOf(keyId: string, planId: string): KeyPlan | undefined {
    if (this.#record?.keyId !== keyId) return undefined
    return this.#record.plans.find(plan => plan.planId === planId)
  }

  #open(keyId: string, planId: string, saved: SavedMeter, raw: number): void {
    const name = planKey(keyId, planId)
    if (this.#plans.has(name)) return
    const own = <Row extends { keyId: string; planId: string }>(rows: readonly Row[]) =>
      rows.filter(row => row.keyId === keyId && row.planId === planId)
    const plan = new PlanMeter(
      keyId,
      planId,
      this.#planOf(keyId, planId),
      { usage: own(saved.usage), adjustments: own(saved.adjustments) },
      this.#saves,
      this.#clock.now,
      raw,
    )
    for (const ceiling of this.#attached) plan.usage.attach(ceiling)
    this.#plans.set(name, plan)
    // Leases of a life before this one: nobody knows whose, so they count as out until the last of them has ended.
    if (plan.outstanding > 0) this.#remember(this.#emptyReply(`before ${name}`), plan, '', plan.outstanding)
  }
}

const planKey = (keyId: string, planId: string): string => `${keyId} ${planId}`

/** Rows to write: the newest of each, however often it changed since they were taken last. */
class PendingSaves implements Saves {
  rev = 0
  #usage = new Map<string, UsageRow>()
  #adjustments = new Map<string, AdjustmentRow>()

  nextRev(): number {
    this.rev += 1
    return this.rev
  }

  usage(row: UsageRow): void {
    this.#usage.set(`${planKey(row.keyId, row.planId)} ${row.day}`, row)
  }

  adjustment(row: AdjustmentRow): void {
    this.#adjustments.set(`${planKey(row.keyId, row.planId)} ${row.period}`, row)
  }

  take(): { usage: UsageRow[]; adjustments: AdjustmentRow[] } {
    const taken = { usage: [...this.#usage.values()], adjustments: [...this.#adjustments.values()] }
    if (taken.usage.length > 0) this.#usage = new Map()
    if (taken.adjustments.length > 0) this.#adjustments = new Map()
    return taken
  }
}
