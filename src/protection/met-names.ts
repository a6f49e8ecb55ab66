import { keepLatest } from '../lib/keep-latest.ts'
import { REFUSED, type StrangerGuard } from './stranger-guard.ts'

/** Names that are remembered of those that were found. */
const MOST_MET = 10_000

/**
 * For names that are looked up at each request, as the database decides about them: which of them were found before, so
 * that only others count as strangers'.
 *
 * @typeParam V what is remembered of a name
 */
export class MetNames<V> {
  readonly #strangers: Pick<StrangerGuard, 'begin'>
  readonly #met = new Map<string, V>()

  constructor(strangers: Pick<StrangerGuard, 'begin'>) {
    this.#strangers = strangers
  }

  /** Undefined for a name that was not found when it was last looked for. */
  known(name: string): V | undefined {
    return this.#met.get(name)
  }

  /**
   * What `look` finds; {@link REFUSED} when a client asks for too many names that there are not.
   *
   * @param from the client's address; undefined when none asks
   * @param keep what is to be remembered of what was found
   */
  async look<T>(
    name: string,
    from: string | undefined,
    look: () => Promise<T | undefined>,
    keep: (found: T) => V,
  ): Promise<T | typeof REFUSED | undefined> {
    const isStrange = from !== undefined && !this.#met.has(name)
    const lookUp = isStrange ? await this.#strangers.begin(from) : undefined
    if (isStrange && !lookUp) return REFUSED
    try {
      const found = await look()
      if (found === undefined) this.#met.delete(name)
      else keepLatest(this.#met, name, keep(found), MOST_MET)
      lookUp?.end(found === undefined ? 'absent' : 'found')
      return found
    } finally {
      lookUp?.end('undecided')
    }
  }
}
