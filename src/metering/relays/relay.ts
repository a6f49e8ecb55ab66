import { CallerCount } from '../../lib/caller-count.ts'
import { ObjectClock } from '../../lib/object-clock.ts'
import {
  emptyReply,
  isWorthHolding,
  LEASE,
  LEASE_PROTOCOL,
  type LeaseReply,
  type LeaseRequest,
  type LeaseReturn,
  nextRtt,
} from '../lease-protocol.ts'
import { IsolateGrant, type Lent } from './isolate-grant.ts'
import { type Part, type RelayFlight, RelaySlot } from './relay-slot.ts'
import { RootDebts } from './root-debts.ts'
import type { RootGrant } from './root-grant.ts'

/** A call to the root that takes longer counts as lost; less than an isolate's patience, which then asks the root. */
const ROOT_TIMEOUT_MS = 2_000
/** After a lost call the root is given up for so long: those that ask meanwhile hear it at once. */
const ROOT_LOST_MS = 250
/** Calls of one slot to the root at the same time; further requests wait and share the next one. */
const MOST_FLIGHTS = 4
const SLOT_MEMORY_MS = 10_000
const BUSY_FOR_MS = 1_000
const SHORTEST_LIFE_MS = 20

export interface RelayOptions {
  /** A name that no other life of any relay has. */
  readonly id: string
  /** One of the platform's location hints. */
  readonly place: string
}

/** What a relay wants done, in order. */
export interface RelayOutput {
  /** To be sent to the root; the answer comes back through {@link Relay.answered} or {@link Relay.lost}. */
  readonly calls: LeaseRequest[]
  /** Answers to isolates, by the id of their request. */
  readonly replies: LeaseReply[]
  /** Ids of requests that nobody can answer, because the root is out of reach. */
  readonly failed: string[]
}

/** What is asked of the root, for isolates that wait and for those that will come. */
interface Asked {
  readonly waiting: number
  readonly passed: number
  readonly extra: number
}

/**
 * A relay of a hot meter object (the root): the pure core. Towards the root it is a caller that joins many isolates,
 * towards isolates it hands on what it has from the root, and nothing else: docs/design/metering.md has the proofs.
 * Every method takes the machine's clock (epoch milliseconds); what follows is in {@link take}.
 */
