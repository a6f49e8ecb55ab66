import type { Decision, Refused } from './decision.ts'
import { Demand } from './demand.ts'
import type { Grant } from './grant.ts'
import { LEASE, type LeaseReply, type Left, renewAhead } from './lease-protocol.ts'
import type { MeterMemory, StageMemory } from './meter-memory.ts'

/** A call that takes longer counts as lost. */
export const CALL_TIMEOUT_MS = 5_000
const LARGEST_EXTRA = 10_000
/** A renewal is sent so many requests ahead, where they come seldom: each is an occasion to renew, and there are few. */
const HEADSTART_REQUESTS = 1.5

/** A request that waits for an answer. Its promise may be settled by another request's call. */
export interface Waiter {
  readonly method: string | undefined
  /** Undefined: nobody else will answer, go and ask yourself. */
  readonly settle: (decision: Decision | undefined) => void
  /** By the isolate's clock. */
  readonly since: number
  /** It has given up waiting; what is decided for it goes back. */
  gone: boolean
}

/** A call that is on its way. */
export interface Flight {
  readonly id: string
  readonly sentAt: number
  readonly method: string | undefined
  readonly waiters: readonly Waiter[]
  /** It asks for a lease, too. */
  readonly leasing: boolean
}

/** Tokens to ask for beyond the waiting requests, and for how long they would do, milliseconds. */
export interface Wish {
  readonly extra: number
  readonly lifeMs: number
}

const NOTHING: Wish = { extra: 0, lifeMs: LEASE.usualLife }

interface Remembered {
  readonly refusal: NonNullable<LeaseReply['refusal']>
  readonly left: Left | undefined
  readonly keyId: string | undefined
  /** By the isolate's clock: repeated from here until there. */
  readonly since: number
  readonly until: number
  /** When the object expects to grant again; later than `until` where that is far away. */
  readonly expected: number
}

/** What an isolate holds and knows of one stage for one meter, or of one method that a plan limits apart. */
export class LeaseSlot {
  readonly meter: MeterMemory
  readonly stage: StageMemory
  readonly demand: Demand
  readonly queue: Waiter[] = []
  flights: Flight[] = []
  /** The last reply had nothing left to give: one call at a time is enough to ask again. */
  starved = false
  /** Requests that passed while the object was out of reach, and that it does not know of. */
  passed = 0
  /** Not to be asked in the background before this time. */
  #quietUntil = 0
  #doubtfulUntil = 0
  #lease: Grant | undefined
  #next: Grant | undefined
  #refusal: Remembered | undefined
  #usualLife: number = LEASE.usualLife

  constructor(meter: MeterMemory, stage: StageMemory, now: number) {
    this.meter = meter
    this.stage = stage
    this.demand = new Demand(now)
  }

  /** The lease that has a token to spend now. Who takes it takes one off its `tokens`. */
  live(now: number): Grant | undefined {
    const lease = this.#lease
    if (lease !== undefined && lease.tokens > 0 && now < lease.endsAt) return lease
    if (lease === undefined) return undefined
    this.dropEnded(now)
    return this.#lease
  }

  /** The object's refusal, while nothing can have changed, or as long as that may go unnoticed. */
  refusal(now: number): Refused | undefined {
    const known = this.#refusal
    if (!known) return undefined
    if (now >= known.until || now < known.since) {
      this.#refusal = undefined
      return undefined
    }
    return this.refuses(known, 'memory', Math.max(1, known.expected - now))
  }

  /** A refusal of the object, as a request is told of it. */
  refuses(
    { refusal, left, keyId }: Pick<Remembered, 'refusal' | 'left' | 'keyId'>,
    by: 'object' | 'memory',
    retryAfterMs: number,
    waitedMs?: number,
  ): Refused {
    const { level, name: meter } = this.meter
    const { reason, status, message } = refusal
    return {
      admitted: false,
      level,
      meter,
      reason,
      by,
      retryAfterMs,
      ...(status !== undefined && { status }),
      ...(message !== undefined && { message }),
      ...(keyId !== undefined && { keyId }),
      ...(left && { left }),
      ...(waitedMs !== undefined && { waitedMs }),
    }
  }

  /** It has nothing, and the object had nothing lately: asking it will hardly help. */
  isDoubtful(now: number): boolean {
    return this.starved && now < this.#doubtfulUntil && !this.live(now)
  }

