import { emptyReply, LEASE, type LeaseReply, type LeaseReturn } from './lease-protocol.ts'
import type { LeasedBucket } from './leased-bucket.ts'
import type { NamedLease } from './named-leases.ts'
import type { PlanMeter } from './plan-meter.ts'

/** The least time between two ticks, in real milliseconds. */
export const TICK_MS = LEASE.maxLife + LEASE.margin

/**
 * From these shares of a bucket on it is worth an object's being awake to learn which leases nobody has any more: when
 * hardly any of the half is left that may be out, or so much is out on leases that their callers should have returned.
 */
const SHORT_OF_ROOM = 7 / 16
const OVERDUE_SHARE = 1 / 8
/** And from so many leases on, for each of them is remembered until it has ended. */
const MOST_UNTICKED = 1_000
/** A caller that lives has asked for its next lease but one by then, which returns this one: lives, and milliseconds. */
const OVERDUE_LIVES = 3
const OVERDUE_MS = 1_000

/** A grant that the object still remembers. */
export interface Remembered {
  readonly reply: LeaseReply
  readonly plan: PlanMeter | undefined
  /** The day that it was charged to. */
  readonly day: string
  readonly caller: string
  /** Where its tokens are held. */
  readonly buckets: readonly LeasedBucket[]
  forgetAt: number
  /** What came back of it so far, and what is known to be spent. */
  leasedBack: number
  decidedBack: number
  spent: number
  /** Tokens that still count as out on this lease. */
  held: number
  /** Ticks after which it has ended, whoever has it. */
  ticksLeft: number
  readonly isShort: boolean
  /** From then on, by a clock that may be wrong, its caller seems not to return it. */
  readonly overdueAt: number
  /** The same lease, as rows name it. */
  readonly named: NamedLease | undefined
}

export interface NewGrant {
  readonly reply: LeaseReply
  readonly plan?: PlanMeter
  readonly day?: string
  readonly caller?: string
  readonly buckets?: readonly LeasedBucket[]
  readonly held?: number
  readonly lifeMs?: number
  readonly named?: NamedLease | undefined
  readonly isOverdue?: boolean
}

/** What the object was asked lately, and whose tokens are out. */
export class GrantMemory {
  /** By request id, about in the order in which they are forgotten. */
  readonly #grants = new Map<string, Remembered>()
  readonly #out = new Set<Remembered>()
  /** By id: leases of a life before this one that are out. They answer no doubled request. */
  readonly #before = new Map<string, Remembered>()
  /** Leases out by caller. */
  readonly #holders = new Map<string, number>()
  #short = 0
  #now = Number.NEGATIVE_INFINITY

  find(id: string): Remembered | undefined {
    return this.#grants.get(id)
  }

  add(grant: NewGrant, now: number): void {
    const remembered = this.#remember(grant, now)
    this.#grants.set(grant.reply.id, remembered)
  }

  /** A lease that a life before this one granted, and that a row names. */
  addBefore(lease: NamedLease, bucket: LeasedBucket, now: number): void {
    const { id, grantedAt, lifeMs, tokens, held } = lease
    const reply = emptyReply(id, grantedAt)
    const remembered = this.#remember({ reply, buckets: [bucket], held, lifeMs, named: lease }, now)
    // Of what was let go of it is not known how much was told to be spent: at most all of it.
    remembered.spent = tokens - held
    this.#before.set(id, remembered)
  }

  /** What is told of a lease of a life before this one: its tokens are let go of. */
  takeBackBefore({ id, grantedAt, spent = 0, done }: LeaseReturn, now: number): void {
    const lease = this.#before.get(id)
    if (!lease || (grantedAt !== undefined && grantedAt !== lease.reply.grantedAt)) return
    const more = clamp(spent - lease.spent, lease.held)
    lease.spent += more
    // Nothing flows back: it may have done so in that life already, after the row was written.
    this.#letGo(lease, done ? lease.held : more, 0, now)
  }

