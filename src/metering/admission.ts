import type { Clock } from '../lib/clock.ts'
import type { StrangerGuard } from '../protection/stranger-guard.ts'
import type { Asker } from './asker.ts'
import type { Admitted, Decision, Refused } from './decision.ts'
import type { Grant } from './grant.ts'
import { KnownKeys } from './known-keys.ts'
import { LEASE } from './lease-protocol.ts'
import { CALL_TIMEOUT_MS, type LeaseSlot } from './lease-slot.ts'
import { MeterCalls, type MeterCallsOptions } from './meter-calls.ts'
import { type AdmissionTarget, levelOf, MeterMemory } from './meter-memory.ts'

export interface AdmissionOptions extends MeterCallsOptions {
  /** The isolate's clock, milliseconds. */
  readonly clock: Clock
  /** Whether a key record of this name is published; asked once for a name that this isolate does not serve. */
  readonly recordExists: (name: string) => Promise<boolean>
  /** Asked before that, if it is known whose request it is. */
  readonly strangers?: Pick<StrangerGuard, 'begin'> | undefined
  /** Meters that are remembered at most; the one that was not called for longest goes first. */
  readonly capacity?: number
}

/**
 * The isolate's side of metering: admits from leases in memory, without a promise, and asks a meter's object when it
 * has none. See docs/design/metering.md; admit-levels.ts for requests that more than one meter counts.
 */
export class Admission {
  readonly calls: MeterCalls
  readonly #clock: Clock
  readonly #known: KnownKeys
  readonly #meters = new Map<string, MeterMemory>()
  readonly #capacity: number
  readonly #defer: AdmissionOptions['defer']
  #lastNow = Number.NEGATIVE_INFINITY

  constructor(options: AdmissionOptions) {
    this.#clock = options.clock
    this.#defer = options.defer
    this.#capacity = options.capacity ?? 10_000
    this.#known = new KnownKeys({ ...options, timeoutMs: CALL_TIMEOUT_MS })
    // Called lately is what keeps a meter remembered.
    this.calls = new MeterCalls(
      options,
      () => this.now(),
      meter => this.#keep(meter),
    )
  }

  /** Counts a request at one meter; see `keyMeterName`. A promise only when nothing in memory decides. */
  admit(name: string, target: AdmissionTarget): Decision | Promise<Decision> {
    const now = this.now()
    const slot = this.find(name, target, now)
    if (slot === undefined) return this.absence(name, now) ?? this.#meet(name, target)
    return this.count(slot, target, now)
  }

  /** The same, where the meter's memory is at hand. */
  count(slot: LeaseSlot, target: AdmissionTarget, now: number, asker?: Asker): Decision | Promise<Decision> {
    slot.demand.arrive(now)
    const lease = slot.live(now)
    if (lease !== undefined) return this.spend(slot, lease, target, now)
    return slot.refusal(now) ?? this.calls.pass(slot, now) ?? this.calls.ask(slot, target, asker)
  }

  /**
   * Reads the clock. Requests of one isolate see it stand still at different moments, so it may seem to go back a
   * little: then the later reading holds. A clock that was set back cannot tell when leases end: they are given up.
   */
  now(): number {
    const now = this.#clock()
    if (now < this.#lastNow) {
      if (now >= this.#lastNow - LEASE.margin / 2) return this.#lastNow
      for (const meter of this.#meters.values()) meter.dropAll()
    }
    this.#lastNow = now
    return now
  }

  /** What is in memory for the target; undefined for a key that this isolate has not met. */
  find(name: string, target: AdmissionTarget, now: number): LeaseSlot | undefined {
    const known = this.#meters.get(name)
    if (known !== undefined) return known.find(target, now)
    // Only keys have records that tell whether there are any.
    return levelOf(target) === 'key' ? undefined : this.#begin(name, target).find(target, now)
  }

  /** Takes a token of a live lease. */
  spend(slot: LeaseSlot, lease: Grant, target: AdmissionTarget, now: number): Admitted {
    lease.tokens -= 1
    if (slot.wantsRenewal(now)) this.calls.renew(slot, target, now)
    return lease.spent
  }

  /** That there is no key of this name, where that is remembered. */
  absence(name: string, now: number): Refused | undefined {
    const retryAfterMs = this.#known.absentFor(name, now)
    return retryAfterMs > 0 ? { ...UNKNOWN, by: 'memory', meter: name, retryAfterMs } : undefined
  }

  /**
   * Looks up a key before its first request here: objects are only made for keys that exist.
   *
   * @param from address of the client, where it is known
   */
  async meet(name: string, target: AdmissionTarget, from?: string): Promise<Refused | undefined> {
    try {
      if (!(await this.#known.exists(name, from))) return { ...UNKNOWN, by: 'object', meter: name }
    } catch {
      return { ...UNKNOWN, reason: 'unreachable', by: 'nobody', meter: name }
    }
    if (!this.#meters.has(name)) this.#begin(name, target)
    return undefined
  }

  /** A request that this meter admitted is refused by another one. */
  giveBack({ by, grant, meter: name }: Admitted, target: AdmissionTarget): void {
    if (by === 'lease') grant!.giveBackToken()
    else if (by === 'object') grant!.giveBackDecided(1)
    const meter = this.#meters.get(name)
    if (!meter) return
    // It may have been told of already: then it is not told of once more.
    if (by === 'pass') meter.find(target, this.now()).passed -= 1
    else this.calls.returnLater(meter)
  }

  async #meet(name: string, target: AdmissionTarget): Promise<Decision> {
    return (await this.meet(name, target)) ?? this.admit(name, target)
  }

  #begin(name: string, target: AdmissionTarget): MeterMemory {
    const meter = new MeterMemory(name, levelOf(target))
    this.#keep(meter)
    return meter
  }

  #keep(meter: MeterMemory): void {
    this.#meters.delete(meter.name)
    this.#meters.set(meter.name, meter)
    if (this.#meters.size <= this.#capacity) return
    const oldest = this.#meters.values().next().value!
    this.#meters.delete(oldest.name)
    oldest.dropAll()
    if (oldest.routes.owed.length > 0) this.#defer(this.calls.giveBack(oldest))
  }
}

const UNKNOWN = { admitted: false, level: 'key', reason: 'unknown-key' } as const
