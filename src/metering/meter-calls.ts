import type { Clock } from '../lib/clock.ts'
import type { Asker } from './asker.ts'
import type { Admitted, Decision, Refused } from './decision.ts'
import { TRY_AGAIN_MS } from './failure-policy.ts'
import { Grant } from './grant.ts'
import { LEASE, LEASE_PROTOCOL, type LeaseReply, type LeaseRequest, nextRtt } from './lease-protocol.ts'
import { CALL_TIMEOUT_MS, type Flight, type LeaseSlot, type Waiter, type Wish } from './lease-slot.ts'
import type { AdmissionTarget, MeterMemory } from './meter-memory.ts'
import { type RelayAddress, relayOf } from './relays/relay-address.ts'
import type { Route } from './relays/routes.ts'
import { SweepLeases } from './sweep-leases.ts'

export interface MeterCallsOptions {
  /** Calls the meter object of this name, or a relay of it. It is called within the request that needs the answer. */
  readonly callObject: (name: string, request: LeaseRequest, relay?: RelayAddress) => Promise<LeaseReply>
  /** Lets work outlive the request that started it. */
  readonly defer: (work: Promise<unknown>) => void
  readonly sleep: (ms: number) => Promise<void>
  /** A name for this isolate that no other has. Called once, with the first request. */
  readonly newId: () => string
}

/** Calls for one slot at the same time; further requests wait and share the next one. */
const MOST_FLIGHTS = 4

/** Half of a request's patience: the object itself may still be asked after it. */
const RELAY_TIMEOUT_MS = CALL_TIMEOUT_MS / 2

/** An object of an older Weir knows no accounts' meters, and so has no limit for them. */
const UNLIMITED = { tokens: 10_000, lifeMs: 1_000 }

/** Asks meters' objects for decisions and leases, and gives back to them what was not used. */
export class MeterCalls {
  /** Where this isolate is, as a location hint of the platform; undefined while nobody has said. */
  place: string | undefined
  readonly #options: MeterCallsOptions
  readonly #now: Clock
  readonly #onCall: (meter: MeterMemory) => void
  readonly #sweeps: SweepLeases
  #isolate = ''
  #calls = 0

  /** `now`: the isolate's clock as leases count it. `onCall`: told of every meter that is called. */
  constructor(options: MeterCallsOptions, now: Clock, onCall: (meter: MeterMemory) => void) {
    this.#options = options
    this.#now = now
    this.#onCall = onCall
    this.#sweeps = new SweepLeases(options, now, meter => this.giveBack(meter))
  }