export class Relay {
  readonly #options: RelayOptions
  readonly #callers = new CallerCount()
  readonly #slots = new Map<string, RelaySlot>()
  /** By what {@link stageOf} says: methods that the plan limits apart. */
  readonly #ownMethods = new Map<string, readonly string[]>()
  /** By the isolates' request ids, oldest first. */
  readonly #granted = new Map<string, IsolateGrant>()
  readonly #parked = new Set<string>()
  readonly #flying = new Map<string, { readonly slot: RelaySlot; readonly flight: RelayFlight }>()
  readonly #debts = new RootDebts()
  #output: RelayOutput = { calls: [], replies: [], failed: [] }
  #lostUntil = Number.NEGATIVE_INFINITY
  #lastRaw = Number.NEGATIVE_INFINITY
  #clock: ObjectClock | undefined
  #calls = 0
  #rtt = 0
  #relays = 0

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** An isolate asks. The same id is the same request: it gets one answer, however often it is asked. */
  ask(request: LeaseRequest, raw: number): void {
    const now = this.#advance(raw)
    for (const returned of request.returns) this.#takeBack(returned, now)
    const before = this.#granted.get(request.id)
    if (before) this.#output.replies.push(before.reply)
    if (before || this.#parked.has(request.id)) return
    this.#callers.note(request.caller, now)
    const slot = this.#slotOf(request, now)
    // What passed without anybody is counted when the root has heard of it, and not before it is answered for.
    if (request.passed) this.#park(slot, request, now)
    else if (request.waiting + request.extra === 0) this.#reply(slot, request, [], now)
    else if (!this.#serve(slot, request, now)) this.#park(slot, request, now)
    if (slot.wantsRenewal(now)) this.#renew(slot, now)
  }

  /** The root's answer to one of the calls. */
  answered(reply: LeaseReply, raw: number): void {
    const now = this.#advance(raw)
    const flying = this.#flying.get(reply.id)
    // One that was given up already, and is owed as such.
    if (!flying) return
    const { slot, flight } = flying
    this.#landed(slot, flight)
    this.#debts.arrived(reply.id)
    this.#lostUntil = Number.NEGATIVE_INFINITY
    this.#relays = reply.relays ?? 0
    this.#ownMethods.set(stageOf(flight.request), reply.ownMethods ?? [])
    this.#rtt = nextRtt(this.#rtt, flight.sentAt, now)
    const grant = slot.adopt(reply, flight, this.#rtt, now)
    if (grant.isOver && reply.lease) this.#debts.owe(grant, now)
    this.#settle(slot, flight, grant, now)
    this.#pump(slot, now)
  }

  /** A call did not get through, or nobody knows whether it did. */
  lost(id: string, raw: number): void {
    const now = this.#advance(raw)
    this.#lose(id, now)
  }

  /** To be called at {@link wakeAfterMs}. */
  tick(raw: number): void {
    const now = this.#advance(raw)
    for (const [id, { flight }] of this.#flying)
      if (now - flight.sentAt >= ROOT_TIMEOUT_MS) this.#lose(id, now)
    // What is owed is told in the name of a slot.
    const keeps = !this.#debts.isNone(now)
    for (const [key, slot] of this.#slots) {
      this.#pump(slot, now)
      if (slot.wantsRenewal(now)) this.#renew(slot, now)
      if (!keeps && slot.idle && now - slot.lastUsed >= SLOT_MEMORY_MS) this.#slots.delete(key)
    }
    if (now >= this.#debts.dueAt) this.#giveBack(now)
  }

  /** Milliseconds until {@link tick} is due; Infinity: not before the next call of anybody. */
  get wakeAfterMs(): number {
    const now = this.#clock?.now ?? 0
    let at = this.#debts.dueAt
    for (const { flight } of this.#flying.values()) at = Math.min(at, flight.sentAt + ROOT_TIMEOUT_MS)
    for (const slot of this.#slots.values()) {
      for (const lease of slot.leases) at = Math.min(at, lease.deadline)
      if (slot.flights.size === 0 && (slot.queue.length > 0 || slot.isEager(now)))
        at = Math.min(at, slot.quietUntil)
    }
    return Math.max(0, at - now)
  }

  /** What is to be sent since this was last called. */
  take(): RelayOutput {
    const output = this.#output
    this.#output = { calls: [], replies: [], failed: [] }
    return output
  }

  /** A clock that was set back cannot tell when leases end, so they are given up. */
  #advance(raw: number): number {
    const isBack = raw < this.#lastRaw
    this.#lastRaw = raw
    this.#clock ??= new ObjectClock(raw, 0)
    this.#clock.advance(raw)
    const { now } = this.#clock
    for (const slot of this.#slots.values())
      for (const grant of slot.dropEnded(isBack ? Number.POSITIVE_INFINITY : now)) this.#debts.owe(grant, now)
    forget(this.#granted, now)
    return now
  }

  /** Answers at once, if what is in hand or known allows it. */
  #serve(slot: RelaySlot, request: LeaseRequest, now: number): boolean {
    const { waiting } = request
    slot.demand.note(waiting)
    const { free } = slot
    if (waiting > 0 && (free >= waiting || slot.refuses(now))) {
      this.#reply(slot, request, slot.decide(Math.min(waiting, free)), now)
      return true
    }
    // Renewals wait for the root where it leases, and are told at once where it does not.
    if (waiting === 0 && (this.#lendable(slot, request, now) || (!slot.leasable && slot.latest))) {
      this.#reply(slot, request, [], now)
      return true
    }
    return false
  }

  #park(slot: RelaySlot, request: LeaseRequest, now: number): void {
    if (now < this.#lostUntil) {
      this.#output.failed.push(request.id)
      return
    }
    this.#parked.add(request.id)
    slot.queue.push(request)
    this.#pump(slot, now)
  }

  /** Sends what waits, unless enough calls are on their way already or the root has asked for a pause. */
  #pump(slot: RelaySlot, now: number): void {
    if (slot.queue.length === 0 || slot.flights.size >= (slot.starved ? 1 : MOST_FLIGHTS)) return
    if (now < slot.quietUntil) return
    const parked = slot.queue.splice(0)
    const waiting = parked.reduce((sum, { waiting }) => sum + waiting, 0)
    // A renewal alone shows no demand of its own: the isolate knows what it needs.
    const wanted = parked.reduce((sum, { extra }) => sum + extra, 0)
    const passed = parked.reduce((sum, { passed = 0 }) => sum + passed, 0)
    const extra = slot.extra(now)
    this.#send(slot, parked, { waiting, passed, extra: waiting === 0 ? Math.max(extra, wanted) : extra }, now)
  }

  #renew(slot: RelaySlot, now: number): void {
    const extra = slot.extra(now)
    if (extra > 0 && now >= this.#lostUntil) this.#send(slot, [], { waiting: 0, passed: 0, extra }, now)
  }

  #send(slot: RelaySlot, parked: readonly LeaseRequest[], asked: Asked, now: number): void {
    const request = this.#callOf(slot, asked, now)
    const flight = { request, sentAt: now, parked }
    slot.depart(flight, this.#busySlots(now))
    this.#flying.set(request.id, { slot, flight })
    this.#output.calls.push(request)
  }

  /** Slots that share the pace at which the root may be called. */
  #busySlots(now: number): number {
    let busy = 0
    for (const { lastUsed } of this.#slots.values()) if (now - lastUsed < BUSY_FOR_MS) busy += 1
    return Math.max(1, busy)
  }

  #callOf(slot: RelaySlot, { waiting, passed, extra }: Asked, now: number): LeaseRequest {
    const { apiId, stage, method, throttle, lifeWanted } = slot.like
    this.#calls += 1
    const id = `${this.#options.id}:${this.#calls.toString(36)}`
    const live = [...this.#slots.values()].flatMap(({ leases }) => leases)
    return {
      protocol: LEASE_PROTOCOL,
      id,
      caller: this.#options.id,
      apiId,
      stage,
      ...(method !== undefined && { method }),
      ...(throttle && { throttle }),
      waiting,
      extra,
      rtt: this.#rtt,
      ...(extra > 0 && { lifeWanted: lifeWanted ?? LEASE.maxLife }),
      ...(passed > 0 && { passed }),
      place: this.#options.place,
      behind: this.#callers.callers,
      callsBehind: this.#callers.calls,
      returns: this.#debts.tell(id, live, now),
    }
  }

  #landed(slot: RelaySlot, flight: RelayFlight): void {
    slot.flights.delete(flight.request.id)
    this.#flying.delete(flight.request.id)
  }

  #lose(id: string, now: number): void {
    const flying = this.#flying.get(id)
    if (!flying) return
    const { slot, flight } = flying
    this.#landed(slot, flight)
    this.#debts.lost(id, flight.sentAt, flight.request.waiting + flight.request.extra > 0, now)
    this.#lostUntil = now + ROOT_LOST_MS
    for (const { id: waiting } of [...flight.parked, ...slot.queue.splice(0)]) {
      this.#parked.delete(waiting)
      this.#output.failed.push(waiting)
    }
  }

  /** Divides what the root has granted among those that waited for it, in the order in which they came. */
  #settle(slot: RelaySlot, flight: RelayFlight, grant: RootGrant, now: number): void {
    let left = grant.reply.admitted
    for (const request of flight.parked) {
      this.#parked.delete(request.id)
      // It was given back before it was answered.
      const before = this.#granted.get(request.id)
      if (before) {
        this.#output.replies.push(before.reply)
        continue
      }
      const own = this.#slotOf(request, now)
      if (own !== slot) {
        // Its method has limits of its own, as has just been learnt.
        this.#park(own, request, now)
        continue
      }
      const decided = Math.min(left, request.waiting)
      left -= decided
      const parts = slot.decide(Math.min(request.waiting - decided, slot.free))
      if (decided > 0) parts.push({ from: grant, requests: decided })
      this.#reply(slot, request, parts, now)
    }
    if (left > 0) {
      grant.admittedForNobody(left)
      this.#debts.owe(grant, now)
    }
  }

  #reply(slot: RelaySlot, request: LeaseRequest, parts: readonly Part[], now: number): void {
    const admitted = parts.reduce((sum, { requests }) => sum + requests, 0)
    const lent = this.#lendable(slot, request, now)
    if (lent) {
      lent.from.lend(lent.tokens)
      slot.demand.note(lent.tokens)
    }
    const refusal = slot.free === 0 ? slot.refusal(now) : undefined
    const reply: LeaseReply = {
      ...(slot.latest ?? { protocol: LEASE_PROTOCOL, version: 0 }),
      id: request.id,
      grantedAt: now,
      admitted,
      lease: lent && { tokens: lent.tokens, lifeMs: lent.lifeMs },
      refusal: admitted < request.waiting || slot.refuses(now) ? refusal : undefined,
      callAfterMs: this.#callers.tooMany ? Math.min(this.#callers.fairIntervalMs, LEASE.maxLife) : 0,
      relays: this.#relays > 0 ? this.#relays : undefined,
    }
    this.#output.replies.push(reply)
    if (request.waiting + request.extra === 0) return
    this.#granted.set(reply.id, new IsolateGrant(reply, now + LEASE.memory, slot, parts, lent))
  }

  /** What of the tokens in hand a lease could be made of: it ends before the lease that they are from. */
  #lendable(
    slot: RelaySlot,
    { extra, rtt, lifeWanted }: LeaseRequest,
    now: number,
  ): (Lent & { readonly lifeMs: number }) | undefined {
    const from = extra >= LEASE.smallest ? slot.longest : undefined
    if (!from) return undefined
    const wantedMs = lifeWanted ?? LEASE.usualLife
    const usefulMs = Math.ceil(Math.max(wantedMs, 3 * rtt, this.#callers.fairIntervalMs))
    // Both the relay's clock and the isolate's may run a margin behind, and the root waits for one only.
    const lifeMs = Math.min(from.deadline - LEASE.margin - now, usefulMs)
    if (lifeMs < SHORTEST_LIFE_MS || !isWorthHolding(lifeMs, rtt)) return undefined
    const most = this.#callers.callers > 1 ? Math.ceil(from.free / 2) : from.free
    // Many tokens for a long time are fewer for a shorter one.
    const share = wantedMs > LEASE.maxLife ? Math.min(1, lifeMs / wantedMs) : 1
    const tokens = Math.min(Math.ceil(extra * share), most)
    return tokens >= LEASE.smallest ? { from, tokens, lifeMs } : undefined
  }

  #takeBack(returned: LeaseReturn, now: number): void {
    const { id } = returned
    const granted = this.#granted.get(id)
    if (granted) {
      for (const grant of granted.takeBack(returned)) this.#debts.owe(grant, now)
      return
    }
    // From a life before this one, forgotten, or the call itself is still on its way: then it is granted nothing.
    this.#granted.set(id, new IsolateGrant(emptyReply(id, now), now + LEASE.memory))
  }

  #giveBack(now: number): void {
    const slot = this.#slots.values().next().value
    if (!slot || this.#debts.isNone(now)) return
    const request = this.#callOf(slot, { waiting: 0, passed: 0, extra: 0 }, now)
    this.#flying.set(request.id, { slot, flight: { request, sentAt: now, parked: [] } })
    this.#output.calls.push(request)
  }

  /** Requests that the root decides alike share a slot: of one stage, of a method with limits of its own, by limits. */
  #slotOf(request: LeaseRequest, now: number): RelaySlot {
    const own = this.#ownMethods.get(stageOf(request))
    const method = !own || (request.method && own.includes(request.method)) ? request.method : undefined
    const { throttle } = request
    const limits = throttle ? `${throttle.rate} ${throttle.burst}` : ''
    const key = JSON.stringify([stageOf(request), method, limits])
    let slot = this.#slots.get(key)
    if (!slot) {
      slot = new RelaySlot({ ...request, method }, now)
      this.#slots.set(key, slot)
    } else if (throttle && throttle.version > slot.like.throttle!.version) {
      slot.like = { ...slot.like, throttle }
    }
    slot.lastUsed = now
    return slot
  }
}

/** What a plan is chosen by. */
const stageOf = ({ apiId, stage }: LeaseRequest): string => `${apiId} ${stage}`

/** Drops what is over from the front; a time too far away is from before the clock was set back. */
function forget(memory: Map<string, { readonly forgetAt: number }>, now: number): void {
  for (const [id, { forgetAt }] of memory) {
    if (forgetAt > now && forgetAt <= now + LEASE.memory) return
    memory.delete(id)
  }
}
