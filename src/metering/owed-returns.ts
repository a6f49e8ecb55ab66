import { ALL, type LeaseReply, type LeaseReturn } from './lease-protocol.ts'

/** With an object out of reach for long the oldest are forgotten: it would not remember the grants either. */
const MOST_OWED = 100

/** Of the reply that brought a grant. */
type Granted = Pick<LeaseReply, 'id' | 'grantedAt'>

/** What an isolate has to give back to one object, until a call takes it along. */
export class OwedReturns {
  readonly #owed = new Map<string, LeaseReturn>()

  get size(): number {
    return this.#owed.size
  }

  /** A lease is over, with so many of its tokens unspent. */
  leaseEnded({ id, grantedAt }: Granted, unspent: number): void {
    this.#note({ id, grantedAt, leased: unspent, decided: this.#owed.get(id)?.decided ?? 0, done: true })
  }

  /** So many of the requests that the call admitted were not waiting any more. */
  decidedForNobody({ id, grantedAt }: Granted, requests: number): void {
    const { leased, done } = this.#owed.get(id) ?? { leased: 0, done: false }
    this.#note({ id, grantedAt, leased, decided: requests, done })
  }

  /** Nobody knows what became of the call: whatever it was granted is not used. */
  callLost(id: string): void {
    this.#note({ id, leased: ALL, decided: ALL, done: true })
  }

  /** All of it, to be sent along with a call. */
  take(): LeaseReturn[] {
    const all = [...this.#owed.values()]
    this.#owed.clear()
    return all
  }

  /** The call that took these along was lost: they are said again, which changes nothing if they had arrived. */
  putBack(returns: readonly LeaseReturn[]): void {
    for (const returned of returns) if (!this.#owed.has(returned.id)) this.#note(returned)
  }

  #note(returned: LeaseReturn): void {
    if (this.#owed.size >= MOST_OWED && !this.#owed.has(returned.id))
      this.#owed.delete(this.#owed.keys().next().value!)
    this.#owed.set(returned.id, returned)
  }
}
