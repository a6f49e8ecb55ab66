import type { Clock } from '../lib/clock.ts'
import type { StrangerGuard } from '../protection/stranger-guard.ts'
import type { Decision, Refused } from './decision.ts'
import { KnownKeys } from './known-keys.ts'
import { LEASE, LEASE_PROTOCOL, type LeaseReply, type LeaseRequest } from './lease-protocol.ts'
import { CALL_TIMEOUT_MS, type Flight, LeaseSlot, type Waiter } from './lease-slot.ts'
import { type MethodThrottle, sameLimits } from './method-throttle.ts'
import { OwedReturns } from './owed-returns.ts'

export interface AdmissionOptions {
  /** The isolate's clock, milliseconds. */
  readonly clock: Clock
  /** Calls the meter object of this name. It is called within the request that needs the answer. */
  readonly callObject: (name: string, request: LeaseRequest) => Promise<LeaseReply>
  /** Whether a key record of this name is published; asked once for a name that this isolate does not serve. */
  readonly recordExists: (name: string) => Promise<boolean>
  /** Asked before that, if it is known whose request it is. */
  readonly strangers?: Pick<StrangerGuard, 'begin'> | undefined
  /** Lets work outlive the request that started it. */
  readonly defer: (work: Promise<unknown>) => void
  readonly sleep: (ms: number) => Promise<void>
  /** A name for this isolate that no other has. Called once, with the first request. */
  readonly newId: () => string
  /** Keys that are remembered at most; the one that was not called for longest goes first. */
  readonly capacity?: number
}

export interface AdmissionTarget {
  readonly apiId: string
  readonly stage: string
  /** `METHOD /resource/{path}`; carried to the object for the method level. */
  readonly method?: string
  /** The meter is a method's and not a key's: it works by these limits, and no record of it is looked for. */
  readonly throttle?: MethodThrottle
  /** Address of the client; absent where no stranger may choose the name. */
  readonly from?: string
}

/** What the isolate knows of one key: by stage, and what it owes the key's object. */
interface KeyState {
  readonly name: string
  readonly slots: LeaseSlot[]
  readonly owed: OwedReturns
  rtt: number
  /** The task that gives back unspent leases, and when it last woke: it may have ended with its request. */
  sweep: { wokeAt: number } | undefined
}

/** Calls for one key and stage at the same time; further requests wait and share the next one. */
const MOST_FLIGHTS = 4
/** Stages that are remembered of one key. */
const MOST_SLOTS = 32
const SWEEP_MS = LEASE.maxLife + LEASE.margin
/** `waitUntil` allows 30 s; a sweep ends before and the next lease starts another. */
const LONGEST_SWEEP_MS = 20_000

const UNREACHABLE: Refused = { admitted: false, reason: 'unreachable' }

