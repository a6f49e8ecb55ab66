import type { Clock } from '../../lib/clock.ts'
import type { ReservedConcurrency } from '../manifest.ts'
import type { ConcurrencyGate, Entering } from './concurrency-gate.ts'
import { meterName } from './meter-name.ts'
import type { PermitReply, PermitRequest } from './permit-protocol.ts'
import { type HeldPermit, PermitSlot, WAKE_MS, type Waiter } from './permit-slot.ts'
import { ProvenClock, type Timer } from './proven-clock.ts'

export interface FunctionConcurrencyOptions {
  /** The isolate's clock, milliseconds. */
  readonly clock: Clock
  readonly timer: Timer
  /** Calls the ConcurrencyMeter of this name. It is called within the request that needs the answer. */
  readonly callObject: (name: string, request: PermitRequest) => Promise<PermitReply>
  /** Lets work outlive the request that started it. */
  readonly defer: (work: Promise<unknown>) => void
  /** A name for this isolate that no other has. Called once, with the first call that needs it. */
  readonly newId: () => string
  /** Functions that are remembered at most; idle ones go first. */
  readonly capacity?: number
}

/** A request that takes longer counts as lost. */
const CALL_TIMEOUT_MS = 5_000
/** One that takes longer is overtaken by the next: it may have been cut off with the call that made it. */
const PATIENCE_MS = 1_500
/** How long an object out of reach is not asked again. */
const UNREACHABLE_MEMORY_MS = 100
/** `waitUntil` allows 30 s; a sweep ends before and the next call that ends starts another. */
const LONGEST_SWEEP_MS = 20_000
const LEAST_SWEEP_MS = 5

/**
 * The isolate's side of reserved concurrency: lets calls run on permits that it leased from the function's object,
 * and ends calls whose permits it could not renew. See docs/design/concurrency.md.
 */
export class FunctionConcurrency implements ConcurrencyGate {
  readonly #options: FunctionConcurrencyOptions
  readonly #clock: ProvenClock
  readonly #slots = new Map<string, PermitSlot>()
  readonly #capacity: number
  #isolate = ''
  #accounts = 0
  #stepsSeen = 0

  constructor(options: FunctionConcurrencyOptions) {
    this.#options = options
    this.#clock = new ProvenClock(options.clock, options.timer)
    this.#capacity = options.capacity ?? 10_000
  }

  enter(name: string, reserved: ReservedConcurrency): Entering | Promise<Entering> {
    const now = this.#now()
    const slot = this.#slotOf(name, reserved)
    slot.learn(reserved)
    if (slot.limit === 0) {
      this.#giveBack(slot, now)
      return 'throttled'
    }
    const permit = slot.take(now)
    if (permit) {
      this.#wakeLater(slot, permit)
      if (now >= slot.renewAt) this.#send(slot, now)
      return permit
    }
    if (slot.refusal && now < slot.refusal.until) return slot.refuse()!
    return this.#ask(slot)
  }

  /**
   * A clock that was set back does not tell for how long: calls that run have timers that do, but of permits that
   * nobody uses it is not known whether they are still good.
   */
  #now(): number {
    const now = this.#clock.read()
    if (this.#clock.steps !== this.#stepsSeen) {
      this.#stepsSeen = this.#clock.steps
      for (const slot of this.#slots.values()) slot.dropUnused()
    }
    return now
  }