  #remember(grant: NewGrant, now: number): Remembered {
    const { reply, plan, day = '', caller = '', buckets = [], held = 0, lifeMs = 0 } = grant
    const isShort = lifeMs <= LEASE.maxLife
    this.#now = now
    const remembered: Remembered = {
      reply,
      plan,
      day,
      caller,
      buckets,
      forgetAt: now + LEASE.memory,
      leasedBack: 0,
      decidedBack: 0,
      spent: 0,
      held,
      // The first of them may come right after the grant; between the others lies an interval each.
      ticksLeft: Math.ceil((lifeMs + LEASE.margin) / TICK_MS) + 1,
      isShort,
      overdueAt: grant.isOverdue ? now : reply.grantedAt + OVERDUE_LIVES * lifeMs + OVERDUE_MS,
      named: grant.named,
    }
    if (held === 0) return remembered
    this.#out.add(remembered)
    this.#holders.set(caller, (this.#holders.get(caller) ?? 0) + 1)
    if (isShort) this.#short += 1
    return remembered
  }

  /** Forgets what is older than the memory goes back, except leases that are out. */
  forget(now: number): void {
    this.#now = now
    for (const [id, grant] of this.#grants) {
      if (grant.forgetAt > now) break
      this.#grants.delete(id)
      if (grant.held === 0) continue
      grant.forgetAt = now + LEASE.memory
      this.#grants.set(id, grant)
    }
  }

  /** Takes back of a grant what had not come back before; returns how many requests less were made by it. */
  takeBack(grant: Remembered, returned: LeaseReturn, now: number): number {
    const { reply } = grant
    const tokens = reply.lease?.tokens ?? 0
    const unspent = clamp(returned.leased - grant.leasedBack, tokens - grant.leasedBack - grant.spent)
    grant.leasedBack += unspent
    const spent = clamp((returned.spent ?? 0) - grant.spent, tokens - grant.leasedBack - grant.spent)
    grant.spent += spent
    // A relay decides by leased tokens, too: what of that reached no request comes off the usage in the same way.
    const decidable = reply.admitted + grant.spent
    const unused = clamp(returned.decided - grant.decidedBack, decidable - grant.decidedBack)
    grant.decidedBack += unused
    // Only what is still held flows back: the rest has been replaced by what has flowed in since.
    if (grant.held > 0) {
      const flowsBack = Math.min(unspent, grant.held)
      const gone = returned.done ? grant.held : Math.min(grant.held, flowsBack + spent)
      this.#letGo(grant, gone, flowsBack, now)
    }
    return unspent + unused
  }

  /** A tick: lets go of leases that have ended by it. */
  tick(now: number): void {
    for (const lease of this.#out) {
      lease.ticksLeft -= 1
      if (lease.ticksLeft <= 0) this.#letGo(lease, lease.held, 0, now)
    }
  }

  /**
   * Whether ticks are needed: for leases that end soon, and for longer ones when there is little room for more, or much
   * is out that seems to be lost. They keep the object in memory, which costs more than its calls.
   */
  get needsTicks(): boolean {
    if (this.#short > 0 || this.#out.size > MOST_UNTICKED) return true
    const overdue = new Map<LeasedBucket, number>()
    for (const lease of this.#out)
      for (const bucket of lease.buckets) {
        if (bucket.burst === Number.POSITIVE_INFINITY) continue
        if (bucket.held > bucket.burst * SHORT_OF_ROOM) return true
        if (lease.overdueAt > this.#now) continue
        const lost = (overdue.get(bucket) ?? 0) + lease.held
        if (lost > bucket.burst * OVERDUE_SHARE) return true
        overdue.set(bucket, lost)
      }
    return false
  }

  /** Callers that have tokens. */
  get holders(): number {
    return this.#holders.size
  }

  #letGo(lease: Remembered, tokens: number, unspent: number, now: number): void {
    if (tokens === 0) return
    lease.held -= tokens
    if (lease.named) lease.named.held = lease.held
    for (const bucket of lease.buckets) {
      bucket.refill(now)
      bucket.release(tokens, unspent)
    }
    if (lease.held > 0) return
    if (!this.#out.delete(lease)) return
    if (this.#before.get(lease.reply.id) === lease) this.#before.delete(lease.reply.id)
    if (lease.isShort) this.#short -= 1
    const others = (this.#holders.get(lease.caller) ?? 1) - 1
    if (others > 0) this.#holders.set(lease.caller, others)
    else this.#holders.delete(lease.caller)
  }
}

const clamp = (value: number, most: number): number => Math.max(0, Math.min(value, most))
