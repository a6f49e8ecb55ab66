import { amountOf, type Nanos } from './amount.ts'
import type { Budget } from './budget.ts'
import { answerOf, type Ceiling } from './key-spend.ts'

/** What a key's object asks of its account's budget. Amounts are totals of the month: saying them twice adds nothing. */
export interface ReservationRequest {
  /** `YYYY-MM` */
  readonly month: string
  /** `{region}/{key's id}` */
  readonly holder: string
  /** Name of the key's object: where a reservation is asked back. */
  readonly meter: string
  /**
   * Of the reply that the caller acts by; absent when it knows of none. A call by an older one changes nothing, so that
   * calls may come late, twice and in any order.
   */
  readonly rev?: number
  /** What the caller acts by: it may have given up some of it that nobody knows of yet. Nanos. */
  readonly holds: string
  /** What the key has spent and has leased out this month, nanos. The reservation never falls below it. */
  readonly spent: string
  /** At least so much is needed to go on, and at most so much is useful: totals, nanos. */
  readonly needed: string
  readonly wanted: string
}

export interface ReservationReply {
  readonly rev: number
  /** So much the key may spend this month in all, nanos; null: as much as it likes. */
  readonly reserved: string | null
  readonly answer: Ceiling['answer']
}

/** What is written down of one key's reservation of a month. Amounts are nanos, in decimal digits. */
export interface ReservationRow {
  readonly month: string
  readonly holder: string
  readonly meter: string
  readonly rev: number
  readonly reserved: string
}

/** What the control plane has said last; `budget` null: there is none any more. */
export interface BudgetInForce {
  readonly version: number
  readonly budget: Budget | null
}

/**
 * One reservation is at most this share of what is left, divided among those who reserve: so the last of a budget is
 * handed out in ever smaller parts, and little of it ends up with keys that do not use it.
 */
const SHARE = 2n
/** However many reserve: what they all need at once is less than what a few of them could. */
const MOST_SHARES = 16n

/** Months that are remembered beside the newest one, for clocks that differ. */
const MONTHS_KEPT = 3

/**
 * The budget of an account, of which its keys reserve before they spend: the pure core of the AccountBudget object.
 *
 * The sum of a month's reservations never grows above the budget, and a key never spends more than it has reserved; so
 * the account never does. A reservation is known to be the key's before the key knows of it, and given up by the key
 * before it is taken from it.
 */
export class AccountBudget {
  #inForce: BudgetInForce | undefined
  readonly #months = new Map<string, Map<string, ReservationRow>>()
  readonly #sums = new Map<string, Nanos>()
  #unsaved: ReservationRow[] = []
  /** Reservations that are spent, as their holders have said: row by row, as it was then. */
  readonly #spent = new WeakSet<ReservationRow>()

  constructor(inForce: BudgetInForce | undefined, rows: readonly ReservationRow[]) {
    this.#inForce = inForce
    for (const row of rows) this.#put(row)
    this.#unsaved = []
  }

  get inForce(): BudgetInForce | undefined {
    return this.#inForce
  }

