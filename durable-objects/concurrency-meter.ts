import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { PermitLedger, type SavedLedger } from '../src/functions/concurrency/permit-ledger.ts'
import {
  PERMIT_PROTOCOL,
  PERMITS,
  type PermitReply,
  type PermitRequest,
  TICK_MS,
} from '../src/functions/concurrency/permit-protocol.ts'
import { objectMark } from '../src/lib/object-marks.ts'

const LEDGER = 'ledger'
const BORN = 'born'

interface Parked {
  readonly promise: Promise<PermitReply>
  readonly resolve: (reply: PermitReply) => void
}

/**
 * The permits of one function with reserved concurrency: loads, calls the core, saves, answers. What is saved is on
 * disk before the answer leaves, for an object's output waits for its writes.
 *
 * Its name is `meterName`. The first caller creates it, not the control plane: it should live near those who call.
 */
export class ConcurrencyMeter extends DurableObject<Env> {
  #ledger: PermitLedger
  #born: boolean
  #isRetired = false
  #ticking = false
  readonly #parked = new Map<string, Parked>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#ledger = new PermitLedger(ctx.storage.kv.get<SavedLedger>(LEDGER), Date.now())
    this.#born = ctx.storage.kv.get<boolean>(BORN) ?? false
    this.#tickLater()
  }

  /** Decides for an isolate: see the permit protocol. */
  async lease(request: PermitRequest): Promise<PermitReply> {
    assertPermitRequest(request)
    if (!this.#born) await this.#bear()
    const reply = this.#ledger.lease(request, Date.now())
    const answer = reply ?? this.#park(request)
    this.#settle()
    return answer
  }

  /** A limit that the control plane has published; ignored unless its pointer is newer than the one in force. */
  configure(generation: number, limit: number | null): void {
    this.#ledger.configure(generation, limit)
    this.#settle()
  }

  /** The function is deleted: no permit is given any more, and nothing is kept once the last call has ended. */
  retire(generation: number): void {
    this.#isRetired = true
    this.configure(generation, 0)
    if (this.#ledger.out === 0) this.forget()
  }

  /** Forgets everything at once. */
  forget(): void {
    this.ctx.storage.deleteAll()
    this.#born = false
    this.#isRetired = false
    this.#ledger = new PermitLedger(undefined, Date.now())
  }

  /**
   * Whoever lowers the limit writes the function's pointer BEFORE it looks for the mark; the mark is written BEFORE
   * the first permit is given. So whoever does not find the mark has no permits to fear, except those that isolates
   * ask for by an older pointer, for two seconds.
   */
  async #bear(): Promise<void> {
    const { name } = this.ctx.id
    if (!name) throw new Error('a concurrency meter is addressed by name')
    await this.env.STORE.put(objectMark(name), '')
    this.ctx.storage.kv.put(BORN, true)
    this.#born = true
  }

  /** Keeps a request that nothing can be given to: a permit may come back meanwhile. */
  #park({ caller, seq }: PermitRequest): Promise<PermitReply> {
    const key = `${caller} ${seq}`
    let parked = this.#parked.get(key)
    if (!parked) {
      parked = Promise.withResolvers<PermitReply>()
      this.#parked.set(key, parked)
      setTimeout(() => {
        this.#ledger.giveUp(caller, seq)
        this.#settle()
      }, PERMITS.park)
    }
    return parked.promise
  }

  #settle(): void {
    const save = this.#ledger.takeSave()
    if (save) this.ctx.storage.kv.put(LEDGER, save)
    for (const { caller, reply } of this.#ledger.takeReplies()) {
      const key = `${caller} ${reply.seq}`
      this.#parked.get(key)?.resolve(reply)
      this.#parked.delete(key)
    }
    this.#tickLater()
  }

  /** A pending timer keeps the object in memory, so it is not evicted while permits are out. */
  #tickLater(): void {
    if (this.#ticking || this.#ledger.out === 0) return
    this.#ticking = true
    setTimeout(() => {
      this.#ticking = false
      const again = this.#ledger.tick(Date.now())
      this.#settle()
      if (!again && this.#isRetired) this.forget()
    }, TICK_MS)
  }
}

/** Callers are our own isolates, perhaps of a neighbouring version of Weir: shapes are checked, not trusted. */
function assertPermitRequest(request: PermitRequest): void {
  const { protocol, caller, seq, limit, generation, keep, waiting, spare, demand } = request
  if (protocol !== PERMIT_PROTOCOL) throw new Error(`permit protocol ${protocol} is not spoken here`)
  const counts = [seq, limit, generation, keep, waiting, spare, demand]
  if (typeof caller !== 'string' || !counts.every(count => Number.isSafeInteger(count) && count >= 0))
    throw new Error('malformed permit request')
}
