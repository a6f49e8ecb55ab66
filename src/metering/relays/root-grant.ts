import type { LeaseReply, LeaseReturn } from '../lease-protocol.ts'

/**
 * What a relay got from the root by one call, and what became of it. A leased token is free, or decided here, or lent
 * to an isolate; in the end each is either spent or unspent, and the root is told of both.
 */
export class RootGrant {
  readonly reply: LeaseReply
  /** By the relay's clock, counted from the sending of its call: at this time and later nothing is spent or lent. */
  readonly deadline: number
  free: number
  #spent = 0
  #unspent = 0
  #unused = 0
  /** Leases lent to isolates that have not said that they are done. */
  #lent = 0
  #over: boolean

  constructor(reply: LeaseReply, deadline: number) {
    this.reply = reply
    this.deadline = deadline
    this.free = reply.lease?.tokens ?? 0
    this.#over = !reply.lease
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Decides requests by free tokens, here and now. */
  decide(requests: number): void {
    this.free -= requests
    this.#spent += requests
  }

  lend(tokens: number): void {
    this.free -= tokens
    this.#lent += 1
  }

  /** Tokens of a lent lease that its isolate has spent, and such that it gives back. */
  lentWere(spent: number, unspent: number, done: boolean): void {
    this.#spent += spent
    if (this.#over) this.#unspent += unspent
    else this.free += unspent
    if (done) this.#lent -= 1
  }

  /** Requests that the root or this relay admitted and that nobody waited for any more. */
  admittedForNobody(requests: number): void {
    this.#unused += requests
  }

  /** Nothing of it is spent or lent from now on. */
  end(): void {
    this.#unspent += this.free
    this.free = 0
    this.#over = true
  }

  /** What the root is told: totals. It is done when every lent lease is: before that an isolate may still spend. */
  get returned(): LeaseReturn {
    return {
      id: this.reply.id,
      grantedAt: this.reply.grantedAt,
      leased: this.#unspent,
      spent: this.#spent,
      decided: this.#unused,
      done: this.#over && this.#lent === 0,
    }
  }
}
