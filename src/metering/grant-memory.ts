import { LEASE, type LeaseReply, type LeaseReturn } from './lease-protocol.ts'
import type { LeasedBucket } from './leased-bucket.ts'
import type { PlanMeter } from './plan-meter.ts'

/** The least time between two ticks, in real milliseconds. */
export const TICK_MS = LEASE.maxLife + LEASE.margin

/** From this share of a bucket on it is worth an object's being awake to learn which leases nobody has any more. */
const SHORT_OF_ROOM = 1 / 4
/** And from so many leases on, for each of them is remembered until it has ended. */
const MOST_UNTICKED = 1_000

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
}

export interface NewGrant {
  readonly reply: LeaseReply
  readonly plan?: PlanMeter
  readonly day?: string
  readonly caller?: string
  readonly buckets?: readonly LeasedBucket[]
  readonly held?: number
  readonly lifeMs?: number
}

/** What the object was asked lately, and whose tokens are out. */
export class GrantMemory {
  /** By request id, about in the order in which they are forgotten. */
  readonly #grants = new Map<string, Remembered>()
  readonly #out = new Set<Remembered>()
  /** Leases out by caller. */
  readonly #holders = new Map<string, number>()
  #short = 0

  find(id: string): Remembered | undefined {
    return this.#grants.get(id)
  }

  add(grant: NewGrant, now: number): void {
    const { reply, plan, day = '', caller = '', buckets = [], held = 0, lifeMs = 0 } = grant
    const isShort = lifeMs <= LEASE.maxLife
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
    }
    this.#grants.set(reply.id, remembered)
    if (held === 0) return
    this.#out.add(remembered)
    this.#holders.set(caller, (this.#holders.get(caller) ?? 0) + 1)
    if (isShort) this.#short += 1
  }

  /** Forgets what is older than the memory goes back, except leases that are out. */
  forget(now: number): void {
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
   * Whether ticks are needed: for leases that end soon, and for longer ones when there is little room for more. They
   * keep the object in memory, which costs more than its calls.
   */
  get needsTicks(): boolean {
    if (this.#short > 0 || this.#out.size > MOST_UNTICKED) return true
    for (const { buckets } of this.#out)
      for (const { held, burst } of buckets)
        if (burst !== Number.POSITIVE_INFINITY && held > burst * SHORT_OF_ROOM) return true
    return false
  }

  /** Callers that have tokens. */
  get holders(): number {
    return this.#holders.size
  }

  #letGo(lease: Remembered, tokens: number, unspent: number, now: number): void {
    lease.held -= tokens
    for (const bucket of lease.buckets) {
      bucket.refill(now)
      bucket.release(tokens, unspent)
    }
    if (lease.held > 0) return
    if (!this.#out.delete(lease)) return
    if (lease.isShort) this.#short -= 1
    const others = (this.#holders.get(lease.caller) ?? 1) - 1
    if (others > 0) this.#holders.set(lease.caller, others)
    else this.#holders.delete(lease.caller)
  }
}

const clamp = (value: number, most: number): number => Math.max(0, Math.min(value, most))
