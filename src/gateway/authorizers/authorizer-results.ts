import { ByteLru } from '../../lib/byte-lru.ts'
import type { Clock } from '../../lib/clock.ts'
import { SharedLoads } from '../../lib/shared-loads.ts'
import { Overdue } from '../../lib/within.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import type { AuthorizerAnswer } from './read-answer.ts'

/** How asking an authorizer ended: with what it decided, or with why the request ends here. */
export type Outcome = { readonly answer: AuthorizerAnswer } | { readonly refusal: GatewayRefusal }

interface Held {
  readonly answer: AuthorizerAnswer
  /** Epoch milliseconds. */
  readonly until: number
}

/** Bytes for the answers of all authorizers together: a sixteenth of what an isolate has. */
const CAPACITY = 8 * 1024 * 1024

/** Beyond it all are named anew, and what was kept under the old names ages and goes. */
const MOST_SCOPES = 10_000

/** How long a request waits for the call that another one made. An authorizer that takes longer is asked once more. */
const PATIENCE_MS = 5_000

export interface AuthorizerResultsOptions {
  readonly clock: Clock
  /** Lets a call outlive the request that made it: others wait for it too. */
  readonly defer: (work: Promise<unknown>) => void
  /** Bytes. */
  readonly capacity?: number
}

/**
 * What authorizers decided, in this isolate's memory for as long as they allow, so that a warm request asks nobody.
 * Keys hold what callers identified themselves by: they are never written anywhere.
 */
export class AuthorizerResults {
  readonly #held: ByteLru<Held>
  readonly #calls: SharedLoads<Outcome>
  readonly #clock: Clock
  /** Short names of what answers are kept under beside what the caller identified itself by. */
  readonly #scopes = new Map<string, string>()
  #scopesMade = 0

  constructor({ clock, defer, capacity = CAPACITY }: AuthorizerResultsOptions) {
    this.#held = new ByteLru(capacity)
    this.#calls = new SharedLoads({ defer, patience: PATIENCE_MS })
    this.#clock = clock
  }

  /**
   * What all keys of one authorizer on one stage begin with: short, as every answer is kept under one.
   *
   * @param text all that the authorizer's answers depend on beside the request
   */
  scope(text: string): string {
    let scope = this.#scopes.get(text)
    if (scope === undefined) {
      if (this.#scopes.size >= MOST_SCOPES) this.#scopes.clear()
      this.#scopesMade += 1
      scope = `${this.#scopesMade} `
      this.#scopes.set(text, scope)
    }
    return scope
  }

  get(key: string): AuthorizerAnswer | undefined {
    const held = this.#held.get(key)
    if (held && held.until > this.#clock()) return held.answer
    if (held) this.#held.delete(key)
    return undefined
  }

  /**
   * Asks, unless another request is just asking the same: then it is told the same. An answer is kept for `ttlMs`,
   * counted from its arrival; a refusal is not kept.
   */
  ask(key: string, ttlMs: number, call: () => Promise<Outcome>): Promise<Outcome> {
    const joined = this.#calls.join(key)
    if (!joined) return this.#calls.begin(key, () => this.#keep(key, ttlMs, call()))
    return joined.catch(error => {
      // Its message has the key, and is for nobody.
      if (error instanceof Overdue) return call()
      throw error
    })
  }

  async #keep(key: string, ttlMs: number, calling: Promise<Outcome>): Promise<Outcome> {
    const outcome = await calling
    if ('answer' in outcome) {
      const { answer } = outcome
      this.#held.set(key, { answer, until: this.#clock() + ttlMs }, answer.bytes + key.length * 2)
    }
    return outcome
  }

  /** A reset of the local account begins anew. */
  clear(): void {
    this.#held.clear()
  }
}
