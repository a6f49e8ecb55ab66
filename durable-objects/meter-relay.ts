import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { assertLeaseRequest } from '../src/metering/assert-lease-request.ts'
import type { LeaseReply, LeaseRequest } from '../src/metering/lease-protocol.ts'
import { Relay } from '../src/metering/relays/relay.ts'
import { parseRelayName } from '../src/metering/relays/relay-address.ts'

/**
 * Stands between a hot meter's object and the isolates of one place: carries the core's calls to the one and its
 * answers to the others. It writes nothing down, so that what it forgets costs tokens and never too many.
 *
 * Its name is the meter's and where it stands (`relayName`).
 */
export class MeterRelay extends DurableObject<Env> {
  readonly #relay: Relay
  readonly #root: string
  /** By the ids of the isolates' requests. */
  readonly #waiting = new Map<string, PromiseWithResolvers<LeaseReply>>()
  #wakesAt = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const named = parseRelayName(ctx.id.name ?? '')
    if (!named) throw new Error('a relay is addressed by name')
    this.#root = named.meter
    this.#relay = new Relay({ id: crypto.randomUUID(), place: named.address.place })
  }

  /** Decides for an isolate by what the meter's own object has granted: see the lease protocol. */
  lease(request: LeaseRequest): Promise<LeaseReply> {
    assertLeaseRequest(request)
    let waiting = this.#waiting.get(request.id)
    if (!waiting) {
      waiting = Promise.withResolvers()
      this.#waiting.set(request.id, waiting)
    }
    this.#relay.ask(request, Date.now())
    this.#carryOut()
    return waiting.promise
  }

  #carryOut(): void {
    const { calls, replies, failed } = this.#relay.take()
    for (const reply of replies) this.#settle(reply.id, waiting => waiting.resolve(reply))
    for (const id of failed)
      this.#settle(id, waiting => waiting.reject(new Error(`${this.#root} is out of reach`)))
    for (const call of calls) this.ctx.waitUntil(this.#call(call))
    this.#wakeLater()
  }

  #settle(id: string, settle: (waiting: PromiseWithResolvers<LeaseReply>) => void): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (waiting) settle(waiting)
  }

  async #call(request: LeaseRequest): Promise<void> {
    try {
      const reply = await this.env.KEY_METER.getByName(this.#root).lease(request)
      this.#relay.answered(reply, Date.now())
    } catch (error) {
      console.warn('a relay does not reach its meter', error)
      this.#relay.lost(request.id, Date.now())
    }
    this.#carryOut()
  }

  /** A pending timer keeps the object in memory, so it is not evicted before it has given back what it holds. */
  #wakeLater(): void {
    const after = this.#relay.wakeAfterMs
    const at = Date.now() + after
    if (after === Number.POSITIVE_INFINITY || at >= this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = at
    this.#timer = setTimeout(() => {
      this.#wakesAt = Number.POSITIVE_INFINITY
      this.#relay.tick(Date.now())
      this.#carryOut()
    }, after)
  }
}
