import type { Clock } from '../lib/clock.ts'
import { keepLatest } from '../lib/keep-latest.ts'
import { within } from '../lib/within.ts'
import { type LookUp, REFUSED, type StrangerGuard } from '../protection/stranger-guard.ts'

/** An object's answer to "what does this pointer say, if it is not generation N any more?" */
export type PointerReply<T> =
  | { readonly generation: number; readonly doc: T }
  | { readonly generation: number; readonly unchanged: true }
  | { readonly missing: true }

type Answer<T> = Pointed<T> | undefined

export type ReadPointer<T> = (name: string, knownGeneration: number | undefined) => Promise<PointerReply<T>>

/** The pointer's document as of a moment. `stale` marks one that could not be refreshed in time. */
export interface Pointed<T> {
  readonly doc: T
  readonly generation: number
  readonly stale: boolean
}

export interface PointerCacheOptions<T> {
  readonly read: ReadPointer<T>
  readonly clock: Clock
  /** Lets a refresh outlive the request that started it. */
  readonly defer: (work: Promise<unknown>) => void
  /** Pointers kept at most, and as many names that have none; the least recently used one goes first. */
  readonly capacity?: number
  /** Asked before a name is looked up that is not known to have a pointer, if it is known who asks. */
  readonly strangers?: Pick<StrangerGuard, 'begin'> | undefined
  /** How old a document may be served, where it is to be younger than {@link POINTER_AGES}. */
  readonly agesOf?: (doc: T) => PointerAges | undefined
  /** Waits no longer than so many milliseconds; a test may wait otherwise. */
  readonly within?: typeof within
}

/** How long a document is served as it is, and how long while it is refreshed: milliseconds. */
export interface PointerAges {
  readonly fresh: number
  readonly servable: number
}

/** Ages in milliseconds, counted from when the refresh was sent (not from when it was answered). */
export const POINTER_AGES = {
  /** Younger than this is served as it is. */
  fresh: 1_000,
  /** Up to this age it is served and refreshed in the background; beyond it a request waits for the refresh. */
  servable: 2_000,
  /** Younger than this is believed when it says that something is not there. */
  negative: 100,
  /** With the object out of reach the last known document is served, marked, for this long. */
  survivable: 10 * 60_000,
  /**
   * A request waits so long for a refresh. One that another request sent may never be answered: Workers end what a
   * request began 30 s after the request itself.
   */
  patience: 5_000,
} as const

interface Entry<T> {
  reply: Exclude<PointerReply<T>, { unchanged: true }> | undefined
  /** Of that reply. */
  ages: PointerAges
  /** When the refresh that brought `reply` was sent; -Infinity before the first. */
  asOf: number
  refresh: Promise<void> | undefined
  refreshSentAt: number
}

/**
 * What this isolate knows of the pointers it serves from. Every request that starts {@link POINTER_AGES.servable}
 * after a change sees it, also in an isolate that slept: age is counted from when the refresh was *sent*, so a
 * document never counts as younger than the moment the object could have read it.
 */
export class PointerCache<T> {
  readonly #options: PointerCacheOptions<T>
  /** Names that have a pointer, or had one. */
  readonly #entries = new Map<string, Entry<T>>()
  /** Names that nobody has yet: apart, so that made-up ones do not make the isolate forget others. */
  readonly #strange = new Map<string, Entry<T>>()
  readonly #capacity: number
  readonly #within: typeof within

  constructor(options: PointerCacheOptions<T>) {
    this.#options = options
    this.#capacity = options.capacity ?? 5_000
    this.#within = options.within ?? within
  }

  /**
   * Synchronous while the pointer is young enough; undefined when there is no such pointer.
   *
   * @param from address of the client that names it, where a stranger may choose the name
   */
  get(name: string): Answer<T> | Promise<Answer<T>>
  get(
    name: string,
    from: string | undefined,
  ): Answer<T> | typeof REFUSED | Promise<Answer<T> | typeof REFUSED>
  get(name: string, from?: string): Answer<T> | typeof REFUSED | Promise<Answer<T> | typeof REFUSED> {
    const now = this.#options.clock()
    const entry = this.#entryOf(name)
    // A clock that went backwards says nothing about age.
    const { fresh, servable } = entry.ages
    if (now < entry.asOf) entry.asOf = now - servable
    const age = now - entry.asOf
    const { strangers } = this.#options
    const isStrange = from !== undefined && strangers !== undefined && !hasDocument(entry)
    if (entry.reply && age < servable) {
      // Nothing is chained to it here: it may be another request's, and this one is over before it settles.
      if (age >= fresh && !isStrange) {
        void this.#refresh(name, entry, now, now - servable + 1)
      }
      return toPointed(entry.reply, false)
    }
    const oldest = now - servable + 1
    if (isStrange && !isUnderWay(entry, now, oldest)) return this.#meet(name, entry, strangers.begin(from))
    return this.#waitFor(name, entry, now, oldest)
  }