  /** Whether the next lease should be asked for now, in the background. */
  wantsRenewal(now: number): boolean {
    const lease = this.#lease
    if (!lease || (lease.tokens > lease.renewBelow && now < lease.renewAt)) return false
    return !this.#next && this.flights.length === 0 && now >= this.#quietUntil
  }

  /** What to ask for beyond the waiting requests; nothing while another call asks for some. */
  wish(now: number): Wish {
    if (this.flights.some(flight => flight.leasing)) return NOTHING
    const soon = Math.ceil(this.demand.estimate(now) * this.#usualLife)
    const longest = this.meter.longestLease
    // A key's lease is short whatever its demand: it may be revoked.
    const steadily = longest > LEASE.maxLife ? this.demand.steady(now) : 0
    const later = Math.min(Math.floor(steadily * longest), LARGEST_EXTRA)
    if (later > soon && later >= LEASE.smallest)
      return { extra: later, lifeMs: Math.min(longest, Math.ceil(later / steadily)) }
    if (soon < LEASE.smallest) return NOTHING
    return { extra: Math.min(soon, LARGEST_EXTRA), lifeMs: LEASE.maxLife }
  }

  /** What a reply says of the calls to come. */
  heed(reply: LeaseReply, { sentAt }: Flight, now: number): void {
    const { refusal, callAfterMs, left, keyId } = reply
    this.starved = refusal !== undefined
    if (!refusal) {
      this.#quietUntil = now + Math.min(callAfterMs, LEASE.maxLife)
      this.#refusal = undefined
      return
    }
    this.#quietUntil = now + callAfterMs
    // From the sending on, since the object decided at some time after it.
    const expected = sentAt + Math.max(refusal.retryAfterMs, callAfterMs)
    const until = Math.min(expected, sentAt + Math.max(LEASE.refusalMemory, callAfterMs))
    this.#doubtfulUntil = until + LEASE.refusalMemory
    this.#refusal = { refusal, left, keyId, since: sentAt, until, expected }
  }

  /** Takes the leased tokens of a reply, unless it is too late for them. */
  adopt(grant: Grant, { sentAt }: Flight, rtt: number, now: number): void {
    const life = grant.endsAt - sentAt
    this.#usualLife = Math.min(life, LEASE.maxLife)
    if (now >= grant.endsAt || now < sentAt) {
      grant.end()
      return
    }
    const ahead = renewAhead(rtt)
    const steadily = life > LEASE.maxLife ? this.demand.steady(now) : 0
    const seldom = steadily > 0 ? Math.min(HEADSTART_REQUESTS / steadily, life / 4) : 0
    grant.renewAt = grant.endsAt - Math.max(ahead, seldom)
    grant.renewBelow = Math.ceil(Math.max(this.demand.estimate(now), steadily) * ahead)
    this.dropEnded(now)
    if (!this.#lease) this.#lease = grant
    else if (!this.#next) this.#next = grant
    else grant.end()
  }

  /** Nothing more is to be had: what is held is used up without asking again. */
  renewNoMore(): void {
    if (!this.#lease) return
    this.#lease.renewAt = Number.POSITIVE_INFINITY
    this.#lease.renewBelow = -1
  }

  /** Retires leases that are used up or over; afterwards `#lease` has a live token or is undefined. */
  dropEnded(now: number): void {
    while (this.#lease && (this.#lease.tokens === 0 || now >= this.#lease.endsAt)) {
      this.#lease.end()
      this.#lease = this.#next
      this.#next = undefined
    }
  }

  /** Gives up all that is held, and what is remembered. */
  dropAll(): void {
    this.dropEnded(Number.POSITIVE_INFINITY)
    this.#refusal = undefined
  }

  /** Forgets calls that were lost without a word: the request that made them was cut off. */
  dropLostFlights(now: number): void {
    if (this.flights.length === 0) return
    this.flights = this.flights.filter(({ sentAt }) => now - sentAt < CALL_TIMEOUT_MS && now >= sentAt)
  }

  /** Nothing is held and nobody is being asked. */
  get isIdle(): boolean {
    return this.#lease === undefined && this.flights.length === 0 && this.queue.length === 0
  }
}
