import type { Ceiling } from '../ceiling.ts'
import type { ReservationReply, ReservationRequest } from './account-budget.ts'
import type { Nanos } from './amount.ts'
import type { KeyMoney } from './budget.ts'
import { KeySpend, type UsageByDay } from './key-spend.ts'

/** What a key may spend of its account's budget in a month, as it was written down. */
export interface Reserved {
  readonly holder: string
  readonly month: string
  /** Of the reply that said so; absent when none did. */
  readonly rev?: number
  /** Nanos, in decimal digits; null: as much as it likes. */
  readonly amount: string | null
  readonly answer: ReservationReply['answer']
}

export interface KeyBudgetsOptions {
  /** What the object has counted of its key. */
  readonly usage: UsageByDay
  /** Asks the account's budget. */
  readonly call: (request: ReservationRequest) => Promise<ReservationReply>
  /** Writes down what may be spent, before anything is said to anybody that depends on it. */
  readonly save: (reserved: Reserved) => void
}

/** Whose budgets they are, and what is known of its money. */
export interface KeyOfBudgets {
  /** `{region}/{key's id}` */
  readonly holder: string
  /** Name of the key's object. */
  readonly meter: string
  readonly money: KeyMoney | undefined
}

/** A reservation is for what the key spends in so long, milliseconds, and for so many requests at the least. */
const AHEAD_MS = 60_000
const AHEAD_REQUESTS = 16

/** Who was refused money asks again so much later, milliseconds: a raised budget is noticed within it. */
const ASK_AGAIN_MS = 1000

/**
 * A key's own budget and its account's, as ceilings on the requests of each of its plans. The key's is a matter of
 * counting; of the account's it spends only what it has reserved, so that the sum over all keys stays within it.
 */
export class KeyBudgets {
  readonly #options: KeyBudgetsOptions
  #key: KeyOfBudgets | undefined
  #spend: KeySpend | undefined
  #reserved: Reserved | undefined
  #flight: Promise<void> | undefined
  #askAgainAt = 0
  #pace: { at: number; spent: Nanos; perMs: number } | undefined

  constructor(options: KeyBudgetsOptions, reserved: Reserved | undefined) {
    this.#options = options
    this.#reserved = reserved
  }

