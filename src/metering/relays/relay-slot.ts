import {
  LEASE,
  type LeaseRefusal,
  type LeaseReply,
  type LeaseRequest,
  renewAhead,
} from '../lease-protocol.ts'
import { RecentRate } from '../recent-rate.ts'
import { RootGrant } from './root-grant.ts'

const LARGEST_EXTRA = 100_000
/** A root that had nothing left is asked again for whoever comes next, if somebody came within so many milliseconds. */
const STARVED_FOR_MS = 250

/** Requests that were admitted, and by what. */
export interface Part {
  readonly from: RootGrant
  readonly requests: number
}

/** A call to the root that is on its way. */
export interface RelayFlight {
  readonly request: LeaseRequest
  readonly sentAt: number
  /** Isolates' calls that wait for its answer. */
  readonly parked: readonly LeaseRequest[]
}

interface RememberedRefusal {
  readonly refusal: LeaseRefusal
  /** By the relay's clock: repeated from here until there. */
  readonly since: number
  readonly until: number
  /** When the root expects to grant again. */
  readonly expected: number
}

/** What a relay holds and knows of the requests that one bucket and quota of the root decides alike. */
export class RelaySlot {
  /** Of its first request; what of it identifies the slot is the same in all. */
  like: LeaseRequest
  /** Isolates' calls that wait until the root can be asked. */
  readonly queue: LeaseRequest[] = []
  readonly flights = new Map<string, RelayFlight>()
  /** Tokens that its isolates take, or would if there were some. */
  readonly demand: RecentRate
  /** Live ones, in the order in which they end. */
  leases: RootGrant[] = []
  /** The root's last answer. */
  latest: LeaseReply | undefined
  /** The root is not to be asked before this time. */
  quietUntil = 0
  lastUsed: number
  /** The interval at which the root wants to be asked. */
  #pauseMs = 0
  /** The last call that asked for a lease brought none. */
  #dry = false
  #refusal: RememberedRefusal | undefined
  #usualLife: number = LEASE.usualLife
  #renewAt = Number.POSITIVE_INFINITY
  #renewBelow = 0

  constructor(like: LeaseRequest, now: number) {
    this.like = like
    this.demand = new RecentRate(now)
    this.lastUsed = now
  }

  get free(): number {
    let free = 0
    for (const lease of this.leases) free += lease.free
    return free
  }

  /** Whether there is a lease to be had from the root, or there may be. */
  get leasable(): boolean {
    return !this.#dry && !this.starved
  }

  /** The root had nothing left to give when it answered last. */
  get starved(): boolean {
    return this.#refusal !== undefined
  }

  /** The root had nothing left but leases when it has, and there are takers. */
  isEager(now: number): boolean {
    return this.starved && !this.#dry && now - this.lastUsed < STARVED_FOR_MS
  }

  get idle(): boolean {
    return this.leases.length === 0 && this.queue.length === 0 && this.flights.size === 0
  }

  /**
   * Whether the root's last refusal still holds. Where the root leases, it holds until the root may be asked again:
   * what it has then comes by the lease, and nobody need wait for it.
   */
  refuses(now: number): boolean {
    const known = this.#refusal
    if (known === undefined || now < known.since) return false
    return now < known.until || (!this.#dry && (now < this.quietUntil || this.flights.size > 0))
  }

  /** The refusal of the root's last answer, counted from now. */
  refusal(now: number): LeaseRefusal | undefined {
    const known = this.#refusal
    return known && { ...known.refusal, retryAfterMs: Math.max(1, Math.ceil(known.expected - now)) }
  }

  /** Decides so many requests, at most, by tokens in hand; those that end first go first. */
  decide(requests: number): Part[] {
    const parts: Part[] = []
    let left = requests
    for (const from of this.leases) {
      const taken = Math.min(left, from.free)
      if (taken === 0) continue
      from.decide(taken)
      left -= taken
      parts.push({ from, requests: taken })
    }
    return parts
  }

  /** The lease that can be lent for longest. */
  get longest(): RootGrant | undefined {
    return this.leases.findLast(lease => lease.free > 0)
  }

  wantsRenewal(now: number): boolean {
    if (this.flights.size > 0 || now < this.quietUntil) return false
    if (this.starved && !this.#dry) return this.isEager(now)
    if (this.leases.filter(lease => lease.free > 0).length !== 1) return false
    return this.free <= this.#renewBelow || now >= this.#renewAt
  }

  /** Tokens to ask for beyond the waiting requests; 0 while another call asks for some. */
  extra(now: number): number {
    for (const { request } of this.flights.values()) if (request.extra > 0) return 0
    const expected = Math.ceil(this.demand.estimate(now) * this.#usualLife)
    return expected >= LEASE.smallest ? Math.min(expected, LARGEST_EXTRA) : 0
  }

  /** A call is sent. */
  depart(flight: RelayFlight, slots: number): void {
    this.flights.set(flight.request.id, flight)
    this.quietUntil = flight.sentAt + this.#pauseMs * slots
  }

  /** Takes the root's answer; what it brought is in the grant that is returned, which may be over already. */
  adopt(reply: LeaseReply, { sentAt, request }: RelayFlight, rtt: number, now: number): RootGrant {
    this.latest = reply
    this.#pauseMs = reply.callAfterMs
    this.quietUntil = Math.max(this.quietUntil, sentAt + reply.callAfterMs)
    const { refusal, lease } = reply
    if (refusal) {
      // From the sending on, since the root decided at some time after it.
      const expected = sentAt + Math.max(refusal.retryAfterMs, reply.callAfterMs)
      const until = Math.min(expected, sentAt + LEASE.maxLife)
      this.#refusal = { refusal, since: sentAt, until, expected }
    } else {
      this.#refusal = undefined
    }
    if (request.extra > 0) this.#dry = !lease
    const deadline = sentAt + (lease?.lifeMs ?? 0)
    const grant = new RootGrant(reply, deadline)
    if (lease) {
      this.#usualLife = lease.lifeMs
      if (now >= deadline || now < sentAt) grant.end()
      else this.#hold(grant, rtt, now)
    } else if (request.extra > 0) {
      this.#renewAt = Number.POSITIVE_INFINITY
      this.#renewBelow = -1
    }
    return grant
  }

  #hold(grant: RootGrant, rtt: number, now: number): void {
    this.leases.push(grant)
    this.leases.sort((a, b) => a.deadline - b.deadline)
    const ahead = renewAhead(rtt)
    this.#renewAt = this.leases.at(-1)!.deadline - ahead
    this.#renewBelow = Math.ceil(this.demand.estimate(now) * ahead)
  }

  /** Ends leases that are used up or over; returns them. */
  dropEnded(now: number): RootGrant[] {
    if (this.leases.every(lease => now < lease.deadline)) return []
    const ended = this.leases.filter(lease => now >= lease.deadline)
    for (const lease of ended) lease.end()
    this.leases = this.leases.filter(lease => !lease.isOver)
    return ended
  }
}
