import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import {
  AccountBudget as Budget,
  type BudgetInForce,
  type ReservationReply,
  type ReservationRequest,
  type ReservationRow,
} from '../src/metering/money/account-budget.ts'
import type { Spending } from '../src/metering/money/control/publish-account-budget.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS reservations (
    month TEXT NOT NULL, holder TEXT NOT NULL, meter TEXT NOT NULL, rev INTEGER NOT NULL, reserved TEXT NOT NULL,
    PRIMARY KEY (month, holder)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO facts VALUES ('schema', '1');`

/** Keys that are asked at once to give back what they have not spent. */
const SIDE_BY_SIDE = 6
const MOST_ASKED = 500
const MOST_ASKED_FOR_ONE = 24

/**
 * What one account may spend in a month, and what its keys have reserved of it. Its name is `budgets/{account}`. What is
 * saved is on disk before the answer leaves, for an object's output waits for its writes.
 */
export class AccountBudget extends DurableObject<Env> {
  #budget: Budget

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#budget = this.#load()
  }

  /** A key's object reserves. When nothing is left for it, others are asked for what they have not spent. */
  async reserve(request: ReservationRequest): Promise<ReservationReply> {
    const reply = this.#reserve(request)
    if (reply.reserved === null || BigInt(reply.reserved) >= BigInt(request.needed)) return reply
    const { month, holder } = request
    const holders = this.#budget.holders(month, holder).slice(0, MOST_ASKED_FOR_ONE)
    if (holders.length === 0) return reply
    await this.#askBack(holders)
    return this.#reserve({ ...request, rev: reply.rev, holds: reply.reserved })
  }

  #reserve(request: ReservationRequest): ReservationReply {
    const reply = this.#budget.reserve(request)
    this.#save()
    return reply
  }

  /**
   * What the control plane has published, and what keys had spent of the month when it did. When less than is reserved
   * remains, keys give back what they have not spent before this returns.
   */
  async configure(inForce: BudgetInForce, month: string, spendings: readonly Spending[]): Promise<void> {
    this.#budget.seed(month, spendings)
    if (this.#budget.configure(inForce))
      this.ctx.storage.sql.exec("INSERT OR REPLACE INTO facts VALUES ('budget', ?)", JSON.stringify(inForce))
    this.#save()
    if (this.#budget.isOverdrawn(month)) await this.#askBack(this.#budget.holders(month).slice(0, MOST_ASKED))
  }

  /** Nanos reserved in a month. */
  reservedIn(month: string): string {
    return String(this.#budget.reservedIn(month))
  }

  /** Forgets everything; only when the account's content is forgotten. */
  async forget(): Promise<void> {
    await this.ctx.storage.deleteAll()
    this.#budget = this.#load()
  }

  async #askBack(holders: readonly ReservationRow[]): Promise<void> {
    const waiting = holders.toReversed()
    const worker = async () => {
      for (let row = waiting.pop(); row; row = waiting.pop()) await this.#askOne(row)
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  }

  /** One that cannot be asked keeps what it has reserved: it counts as spent. */
  async #askOne({ month, holder, meter, rev }: ReservationRow): Promise<void> {
    try {
      const spent = await this.env.KEY_METER.getByName(meter).surrenderBudget(month, holder, rev)
      if (spent === undefined) return
      this.#budget.surrendered(month, holder, rev, spent)
      this.#save()
    } catch (error) {
      console.warn(`${meter} gave nothing back of the account's budget`, error)
    }
  }

  #load(): Budget {
    const { sql } = this.ctx.storage
    sql.exec(SCHEMA)
    const found = sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = 'budget'").toArray().at(0)
    const rows = sql.exec<{ [Column in keyof ReservationRow]: ReservationRow[Column] }>(
      'SELECT month, holder, meter, rev, reserved FROM reservations',
    )
    return new Budget(found && (JSON.parse(found.value) as BudgetInForce), rows.toArray())
  }

  #save(): void {
    const { sql } = this.ctx.storage
    const { rows, forgotten } = this.#budget.takeSaves()
    for (const { month, holder, meter, rev, reserved } of rows)
      sql.exec(
        'INSERT OR REPLACE INTO reservations VALUES (?, ?, ?, ?, ?)',
        month,
        holder,
        meter,
        rev,
        reserved,
      )
    for (const month of forgotten) sql.exec('DELETE FROM reservations WHERE month = ?', month)
  }
}
