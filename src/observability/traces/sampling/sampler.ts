import type { Account } from '../../../lib/account.ts'
import type { FlushCycle } from '../../../lib/flush-cycle.ts'
import { keepLatest } from '../../../lib/keep-latest.ts'
import { REPORT_MS, type SamplingStatistics, type SamplingTarget } from './quotas.ts'
import { DEFAULT_RULE, ruleFor, type SamplingRequest, type SamplingRule } from './sampling-rule.ts'

/** An account's rules, in their order, and what of the reservoirs is for whoever asked. */
export interface SamplingAnswer {
  readonly rules: readonly SamplingRule[]
  readonly targets: readonly SamplingTarget[]
}

export interface SamplerOptions {
  readonly cycle: FlushCycle
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly newId: () => string
  /** Asks the object that keeps the account's traces. */
  readonly report: (
    account: Account,
    client: string,
    statistics: readonly SamplingStatistics[],
  ) => Promise<SamplingAnswer>
}

interface RuleState {
  requests: number
  sampled: number
  borrowed: number
  quota: number
  until: number
  /** The second in which `taken` of the quota were. */
  second: number
  taken: number
}

interface AccountState {
  readonly account: Account
  rules: readonly SamplingRule[]
  readonly states: Map<string, RuleState>
  /** Epoch milliseconds. */
  asked: number
}

/** Accounts whose rules are remembered. */
const MOST_ACCOUNTS = 1_000

/**
 * Decides which requests are traced that have come with no trace. An isolate learns an account's rules in the background:
 * the first requests are decided by the default rule, as X-Ray's own SDKs do it.
 */
export class Sampler {
  readonly #options: SamplerOptions
  readonly #client: string
  readonly #accounts = new Map<string, AccountState>()

  constructor(options: SamplerOptions) {
    this.#options = options
    this.#client = options.newId().replaceAll('-', '').slice(0, 24)
    options.cycle.join(() => this.#report())
  }

  /** @param now epoch milliseconds */
  decide(account: Account, request: SamplingRequest, now: number): boolean {
    const known = this.#accountOf(account)
    const rule = ruleFor(known.rules, request)
    const state = stateOf(known, rule)
    state.requests += 1
    this.#options.cycle.wanted(now)
    const isSampled = this.#draw(rule, state, now)
    if (isSampled) state.sampled += 1
    return isSampled
  }

  forget(): void {
    this.#accounts.clear()
  }

  #draw(rule: SamplingRule, state: RuleState, now: number): boolean {
    const second = Math.floor(now / 1000)
    if (state.second !== second) {
      state.second = second
      state.taken = 0
    }
    if (now < state.until) {
      if (state.taken < state.quota) {
        state.taken += 1
        return true
      }
    } else if (rule.reservoir > 0 && state.taken === 0) {
      // "borrows one request a second until a quota is assigned"
      state.taken = 1
      state.borrowed += 1
      return true
    }
    return this.#options.random() < rule.fixedRate
  }

  #accountOf(account: Account): AccountState {
    const name = `${account.id}/${account.region}`
    let known = this.#accounts.get(name)
    if (!known) {
      known = { account, rules: [DEFAULT_RULE], states: new Map(), asked: Number.NEGATIVE_INFINITY }
      keepLatest(this.#accounts, name, known, MOST_ACCOUNTS)
    }
    return known
  }

  async #report(): Promise<void> {
    const now = this.#options.cycle.now()
    await Promise.all([...this.#accounts.values()].map(known => this.#reportOf(known, now)))
  }

  async #reportOf(known: AccountState, now: number): Promise<void> {
    if (Math.abs(now - known.asked) < REPORT_MS) return
    const statistics = [...known.states].flatMap(([rule, { requests, sampled, borrowed }]) =>
      requests > 0 ? [{ rule, requests, sampled, borrowed }] : [],
    )
    if (statistics.length === 0) return
    known.asked = now
    try {
      const { rules, targets } = await this.#options.report(known.account, this.#client, statistics)
      known.rules = rules
      for (const { rule, requests, sampled, borrowed } of statistics) {
        const state = known.states.get(rule)!
        state.requests -= requests
        state.sampled -= sampled
        state.borrowed -= borrowed
      }
      for (const name of known.states.keys()) {
        if (!rules.some(rule => rule.name === name)) known.states.delete(name)
      }
      for (const { rule, quota, until } of targets) {
        const state = known.states.get(rule)
        if (state) Object.assign(state, { quota, until })
      }
    } catch (error) {
      console.warn('sampling rules could not be asked for; those that are known go on', error)
    }
  }
}

function stateOf({ states }: AccountState, { name }: SamplingRule): RuleState {
  let state = states.get(name)
  if (!state) {
    state = { requests: 0, sampled: 0, borrowed: 0, quota: 0, until: 0, second: 0, taken: 0 }
    states.set(name, state)
  }
  return state
}
