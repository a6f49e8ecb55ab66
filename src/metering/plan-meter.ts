import type { KeyPlan, Throttle } from './key-record.ts'
import { LEASE, type LeaseRefusal, MIN_LEASABLE_BURST } from './lease-protocol.ts'
import { PlanUsage } from './plan-usage.ts'
import type { AdjustmentRow, Saves, UsageRow } from './saved-meter.ts'
import { TokenBucket } from './token-bucket.ts'
import type { DayUsage } from './usage-days.ts'

/** A block lasts at most this long, milliseconds: a crash within it costs the plan what was left of it. */
const BLOCK_MS = 1000
const MAX_BLOCK = 10_000
/** A crash may forfeit at most this share of what a quota has left; below 64 requests that is nothing at all. */
const BLOCK_SHARE_OF_QUOTA = 1 / 64
/** Leases stop well before a quota ends: the last requests are decided one by one. */
const LEASE_SHARE_OF_QUOTA = 1 / 16
const SMALLEST_BLOCK = 8
const SMALLEST_LEASE = 2
/** What a refusal says at most, milliseconds: a month with a day to spare. */
const LONGEST_WAIT_MS = 32 * 86_400_000

export interface Ask {
  readonly waiting: number
  readonly extra: number
  /** Life of the lease that may be granted; 0: none. */
  readonly lifeMs: number
  readonly callers: number
}

export interface Grant {
  readonly admitted: number
  readonly leased: number
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
 * One usage plan of one key: its bucket, its quota, its usage, and the order in which they reach the disk.
 *
 * Times: `now` is the object's clock (buckets, leases), `wall` the machine's (days and quota periods).
 */
export class PlanMeter {
  readonly keyId: string
  readonly planId: string
  readonly usage: PlanUsage
  readonly #saves: Saves
  #bucket: TokenBucket | undefined
  #throttle: Throttle | undefined
  #outstanding: number
  #block = NO_BLOCK
  /** The row written last. */
  #latest: { readonly day: string; readonly level: number | null; readonly at: number }
  #debits = 0
  #debitsSince: number
  #debitsPerMs = 0

  constructor(
    keyId: string,
    planId: string,
    plan: KeyPlan | undefined,
    saved: { readonly usage: readonly UsageRow[]; readonly adjustments: readonly AdjustmentRow[] },
    saves: Saves,
    now: number,
    wall: number,
  ) {
    this.keyId = keyId
    this.planId = planId
    this.#saves = saves
    this.usage = new PlanUsage(keyId, planId, saves, saved.usage, saved.adjustments)
    const latest = saved.usage.reduce<UsageRow | undefined>((a, b) => (a && a.rev > b.rev ? a : b), undefined)
    this.#latest = latest ?? { day: '', level: null, at: now }
    this.#outstanding = latest?.held ?? 0
    this.#debitsSince = now
    this.usage.configure(plan, wall)
    this.#setThrottle(plan?.throttle, now)
  }