  /** What a newer record says. `wall`: the machine's clock, epoch milliseconds, as everywhere here. */
  configure(key: KeyOfBudgets, wall: number): void {
    this.#key = key
    this.#spend = key.money && new KeySpend(key.money, wall)
    this.#askAgainAt = 0
    // What another key with the same value reserved is not this one's; and that there was no limit may be over.
    if (this.#reserved?.holder !== key.holder || this.#reserved.amount === null) this.#reserved = undefined
  }

  /** Ceilings on a plan's requests, as of the record that was told last; none where there is no budget. */
  ceilingsOf(planId: string): Ceiling[] {
    const own = this.#ceiling(wall => this.#spend?.ceilingOf(planId, this.#options.usage, wall))
    const account = this.#ceiling(wall => {
      const limit = this.#limitOf(wall)
      const currency = this.#spend?.accountCurrency
      if (limit === undefined || currency === undefined) return undefined
      const left = this.#spend!.requestsWithin(limit, currency, planId, this.#options.usage, wall)
      return { left, answer: this.#reserved?.answer ?? { status: 402 } }
    })
    const { budget, account: ofAccount } = this.#key?.money ?? {}
    // More is reserved when it is asked for, until the account's budget has said that there is no more.
    const growing = Object.assign(account, { mayGrow: (wall: number) => wall >= this.#askAgainAt })
    return [...(budget ? [own] : []), ...(ofAccount ? [growing] : [])]
  }

  /**
   * Has money reserved for so many requests, if the account has a budget. A promise only when the answer has to be
   * waited for; it rejects when nobody answers, and then nobody may say yes.
   */
  reserveFor(planId: string, requests: number, wall: number): Promise<void> | undefined {
    const currency = this.#spend?.accountCurrency
    if (currency === undefined || requests === 0) return undefined
    const limit = this.#limitOf(wall)
    if (limit === undefined) return undefined
    const { usage } = this.#options
    const spend = this.#spend!
    const spent = spend.spent(currency, usage, wall)
    const needed = spend.spentAfter(requests, currency, planId, usage, wall)
    const lacks = needed > limit
    if (!lacks && limit - needed >= this.#ahead(planId, spent, wall) / 4n) return undefined
    if (needed === spent || wall < this.#askAgainAt) return undefined
    if (!lacks) {
      // It goes on with what it has; whoever lacks money later finds out that nobody answers.
      this.#ask(planId, needed, wall).catch(() => {})
      return undefined
    }
    return this.#askUntil(planId, requests, wall)
  }

  /**
   * Gives up all but what is spent: the account's budget asks, having less than is wanted of it.
   *
   * @param rev of what the budget knows the key to have: answers to earlier calls that still come say nothing any more
   * @returns nanos; undefined when the budget knows less than the key does
   */
  surrender(month: string, holder: string, rev: number, wall: number): string | undefined {
    const currency = this.#spend?.accountCurrency
    if (currency === undefined || this.#key!.holder !== holder) return undefined
    if (this.#spend!.monthAt(wall).name !== month) return undefined
    // Of what it has reserved it may not even know, when the answer was lost.
    const known = this.#reserved?.month === month ? this.#reserved : undefined
    if (rev < (known?.rev ?? 0)) return undefined
    const spent = String(this.#spend!.spent(currency, this.#options.usage, wall))
    this.#keep({ holder, month, rev, amount: spent, answer: known?.answer ?? { status: 402 } })
    return spent
  }

  #ceiling(at: (wall: number) => { left: number; answer: ReservationReply['answer'] } | undefined): Ceiling {
    const endsAt = (wall: number) => this.#spend?.monthAt(wall).end ?? Number.POSITIVE_INFINITY
    let answer: ReservationReply['answer'] | undefined
    return {
      reason: 'budget-exceeded',
      get status() {
        return answer?.status
      },
      get message() {
        return answer?.message
      },
      remaining(wall) {
        const found = at(wall)
        answer = found?.answer
        return found ? found.left : Number.POSITIVE_INFINITY
      },
      endsAt,
    }
  }

  /** What may be spent in the month; undefined: as much as it likes. */
  #limitOf(wall: number): Nanos | undefined {
    const reserved = this.#reserved
    if (!reserved || reserved.month !== this.#spend?.monthAt(wall).name) return 0n
    return reserved.amount === null ? undefined : BigInt(reserved.amount)
  }

  async #askUntil(planId: string, requests: number, wall: number): Promise<void> {
    const { usage } = this.#options
    // Twice: the first answer may only say how things stand.
    for (let tries = 0; tries < 2; tries++) {
      const currency = this.#spend?.accountCurrency
      const limit = this.#limitOf(wall)
      if (currency === undefined || limit === undefined) return
      const needed = this.#spend!.spentAfter(requests, currency, planId, usage, wall)
      if (needed <= limit) return
      await (this.#flight ?? this.#ask(planId, needed, wall))
    }
    const limit = this.#limitOf(wall)
    const currency = this.#spend?.accountCurrency
    if (currency === undefined || limit === undefined) return
    if (this.#spend!.spentAfter(requests, currency, planId, usage, wall) > limit)
      this.#askAgainAt = wall + ASK_AGAIN_MS
  }

  #ask(planId: string, needed: Nanos, wall: number): Promise<void> {
    this.#flight ??= this.#askOnce(planId, needed, wall).finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #askOnce(planId: string, needed: Nanos, wall: number): Promise<void> {
    const currency = this.#spend!.accountCurrency!
    const spent = this.#spend!.spent(currency, this.#options.usage, wall)
    await this.#send({ needed, wanted: needed + this.#ahead(planId, spent, wall), spent, wall })
  }

  async #send({ needed, wanted, spent, wall }: { needed: Nanos; wanted: Nanos; spent: Nanos; wall: number }) {
    const { holder, meter } = this.#key!
    const month = this.#spend!.monthAt(wall).name
    const known = this.#reserved?.month === month ? this.#reserved : undefined
    const amounts = { spent: String(spent), needed: String(needed), wanted: String(wanted) }
    const rev = known?.rev
    const holds = known?.amount ?? '0'
    const request = { month, holder, meter, ...(rev !== undefined && { rev }), holds, ...amounts }
    const reply = await this.#options.call(request)
    // A key that was replaced meanwhile has nothing to do with the answer.
    if (this.#key?.holder !== holder) return
    const now = this.#reserved
    if (now && (now.month > month || (now.month === month && (now.rev ?? 0) > reply.rev))) return
    // An answer that changes nothing must not bring back what was given up since.
    if (now?.month === month && now.rev === reply.rev) return
    this.#keep({ holder, month, rev: reply.rev, amount: reply.reserved, answer: reply.answer })
  }

  #keep(reserved: Reserved): void {
    this.#reserved = reserved
    this.#options.save(reserved)
  }

  /** What is worth having in advance. */
  #ahead(planId: string, spent: Nanos, wall: number): Nanos {
    const currency = this.#spend!.accountCurrency!
    const few = this.#spend!.spentAfter(AHEAD_REQUESTS, currency, planId, this.#options.usage, wall) - spent
    const pace = this.#pace
    if (!pace || spent < pace.spent || wall < pace.at) {
      this.#pace = { at: wall, spent, perMs: 0 }
    } else if (wall - pace.at >= ASK_AGAIN_MS) {
      this.#pace = { at: wall, spent, perMs: Number(spent - pace.spent) / (wall - pace.at) }
    }
    const much = BigInt(Math.ceil((this.#pace?.perMs ?? 0) * AHEAD_MS))
    return much > few ? much : few
  }
}