  /** False, and nothing changes, for what is not newer. */
  configure(inForce: BudgetInForce): boolean {
    if (this.#inForce && this.#inForce.version >= inForce.version) return false
    this.#inForce = inForce
    return true
  }

  /** Throws when nobody has said yet what the budget is: then nobody may say yes. */
  reserve(request: ReservationRequest): ReservationReply {
    if (!this.#inForce) throw new Error('the budget of the account is not known yet')
    const { month, holder, meter, rev } = request
    const { budget } = this.#inForce
    const spent = BigInt(request.spent)
    const known = this.#months.get(month)?.get(holder)
    // Whoever knows of no reservation may have called before, and lost the reply: what that call says is void from now on.
    const isCurrent = known !== undefined && rev === known.rev
    if (known && rev !== undefined && !isCurrent) return this.#reply(known, budget)
    // What the caller does not act by it has given up, when asked, whether its answer arrived or not.
    const given = known ? BigInt(known.reserved) : 0n
    const before = isCurrent ? min(given, BigInt(request.holds)) : given
    let reserved = before
    if (BigInt(request.wanted) > before) {
      // What is spent is spent, whether the budget has it or not: then nothing is left for anybody.
      reserved = max(before, spent)
      const room = budget ? amountOf(budget.amount) - this.reservedIn(month) - (reserved - given) : undefined
      reserved += extraOf(request, reserved, room, BigInt(this.#months.get(month)?.size ?? 0))
    }
    const row = { month, holder, meter, rev: (known?.rev ?? 0) + 1, reserved: String(reserved) }
    if (known && isCurrent && reserved === given && reserved === BigInt(request.holds))
      return this.#reply(known, budget)
    this.#put(row)
    return this.#reply(row, budget)
  }

  /** What keys had spent before the budget was there, and have not said themselves. */
  seed(month: string, spendings: ReadonlyArray<{ holder: string; meter: string; spent: string }>): void {
    for (const { holder, meter, spent } of spendings) {
      const known = this.#months.get(month)?.get(holder)
      if (known && BigInt(known.reserved) >= BigInt(spent)) continue
      this.#put({ month, holder, meter, rev: (known?.rev ?? 0) + 1, reserved: spent })
    }
  }

  reservedIn(month: string): Nanos {
    return this.#sums.get(month) ?? 0n
  }

  /** Whether the budget has become less than what is reserved. */
  isOverdrawn(month: string): boolean {
    const budget = this.#inForce?.budget
    return budget ? this.reservedIn(month) > amountOf(budget.amount) : false
  }

  /** Who may have reserved more than it has spent, those with most first: not who has said already that it has not. */
  holders(month: string, except?: string): ReservationRow[] {
    const rows = [...(this.#months.get(month)?.values() ?? [])].filter(
      row => row.reserved !== '0' && row.meter !== '' && row.holder !== except && !this.#spent.has(row),
    )
    return rows.sort((a, b) => (BigInt(a.reserved) < BigInt(b.reserved) ? 1 : -1))
  }

  /**
   * The key has given up all but what it has spent, as of the `rev` that it was asked with. False, and nothing changes,
   * when it has reserved anew meanwhile.
   */
  surrendered(month: string, holder: string, rev: number, spent: string): boolean {
    const known = this.#months.get(month)?.get(holder)
    if (known?.rev !== rev) return false
    if (BigInt(spent) < BigInt(known.reserved)) this.#put({ ...known, rev: rev + 1, reserved: spent })
    this.#spent.add(this.#months.get(month)!.get(holder)!)
    return true
  }

  /** Rows to be on disk before anybody learns of them, and months that nobody asks for any more. */
  takeSaves(): { readonly rows: readonly ReservationRow[]; readonly forgotten: readonly string[] } {
    const rows = this.#unsaved
    this.#unsaved = []
    const forgotten = [...this.#months.keys()].sort().slice(0, -MONTHS_KEPT - 1)
    for (const month of forgotten) {
      this.#months.delete(month)
      this.#sums.delete(month)
    }
    return { rows, forgotten }
  }

  #reply({ rev, reserved }: ReservationRow, budget: Budget | null): ReservationReply {
    return {
      rev,
      reserved: budget ? reserved : null,
      answer: budget ? answerOf(budget) : { status: 402 },
    }
  }

  #put(row: ReservationRow): void {
    let rows = this.#months.get(row.month)
    if (!rows) {
      rows = new Map()
      this.#months.set(row.month, rows)
    }
    const before = BigInt(rows.get(row.holder)?.reserved ?? 0)
    rows.set(row.holder, row)
    this.#sums.set(row.month, this.reservedIn(row.month) + BigInt(row.reserved) - before)
    this.#unsaved.push(row)
  }
}

/** How much more than `reserved` a key gets. */
function extraOf(
  { needed, wanted }: ReservationRequest,
  reserved: Nanos,
  room: Nanos | undefined,
  holders: bigint,
): Nanos {
  const useful = max(BigInt(wanted) - reserved, 0n)
  if (room === undefined) return useful
  if (room <= 0n) return 0n
  const share = room / (SHARE * min(max(holders, 1n), MOST_SHARES))
  const least = max(BigInt(needed) - reserved, 0n)
  return min(room, max(least, min(useful, share)))
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
