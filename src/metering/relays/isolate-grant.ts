import type { LeaseReply, LeaseReturn } from '../lease-protocol.ts'
import type { Part, RelaySlot } from './relay-slot.ts'
import type { RootGrant } from './root-grant.ts'

/** Tokens of one of the root's leases that an isolate may spend. */
export interface Lent {
  readonly from: RootGrant
  readonly tokens: number
}

/** What a relay answered an isolate, and from what; what of it was not used flows back there. */
export class IsolateGrant {
  readonly reply: LeaseReply
  readonly forgetAt: number
  readonly #slot: RelaySlot | undefined
  readonly #parts: readonly Part[]
  readonly #lent: Lent | undefined
  #spent = 0
  #leasedBack = 0
  #decidedBack = 0
  #done = false

  /** `slot`: undefined where nothing was granted, and nothing will be. */
  constructor(
    reply: LeaseReply,
    forgetAt: number,
    slot?: RelaySlot,
    parts: readonly Part[] = [],
    lent?: Lent,
  ) {
    this.reply = reply
    this.forgetAt = forgetAt
    this.#slot = slot
    this.#parts = parts
    this.#lent = lent
  }

  /** Returns what of the root's grants has changed by it so that the root is to hear of it. */
  takeBack({ grantedAt, leased, spent = 0, decided, done }: LeaseReturn): RootGrant[] {
    if (grantedAt !== undefined && grantedAt !== this.reply.grantedAt) return []
    return [...this.#takeBackLent(leased, spent, done), ...this.#takeBackDecided(decided)]
  }

  #takeBackLent(leased: number, spent: number, done: boolean): RootGrant[] {
    const lent = this.#lent
    if (!lent || this.#done) return []
    const room = () => lent.tokens - this.#leasedBack - this.#spent
    const unspent = Math.max(0, Math.min(leased - this.#leasedBack, room()))
    this.#leasedBack += unspent
    const spentNow = done ? room() : Math.max(0, Math.min(spent - this.#spent, room()))
    this.#spent += spentNow
    this.#done = done
    this.#slot?.demand.note(-unspent)
    lent.from.lentWere(spentNow, unspent, done)
    return lent.from.isOver ? [lent.from] : []
  }

  #takeBackDecided(decided: number): RootGrant[] {
    const unused = Math.min(decided, this.reply.admitted)
    const changed: RootGrant[] = []
    let before = 0
    for (const { from, requests } of this.#parts) {
      const here = Math.min(unused, before + requests) - Math.max(this.#decidedBack, before)
      before += requests
      if (here <= 0) continue
      from.admittedForNobody(here)
      changed.push(from)
    }
    this.#decidedBack = Math.max(this.#decidedBack, unused)
    return changed
  }
}
