import { ALL, LEASE, type LeaseReturn } from '../lease-protocol.ts'
import type { RootGrant } from './root-grant.ts'

/** What is owed to the root and no call takes along is given back by a call of its own. */
const GIVE_BACK_AFTER_MS = 200

interface Debt {
  readonly id: string
  /** Undefined: a call without an answer, of which nothing is used whatever it was granted. */
  readonly grant: RootGrant | undefined
  /** By then the root has forgotten what it is about. */
  readonly lapsesAt: number
}

/** What the root has not been told of: grants whose totals have changed, and calls without an answer. */
export class RootDebts {
  readonly #owed = new Map<string, Debt>()
  /** By the id of the call that is on its way with them. */
  readonly #told = new Map<string, readonly Debt[]>()
  #since = Number.POSITIVE_INFINITY

  /** When a call of its own is due; Infinity: nothing is owed. */
  get dueAt(): number {
    return this.#since + GIVE_BACK_AFTER_MS
  }

  /** Nothing is owed, and no call is on its way that may have to be made up for. */
  isNone(now: number): boolean {
    this.#dropLapsed(now)
    return this.#owed.size + this.#told.size === 0
  }

  owe(grant: RootGrant, now: number): void {
    this.#add(debtOf(grant), now)
  }

  /** Of the call, sent at `sentAt`, nobody knows whether it arrived: what it told is said again, and no harm done. */
  lost(call: string, sentAt: number, asked: boolean, now: number): void {
    for (const debt of this.#told.get(call) ?? []) this.#add(debt, now)
    this.#told.delete(call)
    const lapsesAt = sentAt + LEASE.longestLife + LEASE.memory
    if (asked) this.#add({ id: call, grant: undefined, lapsesAt }, now)
  }

  arrived(call: string): void {
    this.#told.delete(call)
  }

  /** What a call tells: all of it, and of live leases how much is spent, which lets the root's bucket fill the sooner. */
  tell(call: string, live: readonly RootGrant[], now: number): LeaseReturn[] {
    this.#dropLapsed(now)
    for (const lease of live) this.#owed.set(lease.reply.id, debtOf(lease))
    const debts = [...this.#owed.values()]
    this.#owed.clear()
    this.#since = Number.POSITIVE_INFINITY
    this.#told.set(call, debts)
    return debts.map(({ id, grant }) => grant?.returned ?? { id, leased: ALL, decided: ALL, done: true })
  }

  #add(debt: Debt, now: number): void {
    this.#owed.set(debt.id, debt)
    this.#since = Math.min(this.#since, now)
  }

  #dropLapsed(now: number): void {
    for (const [id, { lapsesAt }] of this.#owed) if (now >= lapsesAt) this.#owed.delete(id)
    if (this.#owed.size === 0) this.#since = Number.POSITIVE_INFINITY
  }
}

const debtOf = (grant: RootGrant): Debt => ({
  id: grant.reply.id,
  grant,
  lapsesAt: grant.deadline + LEASE.memory,
})