  /** Looks up what is not known to be there, if whoever asks may have it looked up. */
  #meet(
    name: string,
    entry: Entry<T>,
    begun: LookUp | undefined | Promise<LookUp | undefined>,
  ): Promise<Answer<T> | typeof REFUSED> | typeof REFUSED {
    if (begun instanceof Promise) {
      return begun.then(lookUp => this.#meet(name, entry, lookUp))
    }
    if (!begun) return REFUSED
    const now = this.#options.clock()
    const oldest = now - entry.ages.servable + 1
    if (!entry.reply || entry.asOf < oldest || entry.asOf > now) {
      return this.#waitFor(name, entry, now, oldest, begun)
    }
    // Another request has looked it up while this one waited.
    begun.end('undecided')
    return Promise.resolve(toPointed(entry.reply, false))
  }

  /**
   * As {@link PointerCache.get}, but never from a refresh that was sent before `since` (milliseconds since the epoch)
   * unless that was just now: for whoever is about to say that something is not there. Names that nobody has are asked
   * for once in {@link POINTER_AGES.negative} at most, and once a request.
   */
  getNewer(name: string, since = Number.POSITIVE_INFINITY): Answer<T> | Promise<Answer<T>> {
    const now = this.#options.clock()
    const entry = this.#entryOf(name)
    const oldest = Math.min(since, now - POINTER_AGES.negative + 1)
    if (entry.reply && entry.asOf >= oldest && entry.asOf <= now) return toPointed(entry.reply, false)
    return this.#waitFor(name, entry, now, oldest)
  }

  /** Forgets everything: the next request for a pointer asks its object. */
  clear(): void {
    this.#entries.clear()
    this.#strange.clear()
  }

  /** Forgets one pointer: whoever changed it through this isolate sees the change at once. */
  forget(name: string): void {
    this.#entries.delete(name)
    this.#strange.delete(name)
  }

  async #waitFor(
    name: string,
    entry: Entry<T>,
    now: number,
    oldest: number,
    lookUp?: LookUp,
  ): Promise<Answer<T>> {
    const refresh = this.#refresh(name, entry, now, oldest, lookUp)
    const what = `reading pointer ${name}`
    try {
      await this.#within(refresh, POINTER_AGES.patience, what)
      // A refresh was joined before anybody knew that this pointer has to be younger: one of a shift does.
      const youngest = now - entry.ages.servable + 1
      if (entry.reply && entry.asOf < youngest) {
        await this.#within(this.#refresh(name, entry, now, youngest), POINTER_AGES.patience, what)
      }
    } catch (error) {
      // That something was not there a while ago is no reason to say so now.
      if (entry.reply && 'doc' in entry.reply && now - entry.asOf < POINTER_AGES.survivable) {
        return toPointed(entry.reply, true)
      }
      throw error
    }
    return entry.reply && toPointed(entry.reply, false)
  }

  /** Joins the refresh that is under way, unless it was sent before `oldest`: its answer may be too old. */
  #refresh(name: string, entry: Entry<T>, now: number, oldest: number, lookUp?: LookUp): Promise<void> {
    if (isUnderWay(entry, now, oldest)) {
      lookUp?.end('undecided')
      return entry.refresh
    }
    entry.refreshSentAt = now
    const known = entry.reply && 'generation' in entry.reply ? entry.reply.generation : undefined
    const refresh = this.#options
      .read(name, known)
      .then(reply => {
        lookUp?.end('missing' in reply ? 'absent' : 'found')
        // Answers may overtake each other: what a later refresh brought is not undone, nor is a newer generation.
        if (now < entry.asOf) return
        entry.asOf = now
        if (!('unchanged' in reply) && !isOlder(reply, entry.reply)) {
          entry.reply = reply
          entry.ages = ('doc' in reply && this.#options.agesOf?.(reply.doc)) || POINTER_AGES
        }
        if (hasDocument(entry) && this.#strange.get(name) === entry) {
          this.#strange.delete(name)
          keepLatest(this.#entries, name, entry, this.#capacity)
        }
      })
      .finally(() => {
        lookUp?.end('undecided')
        if (entry.refresh === refresh) entry.refresh = undefined
      })
    entry.refresh = refresh
    // Other requests wait for it too, so it must not end with the request that happened to start it.
    this.#options.defer(refresh.catch(() => {}))
    return refresh
  }

  #entryOf(name: string): Entry<T> {
    const known = this.#entries.get(name)
    const entry = known ??
      this.#strange.get(name) ?? {
        reply: undefined,
        ages: POINTER_AGES,
        asOf: Number.NEGATIVE_INFINITY,
        refresh: undefined,
        refreshSentAt: 0,
      }
    // Re-inserted, so that the map's order is the order of use.
    keepLatest(known ? this.#entries : this.#strange, name, entry, this.#capacity)
    return entry
  }
}

/** Whether a refresh is under way that was not sent before `oldest`. */
const isUnderWay = <T>(
  entry: Entry<T>,
  now: number,
  oldest: number,
): entry is Entry<T> & { refresh: object } =>
  entry.refresh !== undefined && entry.refreshSentAt >= oldest && entry.refreshSentAt <= now

const hasDocument = <T>({ reply }: Entry<T>): boolean => reply !== undefined && 'doc' in reply

const isOlder = <T>(reply: PointerReply<T>, known: PointerReply<T> | undefined): boolean =>
  known !== undefined && 'doc' in reply && 'doc' in known && reply.generation < known.generation

function toPointed<T>(
  reply: { generation: number; doc: T } | { missing: true },
  stale: boolean,
): Pointed<T> | undefined {
  return 'missing' in reply ? undefined : { doc: reply.doc, generation: reply.generation, stale }
}