  /** Tokens out on leases that the object has not let go of, whether they were spent or not. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** New limits, in force for every later grant. `plan` undefined: the key has left the plan. */
  configure(plan: KeyPlan | undefined, now: number, wall: number): void {
    this.usage.configure(plan, wall)
    const { throttle } = plan ?? {}
    if (
      throttle?.rateLimit === this.#throttle?.rateLimit &&
      throttle?.burstLimit === this.#throttle?.burstLimit
    )
      return
    this.#setThrottle(throttle, now)
    // What the row says of the bucket would be read with the new limits: say it anew.
    this.#block = NO_BLOCK
    for (const row of this.usage.days) if (row.day === this.#latest.day) this.#save(row, now)
  }

  #setThrottle(throttle: Throttle | undefined, now: number): void {
    this.#throttle = throttle
    const before = this.#bucket
    before?.refill(now, this.#outstanding)
    if (!throttle) this.#bucket = undefined
    else if (before) this.#bucket = new TokenBucket(throttle, before.level, now)
    // Without a bucket in memory the last row has its level, or there was none and a new one starts full.
    else if (this.#latest.level !== null)
      this.#bucket = new TokenBucket(throttle, this.#latest.level, this.#latest.at)
    else this.#bucket = new TokenBucket(throttle, throttle.burstLimit, now)
    this.#bucket?.refill(now, this.#outstanding)
  }

  /** How long a lease of this plan may live, milliseconds; 0 when requests have to be decided one by one. */
  leaseLife(rtt: number, fairIntervalMs: number): number {
    let bound: number = LEASE.maxLife
    if (this.#bucket && this.#throttle) {
      // Tokens leased for longer than half a bucket's refill would keep the bucket from filling at its rate.
      bound = Math.min(bound, Math.floor((this.#bucket.burst * 500) / this.#throttle.rateLimit))
      if (this.#bucket.burst < MIN_LEASABLE_BURST || bound < LEASE.minLife) return 0
    }
    const life = Math.min(bound, Math.ceil(Math.max(LEASE.usualLife, 3 * rtt, fairIntervalMs)))
    // It starts with the sending of the call: without a third of it left on arrival it is not worth holding.
    return life >= 1.5 * rtt ? life : 0
  }

  /** How long callers may be kept away without the bucket overflowing: a quarter of its refill at most. */
  longestPause(intervalMs: number): number {
    const quarter =
      this.#bucket && this.#throttle ? (this.#bucket.burst * 250) / this.#throttle.rateLimit : LEASE.maxLife
    return Math.floor(Math.min(intervalMs, LEASE.refusalMemory, quarter))
  }

  grant(ask: Ask, now: number, wall: number): Grant {
    const bucket = this.#bucket
    bucket?.refill(now, this.#outstanding)
    const row = this.usage.days.at(wall)
    const left = Math.max(0, this.usage.remaining(wall))
    const tokens = bucket ? bucket.tokens : Number.POSITIVE_INFINITY
    const admitted = Math.min(ask.waiting, tokens, left)
    const leased = ask.lifeMs > 0 ? this.#leasable(ask, tokens - admitted, left - admitted) : 0
    if (admitted + leased > 0) {
      bucket?.take(admitted + leased)
      this.#outstanding += leased
      this.#debit(row, admitted + leased, now, wall)
    }
    return { admitted, leased, day: row.day, refusal: this.#refusal(wall) }
  }

  /** Takes back what a grant was charged for and did not use. The bucket is told apart, see {@link release}. */
  takeBack(day: string, requests: number): void {
    this.usage.add(day, -requests)
  }

  /** Brings the bucket to a moment before the number of tokens on leases changes. */
  refill(now: number): void {
    this.#bucket?.refill(now, this.#outstanding)
  }

  /** Lets go of tokens that were out on a lease; `unspent` of them flow back into the bucket. */
  release(tokens: number, unspent: number): void {
    this.#outstanding -= tokens
    this.#bucket?.put(unspent)
  }

  /** Whether what is written down says more than what is used. */
  get unsettled(): boolean {
    for (const row of this.usage.days) if (row.saved !== row.used) return true
    return false
  }

  /** Writes down exactly what is. */
  settle(now: number): void {
    if (!this.unsettled) return
    this.refill(now)
    this.#block = NO_BLOCK
    for (const row of this.usage.days) if (row.saved !== row.used) this.#save(row, now)
  }

  /** UpdateUsage: from now on `remaining` requests are left in the current period. */
  setRemaining(remaining: number, now: number, wall: number): void {
    this.usage.setRemaining(remaining, wall)
    this.refill(now)
    this.#save(this.usage.days.at(wall), now)
  }

  /** Rows that the usage table does not have; exact only right after {@link settle}. */
  unrolled(now: number): UsageRow[] {
    const rows = [...this.usage.days].filter(row => row.rev > row.rolled)
    return rows.map(row => this.#rowOf(row, now))
  }

  #leasable(ask: Ask, tokens: number, left: number): number {
    let most = Math.min(ask.extra, Math.floor(left * LEASE_SHARE_OF_QUOTA), MAX_BLOCK)
    if (this.#bucket) {
      // Half a bucket at most is out, so that one half is there to start from when a crash forgets who has it.
      most = Math.min(most, tokens, Math.floor(this.#bucket.burst / 2) - this.#outstanding)
      if (ask.callers > 1) most = Math.min(most, Math.ceil(tokens / 2))
    }
    return most >= SMALLEST_LEASE ? most : 0
  }

  #refusal(wall: number): LeaseRefusal | undefined {
    const exhausted = this.usage.exhausted(wall)
    if (exhausted) {
      const { reason, status } = exhausted
      const retryAfterMs = this.#patience(Math.ceil(exhausted.endsAt(wall) - wall))
      return { reason, ...(status && { status }), retryAfterMs }
    }
    const bucket = this.#bucket
    if (!bucket || bucket.tokens >= 1) return undefined
    return { reason: 'throttled', retryAfterMs: this.#patience(bucket.untilToken(this.#outstanding)) }
  }

  /** For how long a refusal holds, if it would hold `ms` by the passing of time alone. */
  #patience(ms: number): number {
    const most = this.#outstanding > 0 ? LEASE.refusalMemoryWhileLeased : LONGEST_WAIT_MS
    return Math.max(1, Math.min(ms, most))
  }

  #debit(row: DayUsage, requests: number, now: number, wall: number): void {
    this.usage.add(row.day, requests)
    this.#debits += requests
    const block = this.#block
    if (block.day === row.day && now <= block.until && block.left >= requests) block.left -= requests
    else this.#openBlock(row, now, wall)
  }

  #openBlock(row: DayUsage, now: number, wall: number): void {
    const elapsed = now - this.#debitsSince
    if (elapsed >= 50) {
      const weight = Math.min(1, elapsed / (BLOCK_MS / 4))
      this.#debitsPerMs += (this.#debits / elapsed - this.#debitsPerMs) * weight
      this.#debits = 0
      this.#debitsSince = now
    }
    const most = Math.min(MAX_BLOCK, this.usage.remaining(wall) * BLOCK_SHARE_OF_QUOTA)
    const size = Math.floor(Math.min(this.#debitsPerMs * BLOCK_MS, most))
    const useful = size >= SMALLEST_BLOCK
    this.#block = { day: row.day, left: useful ? size : 0, until: useful ? now + BLOCK_MS : now }
    this.#save(row, now)
    for (const other of this.usage.days)
      if (other !== row && other.saved !== other.used) this.#save(other, now)
  }

  #save(row: DayUsage, now: number): void {
    row.saved = row.used + (row.day === this.#block.day ? this.#block.left : 0)
    row.rev = this.#saves.nextRev()
    const saved = this.#rowOf(row, now)
    this.#latest = saved
    this.#saves.usage(saved)
  }

  #rowOf(row: DayUsage, now: number): UsageRow {
    const { left, until } = this.#block
    return {
      keyId: this.keyId,
      planId: this.planId,
      day: row.day,
      used: row.saved,
      remaining: this.usage.remainingAfter(row.day),
      rev: row.rev,
      rolled: row.rolled,
      level: this.#bucket ? Math.max(0, this.#bucket.level - left) : null,
      at: Math.max(now, left > 0 ? until : 0),
      held: this.#heldWithin(left),
    }
  }

  /** The most tokens that can be out on leases while `more` tokens are granted. */
  #heldWithin(more: number): number {
    const most = this.#outstanding + more
    if (!this.#bucket) return most
    return Math.max(this.#outstanding, Math.min(most, Math.floor(this.#bucket.burst / 2)))
  }
}
