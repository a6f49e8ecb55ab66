import { addressGroup } from '../lib/address-group.ts'
import type { Clock } from '../lib/clock.ts'
import { keepLatest } from '../lib/keep-latest.ts'
import { within } from '../lib/within.ts'
import { Bucket, type Limit } from './bucket.ts'

/** Nobody looked: the client asks for too much that this isolate does not know. */
export const REFUSED = 'refused'

/** What one isolate looks up of names that it does not know. */
export const STRANGER_LIMITS = {
  /** Of one address: look-ups that find nothing. */
  address: { burst: 30, rate: 10 },
  /** Of all addresses together. */
  all: { burst: 1_000, rate: 500 },
  /** Look-ups that an address may have earned and not used yet. */
  mostCredit: 1_000,
  /** Addresses that are remembered of those that never found anything, and as many of those that did. */
  mostAddresses: 10_000,
  /** Requests that may wait for the end of other look-ups, of all addresses together. */
  mostWaiting: 10_000,
  /** Milliseconds that a request waits for them. */
  patience: 5_000,
  /** Milliseconds after which a look-up counts as one that found nothing: the request that made it was cut off. */
  lost: 10_000,
} as const

export interface StrangerLimits {
  readonly address: Limit
  readonly all: Limit
  readonly mostCredit: number
  readonly mostAddresses: number
  readonly mostWaiting: number
  readonly patience: number
  readonly lost: number
}

/**
 * What came of a look-up. `undecided`: the store did not answer, or what was found is not remembered, so that the
 * next request looks it up again; nothing is held against the address, and nothing earned.
 */
export type LookUpOutcome = 'found' | 'absent' | 'undecided'

/** A look-up that may go. Its end is said once; later words count for nothing. */
export interface LookUp {
  end(outcome: LookUpOutcome): void
}

export interface StrangerGuardOptions {
  /** Milliseconds. */
  readonly clock: Clock
  readonly limits?: Partial<StrangerLimits>
  /** Waits no longer than so many milliseconds; a test may wait otherwise. */
  readonly within?: typeof within
}

interface Address {
  readonly bucket: Bucket
  /** Look-ups that finds have paid for. */
  credit: number
  /** Look-ups under way. */
  open: number
  readonly waiting: Waiter[]
}

interface Waiter {
  readonly settle: (lookUp: LookUp | undefined) => void
  gone: boolean
}

/**
 * Guards look-ups of names that this isolate does not know: API keys, ids of APIs and function URLs, access keys, user
 * pools. Each costs a read of a store or a call of an object, and anybody can make up names. Names that are known are
 * not looked up, and never come here.
 *
 * **A miss costs, a find pays.** Before its outcome a guess looks like the first request of a real key, so a look-up
 * only *reserves* a token of its address and one of all addresses together; a miss spends both, a find gives both back
 * and earns the address a credit, which is a look-up more. So in any interval an address misses at most
 * burst + rate x t times, and once more for each find; all together miss at most burst + rate x t times, and once more
 * for each find. Finds are bounded by what exists, since what was found is known from then on.
 *
 * **Nobody is refused before it is known.** An address may have as many look-ups under way as it has tokens and
 * credit. What comes beyond that waits until one of them ends, instead of being refused: an isolate that has just
 * started and meets thousands of real keys from the one address of a gateway has 30 under way at first, and twice as
 * many with each round trip, as each find returns a token and earns another. A flood waits for a single round trip,
 * whose misses leave nothing, and is refused from memory from then on.
 *
 * **Floods from many addresses** meet the common bucket, where nobody waits: they would wait for strangers. Credit is
 * not drawn from it, so addresses that have found
 * something are not shut out by others that make up names; and they are remembered apart, so that no number of new
 * addresses makes the isolate forget them.
 *
 * What it cannot do: tell a real name from a made-up one before looking. A real name that this isolate meets for the
 * first time, from an address that is just making names up, is refused with them.
 *
 * Bounded in memory, whatever arrives. IPv6 addresses are counted by their /64. Nothing is stored.
 */
export class StrangerGuard {
  readonly #clock: Clock
  readonly #limits: StrangerLimits
  readonly #within: typeof within
  readonly #all: Bucket
  /** Both in the order of use. An address moves with its first find. */
  readonly #strange = new Map<string, Address>()
  readonly #acquainted = new Map<string, Address>()
  /** In the order of their beginning. */
  readonly #open = new Set<Reserved>()
  #waiting = 0

