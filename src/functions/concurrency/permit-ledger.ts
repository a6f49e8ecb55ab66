import { CallerCount } from '../../lib/caller-count.ts'
import { ObjectClock } from '../../lib/object-clock.ts'
import { fairShare } from './fair-share.ts'
import {
  PERMIT_PROTOCOL,
  PERMITS,
  type PermitReply,
  type PermitRequest,
  TICKS_TO_LET_GO,
} from './permit-protocol.ts'

/** What the object has on disk. */
export interface SavedLedger {
  /** Of the pointer that set the limit; -1 before any. */
  readonly generation: number
  /** Null: the function has no reserved concurrency any more. */
  readonly limit: number | null
  /** At most so many permits are out until another row is written. */
  readonly out: number
}

/** One isolate. */
interface Caller {
  readonly id: string
  seq: number
  /** Permits that count as its. */
  permits: number
  demand: number
  askedAt: number
  /** Ticks since its last request. */
  ticks: number
  /** To its last request; undefined while that is parked. */
  reply: PermitReply | undefined
}

/** A request that waits for permits to come back. */
interface Parked {
  readonly caller: Caller
  readonly request: PermitRequest
}

/** What became of a parked request. */
interface LateReply {
  readonly caller: string
  readonly reply: PermitReply
}

/** How long the demand of a caller without permits is taken for current. */
const DEMAND_MEMORY_MS = 1_000
/** Requests that wait in the object at the same time; further ones are refused at once. */
const MOST_PARKED = 500
const NO_RECORD: SavedLedger = { generation: -1, limit: null, out: 0 }

/**
 * The permits of one function with reserved concurrency: the pure core of the ConcurrencyMeter object. Methods take
 * the machine's clock (epoch milliseconds) and return at once. What they decided is then in {@link takeSave}, to be
 * on disk before any answer leaves, and in {@link takeReplies}.
 *
 * The clock decides nothing that the ceiling rests on: permits are let go of by ticks.
 */
export class PermitLedger {
  readonly #clock: ObjectClock
  readonly #load = new CallerCount()
  readonly #callers = new Map<string, Caller>()
  #saved: SavedLedger
  #generation: number
  #limit: number
  /** Sum of all callers' permits. */
  #granted = 0
  /** Permits of a life before this one: nobody knows whose, so they count until the last of them has ended. */
  #before: number
  #beforeTicks = 0
  #parked: Parked[] = []
  #replies: LateReply[] = []

  constructor(saved: SavedLedger = NO_RECORD, raw = 0) {
    this.#clock = new ObjectClock(raw, 0)
    this.#saved = saved
    this.#generation = saved.generation
    this.#limit = saved.limit ?? Number.POSITIVE_INFINITY
    this.#before = saved.out
  }

  /** Permits that count as out. */
  get out(): number {
    return this.#before + this.#granted
  }

