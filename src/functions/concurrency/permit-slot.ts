import type { ReservedConcurrency } from '../manifest.ts'
import type { Permit } from './concurrency-gate.ts'
import { PERMIT_PROTOCOL, type PermitReply, type PermitRequest } from './permit-protocol.ts'

/** A running call wakes this often: to renew, to show that its request lives, and to keep the clock from lagging. */
export const WAKE_MS = 1_000

/**
 * A permit whose call missed so many wakes of others is taken back: its request was cut off without a word, as
 * happens on Workers when the client goes away.
 */
const MOST_MISSED = 4

/** A permit of this isolate, in use. */
export class HeldPermit implements Permit {
  readonly #abort = new AbortController()
  readonly #slot: PermitSlot
  readonly epoch: number
  missed = 0
  hasLeft = false
  /** It was taken back because its request seemed to be gone. */
  wasTakenBack = false
  cancelWake: (() => void) | undefined

  constructor(slot: PermitSlot, epoch: number) {
    this.#slot = slot
    this.epoch = epoch
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  leave(): void {
    if (this.hasLeft) return
    this.hasLeft = true
    this.cancelWake?.()
    this.#slot.left(this)
  }

  /** Its timers belong to a request that is gone: they are left alone. */
  takeBack(): void {
    this.hasLeft = true
    this.wasTakenBack = true
    this.#slot.left(this)
  }

  end(): void {
    if (!this.signal.aborted) this.#abort.abort(new PermitLost())
  }
}

/** Why a call was ended: its permit could not be renewed in time. */
export class PermitLost extends Error {
  override readonly name = 'PermitLost'

  constructor() {
    super('the permit to run under the reserved concurrency could not be renewed in time')
  }
}

/** A call that waits for an answer. */
export interface Waiter {
  /** Of the request that asks for it; 0 before there is one. */
  seq: number
  /** It has given up waiting. */
  gone: boolean
  readonly settle: (entered: HeldPermit | 'throttled' | 'unreachable') => void
}

/** A call has left; `isWanted`: others wait for its permit, which was given up. */
type OnLeave = (slot: PermitSlot, isWanted: boolean) => void

/** A request that is on its way. */
interface Flight {
  readonly request: PermitRequest
  readonly sentAt: number
  readonly epoch: number
  /** Permits that were lost when it was sent and whose calls had not ended yet. */
  readonly lost: number
  /** Permits that it keeps and that were given up since: they are not used again, whatever the answer is. */
  givenUp: number
}

/**
 * What an isolate holds and knows of one function's permits.
 *
 * Permits of an `epoch` are good until its deadline. When that passes all of them are lost: their calls are ended,
 * and go on counting in what the isolate says to keep until they really have.
 */
export class PermitSlot {
  readonly name: string
  readonly caller: string
  readonly queue: Waiter[] = []
  limit: number
  generation: number
  flight: Flight | undefined
  /** Until then calls without a permit at hand are refused, for this reason. */
  refusal: { readonly until: number; readonly reason: 'throttled' | 'unreachable' } | undefined
  renewAt = Number.POSITIVE_INFINITY
  deadline = Number.NEGATIVE_INFINITY
  idleMs = 0
  /** The task that gives back permits that nobody uses, and when it last woke: it may have ended with its request. */
  sweep: { wokeAt: number } | undefined

  readonly #onLeave: OnLeave
  readonly #running = new Set<HeldPermit>()
  #epoch = 0
  /** Permits of this epoch, in use or not. */
  #held = 0
  #inUse = 0
  /** Most that were in use since the last sweep. */
  #peak = 0
  #share = Number.POSITIVE_INFINITY
  /** What the object counts for this isolate, as far as known; infinite after a lost request. */
  #counted = 0
  #seq = 0
  /** Calls refused from memory since the last request. */
  #refused = 0
  #beatAt = 0

  constructor(name: string, caller: string, { limit, generation }: ReservedConcurrency, onLeave: OnLeave) {
    this.name = name
    this.caller = caller
    this.limit = limit
    this.generation = generation
    this.#onLeave = onLeave
  }

  /** Nothing is held, nobody waits and nobody is being asked. */
  get idle(): boolean {
    return this.#held === 0 && this.#running.size === 0 && this.queue.length === 0 && !this.flight
  }

  get anyInUse(): boolean {
    return this.#running.size > 0
  }

  get anyUnused(): boolean {
    return this.#held > this.#inUse
  }

  /** More permits are in hand than others leave to this isolate, or the object counts more than it has. */
  get owes(): boolean {
    return this.#kept < this.#held + this.#lost || this.#counted > this.#held + this.#lost
  }

  /** Takes a newer pointer's limit. When that is lower, nothing is used again before the object was asked. */
  learn({ limit, generation }: ReservedConcurrency): void {
    if (generation <= this.generation) return
    this.generation = generation
    if (limit < this.limit) this.#useNoMore()
    this.limit = limit
    this.refusal = undefined
  }