  constructor({ clock, limits, within: wait = within }: StrangerGuardOptions) {
    this.#clock = clock
    this.#limits = { ...STRANGER_LIMITS, ...limits }
    this.#within = wait
    this.#all = new Bucket(this.#limits.all, clock())
  }

  /** What is held in memory: addresses, look-ups under way, requests that wait. */
  get size(): { readonly addresses: number; readonly open: number; readonly waiting: number } {
    const addresses = this.#strange.size + this.#acquainted.size
    return { addresses, open: this.#open.size, waiting: this.#waiting }
  }

  /**
   * Begins a look-up for the client at `address`; undefined when it may not go. A promise when that depends on others
   * of the address that are under way: it rejects with `Overdue` when they do not end.
   */
  begin(address: string): LookUp | undefined | Promise<LookUp | undefined> {
    const now = this.#clock()
    this.#endLost(now)
    const group = addressGroup(address)
    const known = this.#addressOf(group, now)
    if (!known) return undefined
    const reserved = this.#reserve(group, known, now)
    if (reserved) return reserved
    if (known.open === 0 || this.#waiting >= this.#limits.mostWaiting) return undefined
    return this.#wait(known)
  }

  #reserve(group: string, address: Address, now: number): LookUp | undefined {
    const onCredit = address.credit >= 1
    if (onCredit) address.credit -= 1
    else {
      if (!address.bucket.has(now) || !this.#all.has(now)) return undefined
      address.bucket.reserve()
      this.#all.reserve()
    }
    address.open += 1
    const reserved: Reserved = {
      since: now,
      end: outcome => {
        if (this.#open.delete(reserved)) this.#end(group, address, onCredit, outcome)
      },
    }
    this.#open.add(reserved)
    return reserved
  }

  #end(group: string, address: Address, onCredit: boolean, outcome: LookUpOutcome): void {
    const now = this.#clock()
    address.open -= 1
    const { mostCredit, mostAddresses } = this.#limits
    const isSpent = outcome === 'absent'
    if (!onCredit) {
      address.bucket.settle(isSpent)
      this.#all.settle(isSpent)
    }
    const earned = (onCredit && !isSpent ? 1 : 0) + (outcome === 'found' ? 1 : 0)
    address.credit = Math.min(mostCredit, address.credit + earned)
    if (outcome === 'found' && this.#strange.get(group) === address) {
      this.#strange.delete(group)
      keepLatest(this.#acquainted, group, address, mostAddresses)
    }
    this.#wake(group, address, now)
  }

  /** Those that wait go on in the order in which they came; with nothing left to wait for, they are refused. */
  #wake(group: string, address: Address, now: number): void {
    const { waiting } = address
    let served = 0
    for (const waiter of waiting) {
      if (!waiter.gone) {
        const reserved = this.#reserve(group, address, now)
        if (!reserved && address.open > 0) break
        waiter.settle(reserved)
      }
      served += 1
    }
    waiting.splice(0, served)
    this.#waiting -= served
  }

  async #wait(address: Address): Promise<LookUp | undefined> {
    const { promise, resolve } = Promise.withResolvers<LookUp | undefined>()
    const waiter: Waiter = { settle: resolve, gone: false }
    address.waiting.push(waiter)
    this.#waiting += 1
    try {
      return await this.#within(promise, this.#limits.patience, 'waiting for other look-ups')
    } catch (error) {
      waiter.gone = true
      throw error
    }
  }

  /** Requests may be cut off, and then nobody says what came of their look-ups. */
  #endLost(now: number): void {
    for (const reserved of this.#open) {
      if (now - reserved.since < this.#limits.lost) return
      reserved.end('absent')
    }
  }

  /** Undefined for one that is not known while nobody new may look anything up. */
  #addressOf(group: string, now: number): Address | undefined {
    const acquainted = this.#acquainted.get(group)
    const known = acquainted ?? this.#strange.get(group)
    if (!known && !this.#all.has(now)) return undefined
    const address = known ?? {
      bucket: new Bucket(this.#limits.address, now),
      credit: 0,
      open: 0,
      waiting: [],
    }
    keepLatest(acquainted ? this.#acquainted : this.#strange, group, address, this.#limits.mostAddresses)
    return address
  }
}

interface Reserved extends LookUp {
  readonly since: number
}
