import { DebitRate } from './debit-rate.ts'
import { whenUnreachable } from './failure-policy.ts'
import type { KeyPlan, MeterKind } from './key-record.ts'
import { LEASE, type LeaseRefusal, type Left, longestLease } from './lease-protocol.ts'
import { type LeaseTerms, leaseTerms, type Wanted } from './lease-terms.ts'
import type { LeasedBucket } from './leased-bucket.ts'
import { type NamedLease, NamedLeases } from './named-leases.ts'
import { type Called, levelLess, PlanBuckets } from './plan-buckets.ts'
import { PlanUsage } from './plan-usage.ts'
import { blockTerms, LASTING_RATE, lastingFloor, refillsFrom } from './row-terms.ts'
import type { MeterRows, Saves, UsageRow } from './saved-meter.ts'
import type { DayUsage } from './usage-days.ts'

/** What a refusal says at most, milliseconds: a month with a day to spare. */
const LONGEST_WAIT_MS = 32 * 86_400_000

/** With so many debits in ten seconds an object is not evicted between them: not every lease has to be named at once. */
const BUSY = 16
/** A row that counts this share of a bucket as out, and more than is, is worth another one before the object is evicted. */
const WORTH_SAYING = 1 / 8

/** The row of a bucket that is nobody's usage. */
const NO_DAY = '0000-00-00'

export interface Ask extends Wanted, Called {
  readonly id: string
  readonly grantedAt: number
  readonly waiting: number
}

export interface Grant {
  readonly admitted: number
  readonly leased: number
  readonly lifeMs: number
  /** The lease, as a row may name it. */
  readonly named?: NamedLease
  /** What was leased from. */
  readonly buckets: readonly LeasedBucket[]
  /** The day that the grant was charged to. */
  readonly day: string
  readonly refusal?: LeaseRefusal
}

/** Debits that are written down before they happen. */
interface Block {
  readonly day: string
  left: number
  readonly until: number
}

const NO_BLOCK: Block = { day: '', left: 0, until: 0 }

/**
 * One usage plan of one key: its buckets, its ceilings, its usage, and the order in which they reach the disk.
 *
 * Times: `now` is the object's clock (buckets, leases), `wall` the machine's (days and quota periods).
 */
export class PlanMeter {
  readonly keyId: string
  readonly planId: string
  readonly usage: PlanUsage
  readonly buckets: PlanBuckets
  readonly #kind: MeterKind
  readonly #saves: Saves
  readonly #rate: DebitRate
  /** Of what nobody revokes: the next life knows them, since their returns come to it. */
  readonly #named: NamedLeases
  #plan: KeyPlan | undefined
  #block = NO_BLOCK
  /** The row written last, and whether that was in this life. */
  #latest: UsageRow | undefined
  #wrote = false

  constructor(
    { keyId, planId, kind }: { readonly keyId: string; readonly planId: string; readonly kind: MeterKind },
    plan: KeyPlan | undefined,
    saved: MeterRows,
    saves: Saves,
    now: number,
    wall: number,
  ) {
    this.keyId = keyId
    this.planId = planId
    this.#kind = kind
    this.#saves = saves
    this.#rate = new DebitRate(now)
    this.#plan = plan
    this.usage = new PlanUsage(keyId, planId, saves, saved.usage, saved.adjustments)
    const latest = saved.usage.reduce<UsageRow | undefined>((a, b) => (a && a.rev > b.rev ? a : b), undefined)
    this.#latest = latest
    const known = latest && { ...latest, at: refillsFrom(latest, now, wall) }
    this.buckets = new PlanBuckets(plan, known, latest?.methods, now)
    this.#named = new NamedLeases(latest?.leases, this.buckets.plan.held)
    this.usage.configure(plan, wall)
  }

  /** Leases that are out, as far as they have names. */
  get named(): readonly NamedLease[] {
    return this.#named.out
  }

  get plan(): KeyPlan | undefined {
    return this.#plan
  }