  /** A permit from memory. */
  take(now: number): HeldPermit | undefined {
    this.beat(now)
    if (this.#held === this.#inUse) return undefined
    const permit = new HeldPermit(this, this.#epoch)
    this.#running.add(permit)
    this.#inUse += 1
    if (this.#inUse > this.#peak) this.#peak = this.#inUse
    return permit
  }

  refuse(): 'throttled' | 'unreachable' | undefined {
    this.#refused += 1
    return this.refusal?.reason
  }

  left(permit: HeldPermit): void {
    if (!this.#running.delete(permit)) return
    let isWanted = false
    if (permit.epoch === this.#epoch) {
      this.#inUse -= 1
      isWanted = this.#held > this.#share
      if (isWanted) this.#giveUp(1)
    }
    this.#onLeave(this, isWanted)
  }

  /** Whether a call's permit is still good. */
  holds(permit: HeldPermit): boolean {
    return permit.epoch === this.#epoch
  }

  /**
   * To be called often: notices the deadline, and once a second marks all running calls; those that live unmark
   * themselves when they wake.
   */
  beat(now: number): void {
    if (now >= this.deadline && this.#held > 0) this.expire()
    if (now < this.#beatAt) return
    this.#beatAt = now + WAKE_MS
    for (const permit of this.#running) {
      permit.missed += 1
      if (permit.missed > MOST_MISSED) permit.takeBack()
    }
  }

  /** All permits are lost. Their calls notice when they wake, each in its own request. */
  expire(): void {
    this.#epoch += 1
    this.#held = 0
    this.#inUse = 0
    this.#peak = 0
    this.deadline = Number.NEGATIVE_INFINITY
    this.renewAt = Number.POSITIVE_INFINITY
  }

  /** Gives up what was not used since the last sweep; `owes` tells whether there was any. */
  trim(): void {
    this.#giveUp(this.#held - Math.max(this.#inUse, Math.min(this.#held, this.#peak)))
    this.#peak = this.#inUse
  }

  /** Gives up all permits that no call uses. */
  dropUnused(): void {
    this.#giveUp(this.#held - this.#inUse)
  }

  /** Makes the next request. Permits beyond what it keeps are given up with it. */
  ask(now: number): PermitRequest {
    this.#held = this.#kept - this.#lost
    const fresh = this.queue.filter(waiter => !waiter.gone)
    this.#seq += 1
    for (const waiter of fresh) waiter.seq = this.#seq
    const keep = this.#kept
    const waiting = fresh.length
    const request = {
      protocol: PERMIT_PROTOCOL,
      caller: this.caller,
      seq: this.#seq,
      limit: this.limit,
      generation: this.generation,
      keep,
      waiting,
      spare: waiting === 0 ? 0 : Math.floor((this.#inUse + waiting) / 2),
      demand: Math.min(keep + waiting + this.#refused, Math.max(keep, this.limit)),
    }
    this.#refused = 0
    this.flight = { request, sentAt: now, epoch: this.#epoch, lost: this.#lost, givenUp: 0 }
    return request
  }

  /** The answer, unless another request has been sent meanwhile: then the object's count is that one's. */
  adopt(reply: PermitReply, now: number): void {
    const { flight } = this
    if (flight?.request.seq !== reply.seq) return
    this.flight = undefined
    this.#counted = reply.permits
    if (now >= this.deadline) this.expire()
    // What it kept is gone if it ended meanwhile; the object counts it as long as the calls go on.
    const lost = this.#epoch === flight.epoch ? flight.lost : flight.request.keep
    const givenUp = this.#epoch === flight.epoch ? flight.givenUp : 0
    const usable = Math.max(0, reply.permits - lost - givenUp)
    const deadline = flight.sentAt + reply.lifeMs
    if (now >= deadline) return
    if (usable < this.#inUse) {
      this.expire()
      return
    }
    this.#held = usable
    this.deadline = deadline
    this.renewAt = flight.sentAt + reply.renewMs
    this.idleMs = reply.idleMs
    this.#share = reply.share ?? Number.POSITIVE_INFINITY
    if (this.limit < flight.request.limit) this.#useNoMore()
  }

  /** Nobody knows what the object made of the request. */
  requestLost(seq: number): void {
    if (this.flight?.request.seq !== seq) return
    this.flight = undefined
    this.#counted = Number.POSITIVE_INFINITY
  }

  /** Running calls go on; no other one begins before the object was asked. */
  #useNoMore(): void {
    this.#share = 0
    this.dropUnused()
  }

  #giveUp(permits: number): void {
    this.#held -= permits
    if (this.flight?.epoch === this.#epoch) this.flight.givenUp += permits
  }

  /** Calls that have not ended although their permit is lost. */
  get #lost(): number {
    return this.#running.size - this.#inUse
  }

  get #kept(): number {
    return this.#lost + Math.max(this.#inUse, Math.min(this.#held, this.#share))
  }
}
