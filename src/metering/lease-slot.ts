import type { Admitted, Decision, Refused } from './decision.ts'
import { Demand } from './demand.ts'
import { LEASE, type LeaseReply } from './lease-protocol.ts'
import type { MethodThrottle } from './method-throttle.ts'

/** A call that takes longer counts as lost. */
export const CALL_TIMEOUT_MS = 5_000
/** Demand below this many requests in a lease's life is not worth a lease. */
const SMALLEST_EXTRA = 2
const LARGEST_EXTRA = 10_000
/** A renewal is sent this much before the tokens would run out: round trips, and milliseconds on top. */
const HEADSTART_TRIPS = 1.5
const HEADSTART_MS = 5

/** What the tokens of a slot are for. */
export interface SlotTarget {
  readonly apiId: string
  readonly stage: string
  readonly throttle?: MethodThrottle
}

interface HeldLease {
  readonly id: string
  readonly grantedAt: number
  left: number
  /** By the isolate's clock, counted from when the call was sent: at this time and later nothing is spent. */
  readonly deadline: number
  /** When, or with how many tokens left, the next lease should be asked for. */
  renewAt: number
  renewBelow: number
  readonly decision: Admitted
}

/** A request that waits for an answer. Its promise may be settled by another request's call. */
export interface Waiter {
  /** Undefined: nobody else will answer, go and ask yourself. */
  readonly settle: (decision: Decision | undefined) => void
  /** It has given up waiting; what is decided for it goes back. */
  gone: boolean
}

/** A call that is on its way. */
export interface Flight {
  readonly id: string
  readonly sentAt: number
  readonly waiters: readonly Waiter[]
  /** It asks for a lease, too. */
  readonly leasing: boolean
}

/** Told of every lease that is over, with the number of its tokens that nobody spent. */
type Retire = (lease: { readonly id: string; readonly grantedAt: number }, unspent: number) => void

interface Remembered {
  readonly reason: Refused['reason']
  /** By the isolate's clock: repeated from here until there. */
  readonly since: number
  readonly until: number
  /** When the object expects to grant again; later than `until` where that is far away. */
  readonly expected: number
}

/** What an isolate holds and knows of one stage of an API for one key. */
export class LeaseSlot {
  readonly apiId: string
  readonly stage: string
  /** Of a method's meter; a later version of the same limits may take its place. */
  throttle: MethodThrottle | undefined
  readonly demand: Demand
  readonly queue: Waiter[] = []
  flights: Flight[] = []
  /** The last reply had nothing left to give: one call at a time is enough to ask again. */
  starved = false
  /** Not to be asked in the background before this time. */
  quietUntil = 0
  #lease: HeldLease | undefined
  #next: HeldLease | undefined
  #refusal: Remembered | undefined
  #usualLife: number = LEASE.usualLife

  readonly #retire: Retire

  constructor({ apiId, stage, throttle }: SlotTarget, now: number, retire: Retire) {
    this.apiId = apiId
    this.stage = stage
    this.throttle = throttle
    this.#retire = retire
    this.demand = new Demand(now)
  }

  /** Answers from memory, if there is a live lease or a refusal that still holds. */
  decide(now: number): Decision | undefined {
    const lease = this.#lease
    if (lease !== undefined && lease.left > 0 && now < lease.deadline) {
      lease.left -= 1
      return lease.decision
    }
    return this.#decideSlowly(now)
  }

  #decideSlowly(now: number): Decision | undefined {
    this.dropEnded(now)
    if (this.#lease) {
      this.#lease.left -= 1
      return this.#lease.decision
    }
    const refusal = this.#refusal
    if (!refusal) return undefined
    if (now >= refusal.until || now < refusal.since) {
      this.#refusal = undefined
      return undefined
    }
    return { admitted: false, reason: refusal.reason, retryAfterMs: Math.max(1, refusal.expected - now) }
  }

  /** Whether the next lease should be asked for now, in the background. */
  wantsRenewal(now: number): boolean {
    const lease = this.#lease
    if (!lease || this.#next || this.flights.length > 0 || now < this.quietUntil) return false
    return lease.left <= lease.renewBelow || now >= lease.renewAt
  }

  /** Tokens to ask for beyond the waiting requests; 0 while another call asks for some. */
  extra(now: number): number {
    if (this.flights.some(flight => flight.leasing)) return 0
    const expected = Math.ceil(this.demand.estimate(now) * this.#usualLife)
    return expected >= SMALLEST_EXTRA ? Math.min(expected, LARGEST_EXTRA) : 0
  }

  /** Takes the leased tokens of a reply, unless it is too late for them. */
  adopt(reply: LeaseReply, { sentAt, leasing }: Flight, rtt: number, now: number): void {
    this.quietUntil = now + reply.callAfterMs
    this.starved = reply.refusal !== undefined
    if (reply.refusal) {
      // From the sending on, since the object decided at some time after it.
      const expected = sentAt + Math.max(reply.refusal.retryAfterMs, reply.callAfterMs)
      const until = Math.min(expected, sentAt + LEASE.refusalMemory)
      this.#refusal = { reason: reply.refusal.reason, since: sentAt, until, expected }
    } else {
      this.#refusal = undefined
    }
    const { lease } = reply
    if (!lease) {
      if (leasing) this.#renewNoMore()
      return
    }
    this.#usualLife = lease.lifeMs
    const deadline = sentAt + lease.lifeMs
    if (now >= deadline || now < sentAt) {
      this.#retire(reply, lease.tokens)
      return
    }
    const ahead = rtt * HEADSTART_TRIPS + HEADSTART_MS
    const held: HeldLease = {
      id: reply.id,
      grantedAt: reply.grantedAt,
      left: lease.tokens,
      deadline,
      renewAt: deadline - ahead,
      renewBelow: Math.ceil(this.demand.estimate(now) * ahead),
      decision: {
        admitted: true,
        keyId: reply.keyId!,
        planId: reply.planId!,
        by: 'lease',
        grantId: reply.id,
      },
    }
    this.dropEnded(now)
    if (!this.#lease) this.#lease = held
    else if (!this.#next) this.#next = held
    else this.#retire(held, held.left)
  }

  /** Nothing more is to be had: what is held is used up without asking again. */
  #renewNoMore(): void {
    if (!this.#lease) return
    this.#lease.renewAt = Number.POSITIVE_INFINITY
    this.#lease.renewBelow = -1
  }

  /** Retires leases that are used up or over; afterwards `#lease` has a live token or is undefined. */
  dropEnded(now: number): void {
    while (this.#lease && (this.#lease.left === 0 || now >= this.#lease.deadline)) {
      this.#retire(this.#lease, this.#lease.left)
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
    this.flights = this.flights.filter(({ sentAt }) => now - sentAt < CALL_TIMEOUT_MS && now >= sentAt)
  }

  /** Nothing is held and nobody is being asked. */
  get idle(): boolean {
    return this.#lease === undefined && this.flights.length === 0 && this.queue.length === 0
  }
}