  /**
   * More cannot be out. After a restart permits that callers have told of count twice, for they are some of those from
   * before; new ones were given only where all of them together were below the limit.
   */
  get #mostOut(): number {
    return this.#before === 0 ? this.#granted : Math.min(this.out, Math.max(this.#limit, this.#before))
  }

  /** Takes a newer limit (null: none); an older one changes nothing. */
  configure(generation: number, limit: number | null): void {
    if (generation <= this.#generation) return
    this.#generation = generation
    this.#limit = limit ?? Number.POSITIVE_INFINITY
    this.#serveParked()
  }

  /** Undefined: the request waits here; its answer will be in {@link takeReplies}, at the latest after `giveUp`. */
  lease(request: PermitRequest, raw: number): PermitReply | undefined {
    this.#clock.advance(raw)
    this.configure(request.generation, request.limit)
    const caller = this.#callerOf(request.caller)
    // A doubled request gets the answer of the first. One that was overtaken is void: its sender has moved on.
    if (request.seq === caller.seq) return caller.reply
    if (request.seq < caller.seq) return this.#answer(request, 0)
    this.#load.note(request.caller, this.#clock.now)
    this.#unpark(caller)

    // After a restart callers tell what they have, and that is true: see "Crashes" in the design.
    const kept = this.#before > 0 ? request.keep : Math.min(request.keep, caller.permits)
    this.#granted += kept - caller.permits
    caller.permits = kept
    caller.seq = request.seq
    caller.demand = request.demand
    caller.askedAt = this.#clock.now
    caller.ticks = 0
    caller.reply = undefined
    this.#serveParked()

    const granted = this.#grant(caller, request)
    if (granted === 0 && request.waiting > 0 && this.#limit > 0 && this.#parked.length < MOST_PARKED) {
      this.#parked.push({ caller, request })
      return undefined
    }
    caller.reply = this.#answer(request, caller.permits)
    return caller.reply
  }

  /** A parked request has waited for long enough. */
  giveUp(callerId: string, seq: number): void {
    const caller = this.#callers.get(callerId)
    if (caller?.seq === seq) this.#unpark(caller)
  }

  /**
   * To be called by a timer, at least `TICK_MS` of real time after the tick before it and after the first grant, as
   * long as it returns true. Afterwards nothing is out, the disk says so, and the object may be evicted without loss.
   */
  tick(raw: number): boolean {
    this.#clock.advance(raw)
    if (this.#before > 0) {
      this.#beforeTicks += 1
      if (this.#beforeTicks >= TICKS_TO_LET_GO) this.#before = 0
    }
    for (const caller of this.#callers.values()) {
      caller.ticks += 1
      if (caller.ticks < TICKS_TO_LET_GO) continue
      this.#granted -= caller.permits
      this.#callers.delete(caller.id)
    }
    this.#serveParked()
    if (this.#before === 0) {
      const block = blockOf(this.#granted, this.#limit)
      if (block < this.#saved.out) this.#save(block)
    }
    return this.out > 0
  }

  /** What has to be on disk before anybody learns of what was decided since the last call. */
  takeSave(): SavedLedger | undefined {
    const { generation, out } = this.#saved
    if (this.#mostOut > out || this.#generation !== generation)
      this.#save(Math.max(out, blockOf(this.#mostOut, this.#limit)))
    const save = this.#unsaved
    this.#unsaved = undefined
    return save
  }

  takeReplies(): LateReply[] {
    const replies = this.#replies
    if (replies.length > 0) this.#replies = []
    return replies
  }

  #unsaved: SavedLedger | undefined

  #save(out: number): void {
    const limit = this.#limit === Number.POSITIVE_INFINITY ? null : this.#limit
    this.#saved = { generation: this.#generation, limit, out }
    this.#unsaved = this.#saved
  }

  #callerOf(id: string): Caller {
    let caller = this.#callers.get(id)
    if (!caller) {
      caller = { id, seq: -1, permits: 0, demand: 0, askedAt: 0, ticks: 0, reply: undefined }
      this.#callers.set(id, caller)
    }
    return caller
  }

  /** Gives as many permits as there are for the waiting calls, and some to spare where there are plenty. */
  #grant(caller: Caller, { waiting, spare }: PermitRequest): number {
    const free = this.#limit - this.out
    if (free <= 0) return 0
    const share = this.#share()
    const most = share === null ? Number.POSITIVE_INFINITY : Math.ceil(share) - caller.permits
    const needed = Math.min(waiting, free, Math.max(0, most))
    const plenty = share === null ? Math.max(0, Math.floor(free - needed - this.#limit / 2)) : 0
    const granted = needed + (this.#limit === Number.POSITIVE_INFINITY ? spare : Math.min(spare, plenty))
    caller.permits += granted
    this.#granted += granted
    return granted
  }

  /** Those who wait get what has come back, in the order in which they came. */
  #serveParked(): void {
    if (this.#parked.length === 0) return
    this.#parked = this.#parked.filter(parked => {
      const { caller, request } = parked
      if (this.#limit > 0 && this.#grant(caller, request) === 0) return true
      this.#answerLate(parked)
      return false
    })
  }

  #unpark(caller: Caller): void {
    const index = this.#parked.findIndex(parked => parked.caller === caller)
    if (index < 0) return
    const [parked] = this.#parked.splice(index, 1)
    this.#answerLate(parked!)
  }

  #answerLate({ caller, request }: Parked): void {
    caller.reply = this.#answer(request, caller.permits)
    this.#replies.push({ caller: caller.id, reply: caller.reply })
  }

  #answer({ seq }: PermitRequest, permits: number): PermitReply {
    const share = this.#share()
    const scarce = this.#limit - this.out < Math.max(1, this.#limit / 4)
    const pause = this.#load.fairIntervalMs
    return {
      protocol: PERMIT_PROTOCOL,
      seq,
      permits,
      lifeMs: PERMITS.life,
      share: share === null ? null : Math.floor(share),
      // What is given back after a restart helps nobody before it is over.
      idleMs: scarce && this.#before === 0 ? PERMITS.scarceIdle : PERMITS.idle,
      renewMs: scarce ? Math.min(PERMITS.renewal, Math.max(PERMITS.scarceRenewal, pause)) : PERMITS.renewal,
      retryMs: Math.max(PERMITS.refusalMemory, pause),
    }
  }

  /** Null while there is enough for everybody. */
  #share(): number | null {
    // The limit was lowered: whatever comes free is given up, until fewer calls run than it allows.
    if (Math.max(this.#before, this.#granted) > this.#limit) return 0
    const recent = this.#clock.now - DEMAND_MEMORY_MS
    const demands: number[] = []
    let sum = 0
    for (const { permits, demand, askedAt } of this.#callers.values()) {
      const current = askedAt >= recent ? Math.max(demand, permits) : permits
      if (current === 0) continue
      sum += current
      demands.push(current)
    }
    return sum <= this.#limit ? null : fairShare(demands, this.#limit)
  }
}

/** Blocks, so that demand that goes up and down does not write a row each time. */
function blockOf(permits: number, limit: number): number {
  if (permits === 0) return 0
  return Math.min(2 ** Math.ceil(Math.log2(permits)), Math.max(limit, permits))
}
