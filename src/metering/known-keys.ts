import type { Clock } from '../lib/clock.ts'
import type { LookUp, StrangerGuard } from '../protection/stranger-guard.ts'

/** For how long a name without a record is taken to have none, milliseconds. */
const ABSENCE_MS = 1000
const MOST_ABSENT = 10_000

export interface KnownKeysOptions {
  readonly clock: Clock
  /** Whether the control plane has published a record of this name. */
  readonly recordExists: (name: string) => Promise<boolean>
  readonly defer: (work: Promise<unknown>) => void
  readonly sleep: (ms: number) => Promise<void>
  /** A look-up that takes longer counts as failed. */
  readonly timeoutMs: number
  /** Asked before the store is, if it is known whose request it is. */
  readonly strangers?: Pick<StrangerGuard, 'begin'> | undefined
}

/**
 * Which names have no key, so that guessed keys neither create objects nor cost a look-up each. Bounded in number
 * and time; that a key exists is remembered by whoever serves it.
 */
export class KnownKeys {
  readonly #options: KnownKeysOptions
  readonly #absentUntil = new Map<string, number>()
  readonly #lookups = new Map<string, { readonly found: Promise<boolean>; readonly sentAt: number }>()

  constructor(options: KnownKeysOptions) {
    this.#options = options
  }

  /** Milliseconds for which the name is known to have no key; 0 when it may have one. */
  absentFor(name: string, now: number): number {
    const until = this.#absentUntil.get(name)
    if (until === undefined) return 0
    if (until > now && until <= now + ABSENCE_MS) return until - now
    this.#absentUntil.delete(name)
    return 0
  }

  /**
   * Asks the store, once for all that ask at the same time. Rejects when it does not answer. False, too, for a client
   * that has asked for too many names that nobody has: as AWS WAF answers with 403 whoever is over a limit by address,
   * and so without a word on whether there is such a key.
   *
   * @param from address of the client, where it is known
   */
  async exists(name: string, from?: string): Promise<boolean> {
    const { strangers, timeoutMs, sleep } = this.#options
    let lookup = this.#underWay(name)
    if (!lookup) {
      const lookUp = from === undefined ? undefined : await strangers?.begin(from)
      if (!lookUp && strangers && from !== undefined) return false
      if (lookUp && this.absentFor(name, this.#options.clock()) > 0) {
        lookUp.end('undecided')
        return false
      }
      lookup = this.#underWay(name)
      if (lookup) lookUp?.end('undecided')
      lookup ??= this.#start(name, lookUp)
    }
    const found = await Promise.race([lookup, sleep(timeoutMs)])
    if (found === undefined) throw new Error('the store did not answer in time')
    return found
  }

  /** The request that started a look-up may have been cut off, and the look-up with it. */
  #underWay(name: string): Promise<boolean> | undefined {
    const running = this.#lookups.get(name)
    return running && this.#options.clock() - running.sentAt < this.#options.timeoutMs
      ? running.found
      : undefined
  }

  #start(name: string, lookUp: LookUp | undefined): Promise<boolean> {
    const sentAt = this.#options.clock()
    const found = this.#options.recordExists(name).then(exists => {
      lookUp?.end(exists ? 'found' : 'absent')
      if (!exists) {
        if (this.#absentUntil.size >= MOST_ABSENT)
          this.#absentUntil.delete(this.#absentUntil.keys().next().value!)
        // From when the store was asked: a key created after that is noticed within a second of its creation.
        this.#absentUntil.set(name, sentAt + ABSENCE_MS)
      }
      return exists
    })
    this.#lookups.set(name, { found, sentAt })
    const ended = () => {
      lookUp?.end('undecided')
      if (this.#lookups.get(name)?.found === found) this.#lookups.delete(name)
    }
    this.#options.defer(found.then(ended, ended))
    return found
  }
}
