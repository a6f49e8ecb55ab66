import type { Clock } from '../../lib/clock.ts'
import { SharedLoads } from '../../lib/shared-loads.ts'
import { type IssuerDocuments, IssuerUnreachable, type PublishedKeys, readIssuer } from './read-issuer.ts'
import { ALGORITHMS, type KeySet } from './verify-token.ts'

export const ISSUER_AGES = {
  /**
   * An issuer is asked once in so many milliseconds at most, whatever happens: a flood of tokens with ids of keys that
   * nobody has costs it no more than that, and a new key counts so long after the issuer was last asked.
   */
  interval: 15_000,
  /** With the issuer out of reach the keys that it last had are believed so long. */
  survivable: 24 * 3_600_000,
  /** How long a request waits for the issuer to be asked by another request. */
  patience: 6_000,
} as const

/** Issuers that are remembered; the one that was not needed for the longest time goes first. */
const MOST_ISSUERS = 500

/** Characters of the keys of all of them: an issuer has some two thousand, and could have a hundred times as many. */
const MOST_CHARACTERS = 4 * 1024 * 1024

export interface IssuerKeysOptions extends Omit<IssuerDocuments, 'signal'> {
  readonly clock: Clock
  /** Lets a reading outlive the request that began it. */
  readonly defer: (work: Promise<unknown>) => void
}

interface Known extends PublishedKeys {
  /** When it was asked for. */
  readonly asOf: number
}

interface Issuer {
  known: Known | undefined
  /** When it was last asked; -Infinity before the first time. */
  askedAt: number
  /** Whether it did not answer then. */
  failed: boolean
}

/**
 * Keys of OpenID issuers, as one isolate knows them: found by discovery, kept for as long as the issuer says, renewed
 * in the background, and asked for anew when a token names one that is not known.
 *
 * https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions
  readonly #issuers = new Map<string, Issuer>()
  readonly #loads: SharedLoads<Known>

  constructor(options: IssuerKeysOptions) {
    this.#options = options
    this.#loads = new SharedLoads({ defer: options.defer, patience: ISSUER_AGES.patience })
  }

  /**
   * @param issuer as its tokens name it: the claim `iss`
   * @returns what rejects with {@link IssuerUnreachable} while nothing is known of the issuer
   */
  of(issuer: string): KeySet {
    return {
      algorithms: ALGORITHMS,
      key: async (kid, algorithm) => {
        const state = this.#stateOf(issuer)
        const known = await this.#knownOf(issuer, state)
        const key = await known.keys.key(kid, algorithm)
        return key ?? (await this.#newer(issuer, state))?.keys.key(kid, algorithm)
      },
    }
  }

  clear(): void {
    this.#issuers.clear()
  }

  async #knownOf(issuer: string, state: Issuer): Promise<Known> {
    const { known } = state
    const age = known ? this.#since(known.asOf) : Number.POSITIVE_INFINITY
    const waits = age >= (state.failed ? ISSUER_AGES.survivable : (known?.freshFor ?? 0) * 2)
    if (known && !waits) {
      // Nobody waits for it, and what comes of it is in the state.
      if (age >= known.freshFor) this.#begin(issuer, state)?.catch(() => {})
      return known
    }
    try {
      const asked = await this.#ask(issuer, state)
      if (asked) return asked
    } catch (error) {
      if (!known || age >= ISSUER_AGES.survivable) throw error
    }
    if (known && age < ISSUER_AGES.survivable) return known
    throw new IssuerUnreachable(`${issuer} could not be reached a moment ago`)
  }

  /** For a token whose key is not known: undefined where the issuer was asked just now, or cannot be. */
  async #newer(issuer: string, state: Issuer): Promise<Known | undefined> {
    try {
      return await this.#ask(issuer, state)
    } catch {
      return undefined
    }
  }

  /** Asks the issuer, or joins whoever is asking; undefined where it was asked too short a time ago. */
  #ask(issuer: string, state: Issuer): Promise<Known> | undefined {
    return this.#loads.join(issuer) ?? this.#begin(issuer, state)
  }

  #begin(issuer: string, state: Issuer): Promise<Known> | undefined {
    if (this.#since(state.askedAt) < ISSUER_AGES.interval) return undefined
    const asOf = this.#options.clock()
    state.askedAt = asOf
    return this.#loads.begin(issuer, async () => {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      try {
        const known = { ...(await readIssuer(issuer, { ...this.#options, signal })), asOf }
        state.failed = false
        state.known = known
        this.#makeRoom(state)
        return known
      } catch (error) {
        state.failed = true
        throw error
      }
    })
  }

  /** The issuers that were not needed for the longest time go first, but never the one that was just asked. */
  #makeRoom(asked: Issuer): void {
    const sizeOf = ({ known }: Issuer) => known?.keys.size ?? 0
    let held = [...this.#issuers.values()].reduce((sum, state) => sum + sizeOf(state), 0)
    for (const [issuer, state] of this.#issuers) {
      if (held <= MOST_CHARACTERS) return
      if (state === asked) continue
      held -= sizeOf(state)
      this.#issuers.delete(issuer)
    }
  }

  /** Milliseconds; a clock that went backwards says nothing about age. */
  #since(time: number): number {
    const age = this.#options.clock() - time
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }

  #stateOf(issuer: string): Issuer {
    let state = this.#issuers.get(issuer)
    // Re-inserted, so that the map's order is the order of use.
    if (state) this.#issuers.delete(issuer)
    else {
      state = { known: undefined, askedAt: Number.NEGATIVE_INFINITY, failed: false }
      if (this.#issuers.size >= MOST_ISSUERS) this.#issuers.delete(this.#issuers.keys().next().value!)
    }
    this.#issuers.set(issuer, state)
    return state
  }
}

/** For both documents together. */
const TIMEOUT_MS = 5_000
