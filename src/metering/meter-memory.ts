import type { Level } from './decision.ts'
import { PASS_FOR_MS } from './failure-policy.ts'
import { type LeaseReply, longestLease } from './lease-protocol.ts'
import { LeaseSlot } from './lease-slot.ts'
import { type MethodThrottle, sameLimits } from './method-throttle.ts'
import { Routes } from './relays/routes.ts'

/** What a request is counted for at one level. */
export interface AdmissionTarget {
  readonly apiId: string
  readonly stage: string
  /** `METHOD /resource/{path}`: a plan may have a bucket for it apart. */
  readonly method?: string
  /** The meter is a method's and not a key's: it works by these limits, and no record of it is looked for. */
  readonly throttle?: MethodThrottle
  /** Absent: of a method, where there is a throttle, otherwise of a key. */
  readonly level?: Level
}

export const levelOf = ({ level, throttle }: AdmissionTarget): Level => level ?? (throttle ? 'method' : 'key')

/** Stages that are remembered of one key. */
const MOST_STAGES = 32

/** What the isolate knows of one meter: by stage, and what it owes the meter's object. */
export class MeterMemory {
  readonly name: string
  readonly level: Level
  readonly stages: StageMemory[] = []
  /** Whom it is asked of: its own object or a relay. */
  readonly routes = new Routes()
  /** The task that gives back unspent leases, and when it last woke: it may have ended with its request. */
  sweep: { wokeAt: number } | undefined
  /** The last call to the object failed. */
  isDown = false
  /** When it is tried again while requests pass. */
  tryAt = 0
  /** The last of its leases ends. */
  #metedUntil = 0
  #passUntil = 0
  #lastReply: LeaseReply | undefined

  constructor(name: string, level: Level) {
    this.name = name
    this.level = level
  }

  /** Milliseconds that a lease of this meter may live. */
  get longestLease(): number {
    return longestLease(this.level)
  }

  find({ apiId, stage, method, throttle }: AdmissionTarget, now: number): LeaseSlot {
    for (const known of this.stages) {
      if (known.apiId !== apiId || known.stage !== stage) continue
      if (throttle !== known.throttle && !sameLimits(throttle, known.throttle)) {
        // Leases by other limits than those of now are not spent any more.
        this.#forget(known)
        break
      }
      known.throttle = throttle
      return known.slotOf(method)
    }
    if (this.stages.length >= MOST_STAGES) {
      const idle = this.stages.find(known => known.isIdle)
      if (idle) this.#forget(idle)
    }
    const known = new StageMemory(this, apiId, stage, throttle, now)
    this.stages.push(known)
    return known.slotOf(method)
  }

  get slots(): LeaseSlot[] {
    return this.stages.flatMap(stage => [...stage.slots])
  }

  get isIdle(): boolean {
    return this.stages.every(stage => stage.isIdle)
  }

  /** Gives up all that is held, and what is remembered. */
  dropAll(): void {
    for (const stage of this.stages) for (const slot of stage.slots) slot.dropAll()
  }

  #forget(stage: StageMemory): void {
    this.stages.splice(this.stages.indexOf(stage), 1)
    for (const slot of stage.slots) slot.dropAll()
  }

  /** The object has answered. */
  heard(reply: LeaseReply, sentAt: number, now: number): void {
    this.isDown = false
    const leaseEnds = sentAt + Math.min(reply.lease?.lifeMs ?? 0, this.longestLease)
    this.#metedUntil = Math.min(Math.max(this.#metedUntil, leaseEnds), now + this.longestLease)
    this.#passUntil = reply.whenUnreachable === 'pass' ? Math.max(now, this.#metedUntil) + PASS_FOR_MS : 0
    this.#lastReply = reply
  }

  /** The last reply, where requests pass that the object, which is out of reach, cannot be asked about. */
  passes(now: number): LeaseReply | undefined {
    return this.isDown && now < this.#passUntil ? this.#lastReply : undefined
  }
}

/** What is known of one stage: its leases, and those of methods that the plan limits apart. */
export class StageMemory {
  readonly apiId: string
  readonly stage: string
  /** Of a method's meter; a later version of the same limits may take its place. */
  throttle: MethodThrottle | undefined
  readonly #meter: MeterMemory
  readonly #general: LeaseSlot
  #own: ReadonlyMap<string, LeaseSlot> | undefined

  constructor(
    meter: MeterMemory,
    apiId: string,
    stage: string,
    throttle: MethodThrottle | undefined,
    now: number,
  ) {
    this.#meter = meter
    this.apiId = apiId
    this.stage = stage
    this.throttle = throttle
    this.#general = new LeaseSlot(meter, this, now)
  }

  slotOf(method: string | undefined): LeaseSlot {
    if (this.#own === undefined || method === undefined) return this.#general
    return this.#own.get(method) ?? this.#general
  }

  /** What a reply says of the plan: methods that it limits apart. */
  learn({ planId, ownMethods = [] }: LeaseReply, now: number): void {
    // An answer that is no plan's says nothing of methods, and tokens leased for others must not serve them then.
    if (planId === undefined) return
    const known = this.#own
    if (ownMethods.length === (known?.size ?? 0) && ownMethods.every(method => known?.has(method))) return
    const own = ownMethods.map(
      method => [method, known?.get(method) ?? new LeaseSlot(this.#meter, this, now)] as const,
    )
    this.#own = own.length > 0 ? new Map(own) : undefined
    for (const [method, slot] of known ?? []) if (!this.#own?.has(method)) slot.dropAll()
  }

  get slots(): readonly LeaseSlot[] {
    return this.#own ? [this.#general, ...this.#own.values()] : [this.#general]
  }

  get isIdle(): boolean {
    return this.slots.every(slot => slot.isIdle)
  }
}