  async #ask(slot: PermitSlot): Promise<Entering> {
    const { promise, resolve } = Promise.withResolvers<HeldPermit | 'throttled' | 'unreachable'>()
    const waiter: Waiter = { seq: 0, gone: false, settle: resolve }
    slot.queue.push(waiter)
    this.#send(slot, this.#now())
    // The request may be another call's and end with it, so each call watches the time itself, and asks once more.
    const hurry = this.#countdown(PATIENCE_MS, () => this.#send(slot, this.#now()))
    const stop = this.#countdown(CALL_TIMEOUT_MS, () => {
      waiter.gone = true
      resolve('unreachable')
    })
    const entered = await promise
    hurry()
    stop()
    if (typeof entered !== 'string') this.#wakeLater(slot, entered)
    return entered
  }

  /** Asks the object in the background, for all that wait, unless it is being asked. */
  #send(slot: PermitSlot, now: number): void {
    const { flight } = slot
    if (!flight || now - flight.sentAt >= PATIENCE_MS) this.#overtake(slot, now)
  }

  /** Asks the object; what it may be answering already is void. */
  #overtake(slot: PermitSlot, now: number): void {
    this.#options.defer(this.#fly(slot, slot.ask(now)))
  }

  /** Carries a request through and settles those that wait for it. Never rejects. */
  async #fly(slot: PermitSlot, request: PermitRequest): Promise<void> {
    const reply = await this.#call(slot.name, request)
    const now = this.#now()
    const isNewest = slot.flight?.request.seq === request.seq
    if (reply) slot.adopt(reply, now)
    else slot.requestLost(request.seq)
    slot.beat(now)
    this.#serveQueue(slot)
    if (!isNewest) return
    const unserved = slot.queue.some(({ seq }) => seq === request.seq)
    if (!reply) slot.refusal = { until: now + UNREACHABLE_MEMORY_MS, reason: 'unreachable' }
    else if (unserved) slot.refusal = { until: now + reply.retryMs, reason: 'throttled' }
    else slot.refusal = undefined
    if (slot.refusal) for (const waiter of slot.queue.splice(0)) waiter.settle(slot.refusal.reason)
    if (slot.queue.length > 0) this.#send(slot, now)
    else this.#giveBack(slot, now)
    this.#sweepLater(slot)
  }

  async #call(name: string, request: PermitRequest): Promise<PermitReply | undefined> {
    const attempt = () => this.#options.callObject(name, request)
    const answer = attempt().catch((error: unknown) => {
      // The platform says when the same call may be sent again; the object answers a doubled one alike.
      const { retryable, overloaded } = (error ?? {}) as { retryable?: boolean; overloaded?: boolean }
      if (retryable && !overloaded) return attempt()
      throw error
    })
    const { promise: timeout, resolve } = Promise.withResolvers<undefined>()
    const stop = this.#countdown(CALL_TIMEOUT_MS, () => resolve(undefined))
    try {
      return await Promise.race([answer, timeout])
    } catch {
      return undefined
    } finally {
      stop()
    }
  }

  /** Hands permits that nobody uses to those who wait. */
  #serveQueue(slot: PermitSlot): void {
    while (slot.queue.length > 0) {
      const waiter = slot.queue[0]!
      if (waiter.gone) {
        slot.queue.shift()
        continue
      }
      const permit = slot.take(this.#now())
      if (!permit) return
      slot.queue.shift()
      waiter.settle(permit)
    }
  }

  #left(slot: PermitSlot, isWanted: boolean): void {
    // While others wait elsewhere, what is beyond this isolate's share goes back at once.
    const now = this.#now()
    this.#serveQueue(slot)
    // A request of this isolate that waits in the object would hold back what others wait for there.
    if (isWanted && slot.flight && slot.flight.request.waiting > 0) this.#overtake(slot, now)
    else this.#giveBack(slot, now)
    this.#sweepLater(slot)
  }

  #giveBack(slot: PermitSlot, now: number): void {
    if (!slot.owes) return
    if (slot.refusal?.reason === 'unreachable' && now < slot.refusal.until) return
    this.#send(slot, now)
  }

  /** Watches over a running call, from its own request: what belongs to a request can only be done there. */
  #wakeLater(slot: PermitSlot, permit: HeldPermit): void {
    const now = this.#now()
    const ms = slot.holds(permit) ? Math.max(0, Math.min(WAKE_MS, slot.deadline - now)) : WAKE_MS
    permit.cancelWake = this.#clock.after(ms, () => {
      permit.missed = 0
      const woken = this.#now()
      slot.beat(woken)
      if (permit.wasTakenBack) permit.end()
      if (permit.hasLeft) return
      if (!slot.holds(permit)) permit.end()
      else if (woken >= slot.renewAt) this.#send(slot, woken)
      this.#sweepLater(slot)
      this.#wakeLater(slot, permit)
    })
  }

  /** Sees to it that permits that nobody uses go back to the object. */
  #sweepLater(slot: PermitSlot): void {
    if (!slot.anyUnused && !slot.owes) return
    const now = this.#now()
    if (slot.sweep && now - slot.sweep.wokeAt < 3 * (slot.idleMs + WAKE_MS)) return
    slot.sweep = { wokeAt: now }
    this.#options.defer(this.#sweep(slot, slot.sweep, now))
  }

  async #sweep(slot: PermitSlot, sweep: { wokeAt: number }, startedAt: number): Promise<void> {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const isUnreachable = slot.refusal?.reason === 'unreachable'
      this.#countdown(isUnreachable ? WAKE_MS : Math.max(LEAST_SWEEP_MS, slot.idleMs), resolve)
      await promise
      // Another one has taken over.
      if (slot.sweep !== sweep) return
      const now = this.#now()
      sweep.wokeAt = now
      slot.beat(now)
      slot.trim()
      this.#giveBack(slot, now)
      if (!slot.anyUnused && !slot.owes) break
      if (now - startedAt >= LONGEST_SWEEP_MS) break
    }
    slot.sweep = undefined
  }

  /** Calls back after so many milliseconds, in steps that keep the clock from lagging. */
  #countdown(ms: number, callback: () => void): () => void {
    const due = this.#now() + ms
    let cancel: () => void
    const step = (left: number) => {
      cancel = this.#clock.after(Math.min(WAKE_MS, left), () => {
        const rest = due - this.#now()
        if (rest > 0) step(rest)
        else callback()
      })
    }
    step(ms)
    return () => cancel()
  }

  #slotOf(name: string, reserved: ReservedConcurrency): PermitSlot {
    const key = meterName(name, reserved.uid)
    let slot = this.#slots.get(key)
    if (!slot) {
      if (this.#isolate === '') this.#isolate = this.#options.newId()
      this.#accounts += 1
      slot = new PermitSlot(
        key,
        `${this.#isolate}:${this.#accounts.toString(36)}`,
        reserved,
        (left, isWanted) => this.#left(left, isWanted),
      )
      this.#makeRoom()
      this.#slots.set(key, slot)
    }
    return slot
  }

  #makeRoom(): void {
    if (this.#slots.size < this.#capacity) return
    for (const [key, slot] of this.#slots) {
      if (!slot.idle) continue
      this.#slots.delete(key)
      return
    }
  }
}
