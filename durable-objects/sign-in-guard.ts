import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import {
  AddressLedger,
  AttemptLedger,
  type Outcome,
  type SavedAddress,
  type SavedAttempts,
} from '../src/identity/user-pools/sign-in/attempts.ts'

/** How long an attempt waits for others to end. */
const PATIENCE_MS = 5_000

const USER = 'user'
const ADDRESS = 'address'

/** `busy`: others were under way for so long that this one was given up. */
export type Admission = 'go' | 'locked' | 'busy'

/**
 * Who may try a password or a code now: the attempts at one user of a pool, or those from one address at a pool, as
 * the object's name says (`attempts-guard.ts`). Loads, calls the core, saves, answers; what is saved is on disk before
 * the answer leaves, for an object's output waits for its writes.
 */
export class SignInGuard extends DurableObject<Env> {
  #attempts: AttemptLedger | undefined
  #address: AddressLedger | undefined
  #alarmAt: number | undefined
  /** Called when an attempt has ended. */
  readonly #waiting = new Set<() => void>()

  /** An attempt at the user's secret is to begin; `id` is nobody else's. */
  async begin(id: string): Promise<Admission> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const { answer } = this.#ledger().begin(id, Date.now())
      this.#save()
      if (answer !== 'wait') return answer
      if (Date.now() >= deadline || !(await this.#oneEnds(deadline - Date.now()))) return 'busy'
    }
  }

  /** It has ended. Whether nothing that it uses up had been used before; see {@link AttemptLedger.end}. */
  async end(id: string, outcome: Outcome, uses: Readonly<Record<string, number>>): Promise<boolean> {
    const isFresh = this.#ledger().end(id, outcome, uses, Date.now())
    this.#save()
    for (const wake of [...this.#waiting]) wake()
    return isFresh
  }

  /** An attempt is to begin from the address: whether it may. */
  async beginFrom(): Promise<boolean> {
    return this.#addressLedger().begin(Date.now())
  }

  async endFrom(outcome: Outcome): Promise<void> {
    const ledger = this.#addressLedger()
    ledger.end(outcome, Date.now())
    if (outcome !== 'wrong') return
    this.ctx.storage.kv.put(ADDRESS, ledger.save)
    await this.#forgetAt(ledger.forgottenAt)
  }

  /** Nothing that is kept matters any more, unless there was more meanwhile. */
  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    const now = Date.now()
    const until = Math.max(this.#ledger().forgottenAt, this.#addressLedger().forgottenAt)
    if (until > now) return this.#forgetAt(until)
    await this.ctx.storage.deleteAll()
    this.#attempts = undefined
    this.#address = undefined
  }

  #ledger(): AttemptLedger {
    this.#attempts ??= new AttemptLedger(this.ctx.storage.kv.get<SavedAttempts>(USER))
    return this.#attempts
  }

  #addressLedger(): AddressLedger {
    this.#address ??= new AddressLedger(this.ctx.storage.kv.get<SavedAddress>(ADDRESS), Date.now())
    return this.#address
  }

  #save(): void {
    const save = this.#ledger().takeSave()
    if (!save) return
    this.ctx.storage.kv.put(USER, save)
    this.#forgetAt(this.#ledger().forgottenAt)
  }

  /** An alarm that is set for earlier stays, and finds out that it is too early; one for later does no harm. */
  #forgetAt(time: number): Promise<void> | undefined {
    if (time <= Date.now()) return undefined
    if (this.#alarmAt !== undefined && this.#alarmAt <= time) return undefined
    this.#alarmAt = time
    return this.ctx.storage.setAlarm(time)
  }

  /** Whether one ended within the time. */
  #oneEnds(ms: number): Promise<boolean> {
    return new Promise(resolve => {
      const done = (ended: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(ended)
      }
      const wake = () => done(true)
      const timer = setTimeout(() => done(false), ms)
      this.#waiting.add(wake)
    })
  }
}