  /** What memory says to a request, which it then counts for; undefined: ask. */
  #fromMemory(slot: LeaseSlot, now: number): Decision | undefined {
    const lease = slot.live(now)
    if (lease) {
      lease.tokens -= 1
      return lease.spent
    }
    return slot.refusal(now) ?? this.pass(slot, now)
  }

  /** Lets a request pass that nobody decides, where its meter's owner wants that and for as long as it may last. */
  pass(slot: LeaseSlot, now: number): Admitted | undefined {
    const { meter } = slot
    const last = meter.passes(now)
    if (!last) return undefined
    if (now >= meter.tryAt) {
      meter.tryAt = now + TRY_AGAIN_MS
      this.#send(slot, undefined, [], slot.wish(now), now)
    }
    slot.passed += 1
    this.#sweeps.later(meter)
    const { keyId, planId, id } = last
    const { level, name } = meter
    return { admitted: true, level, meter: name, keyId: keyId!, planId: planId!, by: 'pass', grantId: id }
  }

  /** `asker`: may lose interest in the answer meanwhile. */
  async ask(slot: LeaseSlot, target: AdmissionTarget, asker?: Asker): Promise<Decision> {
    const { meter } = slot
    const since = this.#now()
    for (let asked = slot; ; asked = meter.find(target, this.#now())) {
      const known = asked === slot ? undefined : this.#fromMemory(asked, this.#now())
      if (known) return known
      const { promise, resolve } = Promise.withResolvers<Decision | undefined>()
      const waiter: Waiter = { method: target.method, settle: resolve, since, gone: false }
      if (asker) asker.waiter = waiter
      asked.queue.push(waiter)
      this.#pump(asked, this.#now())
      // The call may be another request's and end with it, so each request watches the time itself.
      const left = Math.max(1, since + CALL_TIMEOUT_MS - this.#now())
      const decision = await Promise.race([promise, this.#options.sleep(left).then(() => 'late' as const)])
      if (decision === 'late') {
        waiter.gone = true
        meter.isDown = true
        return this.#undecided(asked, waiter)
      }
      const settled = decision ?? this.#fromMemory(meter.find(target, this.#now()), this.#now())
      if (settled) return settled
    }
  }

  /** Asks for the next lease in the background. */
  renew(slot: LeaseSlot, { method }: AdmissionTarget, now: number): void {
    const wish = slot.wish(now)
    if (wish.extra > 0) this.#send(slot, method, [], wish, now)
  }

  /** Sees to it that what is owed for a key is returned, also if no other request with it follows. */
  returnLater(meter: MeterMemory): void {
    this.#sweeps.later(meter)
  }

  /** Returns what is owed by a call of its own. */
  async giveBack(meter: MeterMemory): Promise<void> {
    const tell = async (slot: LeaseSlot, route: Route) => {
      const request = this.#requestOf(slot, route, undefined, 0, { extra: 0, lifeMs: LEASE.usualLife })
      const sentAt = this.#now()
      const reply = await this.#call(meter, route, request)
      if (reply) meter.heard(reply, sentAt, this.#now())
      else this.#takeAgain(slot, route, request)
    }
    const [first] = meter.slots
    for (const route of first ? meter.routes.owed : []) await tell(first!, route)
    for (const slot of meter.slots) if (slot.passed > 0) await tell(slot, meter.routes.at(this.#now()))
  }

  /** Sends what waits, unless enough calls are on their way already. */
  #pump(slot: LeaseSlot, now: number): void {
    slot.dropLostFlights(now)
    if (slot.flights.length >= (slot.starved ? 1 : MOST_FLIGHTS)) return
    const waiters = slot.queue.splice(0).filter(waiter => {
      if (!waiter.gone && !isFor(slot, waiter)) waiter.settle(undefined)
      return !waiter.gone && isFor(slot, waiter)
    })
    if (waiters.length > 0) this.#send(slot, waiters[0]!.method, waiters, slot.wish(now), now)
  }

  #send(
    slot: LeaseSlot,
    method: string | undefined,
    waiters: readonly Waiter[],
    wish: Wish,
    now: number,
  ): void {
    const route = slot.meter.routes.at(now)
    const request = this.#requestOf(slot, route, method, waiters.length, wish)
    const flight: Flight = { id: request.id, sentAt: now, method, waiters, leasing: wish.extra > 0 }
    slot.flights.push(flight)
    this.#onCall(slot.meter)
    this.#options.defer(this.#fly(slot, route, flight, request))
  }

  #requestOf(
    slot: LeaseSlot,
    { rtt, owed }: Route,
    method: string | undefined,
    waiting: number,
    wish: Wish,
  ): LeaseRequest {
    const { stage } = slot
    const passed = Math.max(0, slot.passed)
    slot.passed -= passed
    if (this.#isolate === '') this.#isolate = this.#options.newId()
    this.#calls += 1
    return {
      protocol: LEASE_PROTOCOL,
      id: `${this.#isolate}:${this.#calls.toString(36)}`,
      caller: this.#isolate,
      apiId: stage.apiId,
      stage: stage.stage,
      ...(method !== undefined && { method }),
      ...(stage.throttle && { throttle: stage.throttle }),
      waiting,
      extra: wish.extra,
      ...(wish.extra > 0 && { lifeWanted: wish.lifeMs }),
      rtt,
      ...(this.place !== undefined && { place: this.place }),
      ...(passed > 0 && { passed }),
      returns: owed.take(),
    }
  }

  /** A call that took things along was lost: they are said again. */
  #takeAgain(slot: LeaseSlot, { owed }: Route, { returns, passed = 0 }: LeaseRequest): void {
    owed.putBack(returns)
    slot.passed += passed
  }

  /** Carries a call through and settles those that wait for it. Never rejects. */
  async #fly(slot: LeaseSlot, route: Route, flight: Flight, request: LeaseRequest): Promise<void> {
    const { meter, stage } = slot
    const reply = await this.#call(meter, route, request)
    const now = this.#now()
    slot.flights = slot.flights.filter(other => other !== flight)
    if (!reply) {
      this.#takeAgain(slot, route, request)
      route.owed.callLost(flight.id)
      // Those that asked a relay in vain ask the object itself.
      const another = meter.routes.lost(route, now)
      meter.isDown ||= !another
      for (const waiter of flight.waiters) waiter.settle(another ? undefined : this.#undecided(slot, waiter))
    } else {
      route.rtt = nextRtt(route.rtt, flight.sentAt, now)
      meter.routes.follow(relayOf(this.#isolate, this.place, reply.relays))
      meter.heard(reply, flight.sentAt, now)
      stage.learn(reply, now)
      // What was granted to a method that the plan limits apart is for that method alone.
      const granted = stage.slotOf(flight.method)
      const grant = new Grant(reply, meter, route.owed, flight.sentAt)
      granted.heed(reply, flight, now)
      if (reply.lease && meter.stages.includes(stage)) granted.adopt(grant, flight, route.rtt, now)
      // Its limits have been replaced meanwhile, and it with them.
      else if (reply.lease) grant.end()
      else if (flight.leasing) granted.renewNoMore()
      this.#settle(granted, flight, reply, grant, now)
    }
    this.#serveQueue(slot, now)
    if (!reply || reply.lease || meter.routes.owed.length > 0) this.#sweeps.later(meter)
  }

  async #call(meter: MeterMemory, { relay }: Route, request: LeaseRequest): Promise<LeaseReply | undefined> {
    const attempt = () => this.#options.callObject(meter.name, request, relay)
    const answer = attempt().catch((error: unknown) => {
      // The platform says when the same call may be sent again; the object answers a doubled one alike.
      const { retryable, overloaded } = (error ?? {}) as { retryable?: boolean; overloaded?: boolean }
      if (retryable && !overloaded) return attempt()
      throw error
    })
    const timeout = this.#options.sleep(relay ? RELAY_TIMEOUT_MS : CALL_TIMEOUT_MS).then(() => undefined)
    const reply = await Promise.race([answer, timeout]).catch(() => undefined)
    if (meter.level !== 'account' || reply?.refusal?.reason !== 'unknown-key') return reply
    return { ...reply, admitted: request.waiting, lease: UNLIMITED, refusal: undefined }
  }

  #settle(slot: LeaseSlot, flight: Flight, reply: LeaseReply, grant: Grant, now: number): void {
    let left = reply.admitted
    for (const waiter of flight.waiters) {
      if (waiter.gone) continue
      // It came before it was known that its method, or the call's, is limited apart.
      if (!isFor(slot, waiter)) waiter.settle(undefined)
      else if (left > 0) {
        left -= 1
        waiter.settle(grant.admits(reply, 'object', now - waiter.since))
      } else if (reply.refusal) {
        const { refusal, left, keyId } = reply
        const waitedMs = now - waiter.since
        waiter.settle(slot.refuses({ refusal, left, keyId }, 'object', refusal.retryAfterMs, waitedMs))
      } else {
        waiter.settle(undefined)
      }
    }
    if (left > 0) grant.giveBackDecided(left)
  }

  /** What becomes of a request whose call was lost. */
  #undecided(slot: LeaseSlot, { since }: Waiter): Decision {
    const now = this.#now()
    const waitedMs = now - since
    const passed = this.pass(slot, now)
    if (passed) return { ...passed, waitedMs }
    const { level, name: meter } = slot.meter
    return { ...UNREACHABLE, level, meter, waitedMs }
  }

  /** Those that came while all calls were under way: from the lease, from the refusal, or one asks for all. */
  #serveQueue(slot: LeaseSlot, now: number): void {
    for (;;) {
      const waiter = slot.queue.shift()
      if (!waiter) return
      if (waiter.gone) continue
      const isHere = isFor(slot, waiter)
      const decision = isHere ? this.#fromMemory(slot, now) : undefined
      waiter.settle(decision)
      if (isHere && !decision) return
    }
  }
}

/** Whether what the slot has is for the request: a plan may limit its method apart, or that of the call. */
const isFor = (slot: LeaseSlot, { method }: Waiter): boolean => slot.stage.slotOf(method) === slot

const UNREACHABLE = {
  admitted: false,
  reason: 'unreachable',
  by: 'nobody',
} as const satisfies Partial<Refused>