/**
 * The isolate's side of metering: admits from leases in memory, without a promise, and asks the key's object when
 * it has none. See docs/design/metering.md.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #known: KnownKeys
  readonly #keys = new Map<string, KeyState>()
  readonly #capacity: number
  #isolate = ''
  #calls = 0
  #lastNow = Number.NEGATIVE_INFINITY

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#capacity = options.capacity ?? 10_000
    this.#known = new KnownKeys({ ...options, timeoutMs: CALL_TIMEOUT_MS })
  }

  /** `name`: of the key's meter, see `keyMeterName`. A promise only when nothing in memory decides. */
  admit(name: string, target: AdmissionTarget): Decision | Promise<Decision> {
    const now = this.#now()
    const key = this.#keys.get(name) ?? (target.throttle && this.#begin(name))
    if (key === undefined) {
      const absentFor = this.#known.absentFor(name, now)
      if (absentFor > 0) return { admitted: false, reason: 'unknown-key', retryAfterMs: absentFor }
      return this.#meet(name, target)
    }
    const slot = slotOf(key, target, now)
    slot.demand.arrive()
    const decision = slot.decide(now)
    if (decision === undefined) return this.#ask(key, slot, target)
    if (decision.admitted && slot.wantsRenewal(now)) this.#renew(key, slot, target, now)
    return decision
  }

  /**
   * Reads the clock. Requests of one isolate see it stand still at different moments, so it may seem to go back a
   * little: then the later reading holds. A clock that was set back cannot tell when leases end: they are given up.
   */
  #now(): number {
    const now = this.#options.clock()
    if (now < this.#lastNow) {
      if (now >= this.#lastNow - LEASE.margin / 2) return this.#lastNow
      for (const key of this.#keys.values()) for (const slot of key.slots) slot.dropAll()
    }
    this.#lastNow = now
    return now
  }

  /** The first request of a key: objects are only made for keys that exist. */
  async #meet(name: string, target: AdmissionTarget): Promise<Decision> {
    try {
      if (!(await this.#known.exists(name, target.from))) return { admitted: false, reason: 'unknown-key' }
    } catch {
      return UNREACHABLE
    }
    const now = this.#now()
    const key = this.#keys.get(name) ?? this.#begin(name)
    const slot = slotOf(key, target, now)
    slot.demand.arrive()
    return slot.decide(now) ?? this.#ask(key, slot, target)
  }

  #begin(name: string): KeyState {
    const key: KeyState = { name, slots: [], owed: new OwedReturns(), rtt: 0, sweep: undefined }
    this.#keep(key)
    return key
  }

  async #ask(key: KeyState, slot: LeaseSlot, target: AdmissionTarget): Promise<Decision> {
    const givesUpAt = this.#now() + CALL_TIMEOUT_MS
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<Decision | undefined>()
      const waiter: Waiter = { settle: resolve, gone: false }
      slot.queue.push(waiter)
      this.#pump(key, slot, target, this.#now())
      // The call may be another request's and end with it, so each request watches the time itself.
      const left = Math.max(1, givesUpAt - this.#now())
      const timeout = this.#options.sleep(left).then(() => UNREACHABLE)
      const decision = await Promise.race([promise, timeout])
      if (decision === UNREACHABLE) waiter.gone = true
      const known = decision ?? slot.decide(this.#now())
      if (known) return known
    }
  }

  /** Sends what waits, unless enough calls are on their way already. */
  #pump(key: KeyState, slot: LeaseSlot, target: AdmissionTarget, now: number): void {
    slot.dropLostFlights(now)
    if (slot.flights.length >= (slot.starved ? 1 : MOST_FLIGHTS)) return
    const waiters = slot.queue.splice(0).filter(waiter => !waiter.gone)
    if (waiters.length > 0) this.#send(key, slot, target, waiters, slot.extra(now), now)
  }

  #renew(key: KeyState, slot: LeaseSlot, target: AdmissionTarget, now: number): void {
    const extra = slot.extra(now)
    if (extra > 0) this.#send(key, slot, target, [], extra, now)
  }

  #send(
    key: KeyState,
    slot: LeaseSlot,
    target: AdmissionTarget,
    waiters: readonly Waiter[],
    extra: number,
    now: number,
  ): void {
    const flight: Flight = { id: this.#nextId(), sentAt: now, waiters, leasing: extra > 0 }
    slot.flights.push(flight)
    // Called lately is what keeps a key remembered.
    this.#keep(key)
    const request = {
      protocol: LEASE_PROTOCOL,
      id: flight.id,
      caller: this.#isolate,
      apiId: slot.apiId,
      stage: slot.stage,
      ...(target.method !== undefined && { method: target.method }),
      ...(slot.throttle && { throttle: slot.throttle }),
      waiting: waiters.length,
      extra,
      rtt: key.rtt,
      returns: key.owed.take(),
    }
    this.#options.defer(this.#fly(key, slot, flight, request))
  }

  /** Carries a call through and settles those that wait for it. Never rejects. */
  async #fly(key: KeyState, slot: LeaseSlot, flight: Flight, request: LeaseRequest): Promise<void> {
    const reply = await this.#call(key, request)
    const now = this.#now()
    slot.flights = slot.flights.filter(other => other !== flight)
    if (!reply) {
      key.owed.putBack(request.returns)
      key.owed.callLost(flight.id)
      for (const waiter of flight.waiters) waiter.settle(UNREACHABLE)
      this.#serveQueue(slot, now)
      this.#sweepLater(key)
      return
    }
    const rtt = Math.max(0, now - flight.sentAt)
    key.rtt = key.rtt === 0 ? rtt : key.rtt + (rtt - key.rtt) / 4
    slot.adopt(reply, flight, key.rtt, now)
    this.#settle(key, flight, reply)
    this.#serveQueue(slot, now)
    if (reply.lease || key.owed.size > 0) this.#sweepLater(key)
  }

  async #call(key: KeyState, request: LeaseRequest): Promise<LeaseReply | undefined> {
    const attempt = () => this.#options.callObject(key.name, request)
    const answer = attempt().catch((error: unknown) => {
      // The platform says when the same call may be sent again; the object answers a doubled one alike.
      const { retryable, overloaded } = (error ?? {}) as { retryable?: boolean; overloaded?: boolean }
      if (retryable && !overloaded) return attempt()
      throw error
    })
    const timeout = this.#options.sleep(CALL_TIMEOUT_MS).then(() => undefined)
    return Promise.race([answer, timeout]).catch(() => undefined)
  }

  #settle(key: KeyState, flight: Flight, reply: LeaseReply): void {
    let left = reply.admitted
    const { keyId, planId } = reply
    for (const waiter of flight.waiters) {
      if (waiter.gone) continue
      if (left > 0) {
        left -= 1
        waiter.settle({ admitted: true, keyId: keyId!, planId: planId!, by: 'object', grantId: reply.id })
      } else if (reply.refusal) {
        const { reason, retryAfterMs } = reply.refusal
        waiter.settle({ admitted: false, reason, retryAfterMs })
      } else {
        waiter.settle(undefined)
      }
    }
    if (left > 0) key.owed.decidedForNobody(reply, left)
  }

  /** Those that came while all calls were under way: from the lease, from the refusal, or one asks for all. */
  #serveQueue(slot: LeaseSlot, now: number): void {
    for (;;) {
      const waiter = slot.queue[0]
      if (!waiter) return
      if (waiter.gone) {
        slot.queue.shift()
        continue
      }
      const decision = slot.decide(now)
      slot.queue.shift()
      waiter.settle(decision)
      if (!decision) return
    }
  }

  /** Sees to it that what is not spent returns to the object when no further call takes it along. */
  #sweepLater(key: KeyState): void {
    const now = this.#now()
    if (key.sweep && now - key.sweep.wokeAt < 3 * SWEEP_MS) return
    key.sweep = { wokeAt: now }
    this.#options.defer(this.#sweep(key, key.sweep, now))
  }

  async #sweep(key: KeyState, sweep: { wokeAt: number }, startedAt: number): Promise<void> {
    for (;;) {
      await this.#options.sleep(SWEEP_MS)
      // Another one has taken over.
      if (key.sweep !== sweep && key.sweep) return
      const now = this.#now()
      sweep.wokeAt = now
      for (const slot of key.slots) {
        slot.dropEnded(now)
        slot.dropLostFlights(now)
      }
      if (key.slots.every(slot => slot.idle)) break
      // Makes way for another, which the next lease starts; until then it goes on.
      if (now - startedAt >= LONGEST_SWEEP_MS) key.sweep = undefined
    }
    key.sweep = undefined
    await this.#giveBack(key)
  }

  /** Returns what is owed by a call of its own. */
  async #giveBack(key: KeyState): Promise<void> {
    const slot = key.slots[0]
    if (!slot || key.owed.size === 0) return
    const request = {
      protocol: LEASE_PROTOCOL,
      id: this.#nextId(),
      caller: this.#isolate,
      apiId: slot.apiId,
      stage: slot.stage,
      ...(slot.throttle && { throttle: slot.throttle }),
      waiting: 0,
      extra: 0,
      rtt: key.rtt,
      returns: key.owed.take(),
    }
    if (!(await this.#call(key, request))) key.owed.putBack(request.returns)
  }

  #nextId(): string {
    if (this.#isolate === '') this.#isolate = this.#options.newId()
    this.#calls += 1
    return `${this.#isolate}:${this.#calls.toString(36)}`
  }

  #keep(key: KeyState): void {
    this.#keys.delete(key.name)
    this.#keys.set(key.name, key)
    if (this.#keys.size <= this.#capacity) return
    const oldest = this.#keys.values().next().value!
    this.#keys.delete(oldest.name)
    for (const slot of oldest.slots) slot.dropAll()
    if (oldest.owed.size > 0) this.#options.defer(this.#giveBack(oldest))
  }
}

function slotOf(key: KeyState, target: AdmissionTarget, now: number): LeaseSlot {
  const { apiId, stage, throttle } = target
  for (const slot of key.slots) {
    if (slot.apiId !== apiId || slot.stage !== stage) continue
    // Leases by other limits than those of now are not spent any more.
    if (throttle !== slot.throttle) {
      if (!sameLimits(throttle, slot.throttle)) continue
      slot.throttle = throttle
    }
    return slot
  }
  if (key.slots.length >= MOST_SLOTS) {
    const idle = key.slots.findIndex(slot => slot.idle)
    if (idle >= 0) key.slots.splice(idle, 1)
  }
  const slot = new LeaseSlot(target, now, (lease, unspent) => key.owed.leaseEnded(lease, unspent))
  key.slots.push(slot)
  return slot
}
