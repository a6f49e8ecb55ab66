import type { Admitted } from './decision.ts'
import type { LeaseReply, Left } from './lease-protocol.ts'
import type { MeterMemory } from './meter-memory.ts'
import type { OwedReturns } from './owed-returns.ts'

/** What one call to an object brought, as the isolate uses it up. */
export class Grant {
  readonly id: string
  /** By the object's clock. */
  readonly grantedAt: number
  /** By the isolate's clock: at this time and later nothing of its lease is spent. */
  readonly endsAt: number
  /** Tokens of its lease that are not spent. */
  tokens: number
  /** What the object said was left, where its plan tells its clients. */
  readonly left: Left | undefined
  /** When, or with how many tokens left, the next lease should be asked for. */
  renewAt = Number.POSITIVE_INFINITY
  renewBelow = -1
  readonly #meter: MeterMemory
  readonly #owed: OwedReturns
  readonly #spent: Admitted
  #decidedBack = 0
  #isOver = false

  /** `owed`: to whoever granted it. `sentAt`: of the call, by the isolate's clock. */
  constructor(reply: LeaseReply, meter: MeterMemory, owed: OwedReturns, sentAt: number) {
    this.id = reply.id
    this.grantedAt = reply.grantedAt
    this.tokens = reply.lease?.tokens ?? 0
    this.endsAt = sentAt + Math.min(reply.lease?.lifeMs ?? 0, meter.longestLease)
    this.left = reply.left
    this.#meter = meter
    this.#owed = owed
    this.#spent = this.admits(reply, 'lease')
  }

  /** What every token of the lease says: one object for all of them. */
  get spent(): Admitted {
    return this.#spent
  }

  /** What a request is told that this grant admits. */
  admits(
    { keyId, planId }: Pick<LeaseReply, 'keyId' | 'planId'>,
    by: 'lease' | 'object',
    waitedMs?: number,
  ): Admitted {
    return {
      admitted: true,
      level: this.#meter.level,
      meter: this.#meter.name,
      keyId: keyId!,
      planId: planId!,
      by,
      grantId: this.id,
      grant: this,
      ...(waitedMs !== undefined && { waitedMs }),
    }
  }

  /** A token was taken and not used: it is there for others, or goes back if the lease is over. */
  giveBackToken(): void {
    this.tokens += 1
    if (this.#isOver) this.#owed.leaseEnded(this, this.tokens)
  }

  /** The object admitted so many requests that did not go on. */
  giveBackDecided(requests: number): void {
    this.#decidedBack += requests
    this.#owed.decidedForNobody(this, this.#decidedBack)
  }

  /** Nothing more of the lease is spent; the object learns how much of it was not. */
  end(): void {
    this.#isOver = true
    this.#owed.leaseEnded(this, this.tokens)
  }
}