  /** Whether requests may pass, for a moment, while nobody can ask this. */
  get passesUnreachable(): boolean {
    const bounded = this.usage.isBounded ? 'key with a quota or a budget' : 'key with a rate only'
    const kind = this.#kind === 'key' ? bounded : this.#kind
    return whenUnreachable(kind, this.#plan?.whenUnreachable) === 'pass'
  }

  /** New limits, in force for every later grant. `plan` undefined: the key has left the plan. */
  configure(plan: KeyPlan | undefined, now: number, wall: number): void {
    const today = this.#row(wall)
    const before = { quota: this.#plan?.quota, left: this.usage.remainingAfter(today.day) }
    this.#plan = plan
    this.usage.configure(plan, wall)
    const left = this.usage.remainingAfter(today.day)
    const isUntouched = before.left === before.quota?.limit && left === plan?.quota?.limit
    const tellsToday = left !== null && left !== before.left && !isUntouched
    const hasNewBuckets = this.buckets.configure(plan, now)
    // What the row says of the buckets would be read with the new limits: say it anew.
    if (hasNewBuckets) this.#block = NO_BLOCK
    for (const row of this.usage.days)
      if ((hasNewBuckets && row.day === this.#latest?.day) || (tellsToday && row === today))
        this.#save(row, now)
  }

  /** How long callers may be kept away without the bucket overflowing: a quarter of its refill at most. */
  longestPause(intervalMs: number): number {
    return Math.floor(Math.min(intervalMs, LEASE.refusalMemory, this.buckets.plan.halfRefillMs / 2))
  }

  grant(ask: Ask, now: number, wall: number): Grant {
    const buckets = this.buckets.of(ask, now)
    for (const bucket of buckets) bucket.refill(now)
    const row = this.#row(wall)
    const left = Math.max(0, this.usage.remaining(wall))
    const tokens = Math.min(...buckets.map(bucket => bucket.tokens))
    const admitted = Math.min(ask.waiting, tokens, left)
    const lease = leaseTerms(ask, buckets, tokens - admitted, left - admitted, longestLease(this.#kind))
    const named = this.#name(ask, lease, now)
    if (admitted + lease.tokens > 0) {
      for (const bucket of buckets) {
        bucket.take(admitted)
        bucket.lease(lease.tokens)
      }
      this.#debit(row, admitted + lease.tokens, buckets, now, wall)
    }
    const refusal = this.#refusal(buckets, admitted < ask.waiting, wall)
    const { tokens: leased, lifeMs } = lease
    return { admitted, leased, lifeMs, ...(named && { named }), buckets, day: row.day, refusal }
  }

  /** Takes back what a grant was charged for and did not use. Buckets are told apart: see `GrantMemory`. */
  takeBack(day: string, requests: number): void {
    if (this.#kind === 'key') this.usage.add(day, -requests)
  }

  /** Counts requests that passed without being asked for: nothing was taken for them, and nothing refused. */
  charge(requests: number, now: number, wall: number): void {
    if (this.#kind !== 'key') return
    const row = this.#row(wall)
    this.usage.add(row.day, requests)
    this.buckets.refill(now)
    this.#write(row, now, wall)
  }

  /** What a client may be told. */
  left(asked: Called, now: number, wall: number): Left {
    const buckets = this.buckets.of(asked, now)
    for (const bucket of buckets) bucket.refill(now)
    const tightest = buckets.reduce((a, b) => (b.tokens < a.tokens ? b : a))
    const { throttle } = tightest
    const quota = this.usage.quotaAt(wall)
    return {
      ...(throttle && { rate: throttle.rateLimit, burst: throttle.burstLimit, tokens: tightest.tokens }),
      ...(quota && {
        quota: { limit: quota.limit, left: quota.left, resetMs: Math.max(0, Math.ceil(quota.endsAt - wall)) },
      }),
    }
  }

  /** Tokens that are out on leases. */
  held(asked: Called, now: number): number {
    return Math.max(0, ...this.buckets.of(asked, now).map(bucket => bucket.held))
  }

  /**
   * For how long a first request had better wait, so that its token flows in and no row need be written, milliseconds.
   * What lacks more than that token lacks it because others are out: waiting brings none of them.
   */
  waitForToken(now: number): number {
    const row = this.#latest
    const { plan } = this.buckets
    if (!row?.lasting || !plan.throttle || plan.throttle.rateLimit < LASTING_RATE) return 0
    plan.refill(now)
    const missing = (row.level ?? 0) + 1 - (plan.level ?? 0)
    return missing > 0 && missing <= 1 ? Math.ceil((missing * 1000) / plan.throttle.rateLimit) : 0
  }

  /** Whether what is written down says more than what is used. */
  get unsettled(): boolean {
    if (this.#kind !== 'key') return this.#block.left > 0 || this.#saysTooMuch
    for (const row of this.usage.days) if (row.saved !== row.used) return true
    return false
  }

  /** Writes down exactly what is. */
  settle(now: number): void {
    if (!this.unsettled) return
    this.buckets.refill(now)
    this.#block = NO_BLOCK
    if (this.#kind !== 'key') {
      this.#save(this.usage.days.named(NO_DAY), now, lastingFloor(this.buckets.plan, !this.#wrote))
      return
    }
    for (const row of this.usage.days) if (row.saved !== row.used) this.#save(row, now)
  }

  /** Rows that the usage table does not have; exact only right after {@link settle}. */
  unrolled(now: number): UsageRow[] {
    const rows = [...this.usage.days].filter(row => row.rev > row.rolled)
    return rows.map(row => this.#rowOf(row, now))
  }

  #row(wall: number): DayUsage {
    return this.#kind === 'key' ? this.usage.days.at(wall) : this.usage.days.named(NO_DAY)
  }

  /** Why the next request is refused; `isNow`: one is already. */
  #refusal(buckets: readonly LeasedBucket[], isNow: boolean, wall: number): LeaseRefusal | undefined {
    const exhausted = this.usage.exhausted(wall)
    if (exhausted && (isNow || !exhausted.mayGrow?.(wall))) {
      const { reason, status, message } = exhausted
      const retryAfterMs = patience(Math.ceil(exhausted.endsAt(wall) - wall), this.buckets.plan)
      return { reason, ...(status && { status }), ...(message && { message }), retryAfterMs }
    }
    const empty = buckets.filter(bucket => bucket.tokens < 1)
    if (empty.length === 0) return undefined
    return {
      reason: 'throttled',
      retryAfterMs: Math.max(...empty.map(bucket => patience(bucket.untilToken, bucket))),
    }
  }

  #debit(row: DayUsage, requests: number, buckets: readonly LeasedBucket[], now: number, wall: number): void {
    this.#rate.note(requests, now)
    if (this.#kind === 'key') this.usage.add(row.day, requests)
    else if (this.#lasts()) return
    const block = this.#block
    const isOpen = block.day === row.day && now <= block.until && block.left >= requests
    const areNamed = this.#kind === 'key' || this.#named.isSaid(this.buckets.plan.held)
    if (isOpen && areNamed && this.buckets.areSaid(buckets)) block.left -= requests
    else this.#write(row, now, wall)
  }

  /** Whether the row written last is still true by saying what is true for as long as it is the last one. */
  #lasts(): boolean {
    const row = this.#latest
    const { plan } = this.buckets
    return row?.lasting === true && (plan.level ?? 0) >= (row.level ?? 0) && this.#named.isSaid(plan.held)
  }

  /** Whether the row written last counts so much more as out than is that the next life would feel it. */
  get #saysTooMuch(): boolean {
    const { burst, held } = this.buckets.plan
    return (this.#latest?.held ?? 0) - held > burst * WORTH_SAYING
  }

  #name({ id, grantedAt }: Ask, { tokens, lifeMs }: LeaseTerms, now: number): NamedLease | undefined {
    if (this.#kind === 'key' || tokens === 0) return undefined
    const lease = { id, grantedAt, lifeMs, tokens, held: tokens }
    this.#named.add(lease, !this.#isBusy(now))
    return lease
  }

  #isBusy(now: number): boolean {
    return this.#rate.inTenSeconds(now) >= BUSY
  }

  #write(row: DayUsage, now: number, wall: number): void {
    const isKey = this.#kind === 'key'
    const floor = isKey ? undefined : lastingFloor(this.buckets.plan, !this.#wrote)
    const { size, lastsMs } = blockTerms(this.#rate, now, this.usage.remaining(wall), this.#kind)
    this.#block = floor === undefined ? { day: row.day, left: size, until: now + lastsMs } : NO_BLOCK
    // What is granted in the next second needs no row of its own, where that is much.
    this.#save(row, now, floor, this.#isBusy(now) ? Math.floor(this.#rate.perSecond) : 0)
    if (!isKey) return
    for (const other of this.usage.days)
      if (other !== row && other.saved !== other.used) this.#save(other, now)
  }

  /** Writes a row; `floor`: one that lasts, while at most `more` tokens go out besides. */
  #save(row: DayUsage, now: number, floor?: number, more = 0): void {
    row.saved = row.used + (row.day === this.#block.day ? this.#block.left : 0)
    row.rev = this.#saves.nextRev()
    const saved = this.#rowOf(row, now)
    const { plan } = this.buckets
    const said =
      floor === undefined ? saved : { ...saved, level: floor, held: plan.heldWithin(more), lasting: true }
    this.#latest = this.#kind === 'key' ? said : { ...said, leases: this.#named.inRow(said.held) }
    this.#wrote = true
    this.#saves.usage(this.#latest)
  }

  #rowOf(row: DayUsage, now: number): UsageRow {
    const { left, until } = this.#block
    return {
      keyId: this.keyId,
      planId: this.planId,
      day: row.day,
      used: row.saved,
      remaining: this.#kind === 'key' ? this.usage.remainingAfter(row.day) : null,
      rev: row.rev,
      rolled: row.rolled,
      level: levelLess(this.buckets.plan, left),
      at: Math.max(now, left > 0 ? until : 0),
      held: this.buckets.plan.heldWithin(left),
      methods: this.buckets.inRow(left),
      lasting: false,
    }
  }
}

/** For how long a refusal holds, if it would hold `ms` by the passing of time alone. */
function patience(ms: number, bucket: LeasedBucket): number {
  const most = bucket.held > 0 ? LEASE.refusalMemoryWhileLeased : LONGEST_WAIT_MS
  return Math.max(1, Math.min(ms, most))
}
