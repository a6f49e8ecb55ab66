import type { Account } from '../lib/account.ts'
import type { Clock } from '../lib/clock.ts'
import type { FlushCycle } from '../lib/flush-cycle.ts'
import { COUNT_PROTOCOL, type CountBatch, countMeterName, METERS, metersOf } from './count-batch.ts'
import { COUNT_KINDS, type CountKind } from './count-kinds.ts'
import { Tally, type ToTell } from './count-tally.ts'

/**
 * Meters are told whenever an isolate tells what it has to tell: that is what one that dies takes with it. Of what comes
 * so seldom that telling of each would cost more than it does, they are told of so many together, or of all after this
 * long. Work that a request leaves behind is ended 30 s after its answer.
 */
const FEW = 20
const LONGEST_MS = 18_000

/** Pauses before a batch is sent again that a meter did not take; after the last it waits for the next flush. */
const RETRY_MS = [2_000, 5_000]

/** Tellings of one batch: half a megabyte. */
const BATCH = 10

/** Meters that are told of at a time; of others only what they do not have is kept. */
const MOST_TALLIES = 500

export interface RecorderOptions {
  readonly clock: Clock
  readonly sleep: (ms: number) => Promise<unknown>
  /** When the meters are told. */
  readonly cycle: FlushCycle
  readonly newId: () => string
  /** At least 0 and below 1. */
  readonly random: () => number
  /** Tells a meter; settles once it has written the batch down. */
  readonly send: (meter: string, batch: CountBatch) => Promise<void>
}

/** Where an account's requests are counted, unless a meter must be told of something else anyway. */
interface Home {
  readonly meter: string
  readonly byChance: boolean
}

/**
 * Counts in memory what an isolate does, of all kinds and for all accounts, and tells the meters once a second at most,
 * off the requests' path.
 */
export class CountRecorder {
  readonly #options: RecorderOptions
  /** By meter: what counts now. */
  readonly #tallies = new Map<string, Tally>()
  /** What counts no more and is told still. */
  readonly #ended = new Set<Tally>()
  readonly #homes = new Map<string, Home>()
  /** When the first was counted of which the meters were not told; epoch milliseconds. */
  #since: number | undefined
  /** Counted since the meters were told last, by kind: a request and the function that serves it are not two. */
  readonly #gathered = COUNT_KINDS.map(() => 0)

  constructor(options: RecorderOptions) {
    this.#options = options
    options.cycle.join(() => this.#flushIfDue())
  }

  /** Counts once in a certain meter; `sums`: what to add, in the kind's order. */
  add(
    meter: string,
    account: Account,
    kind: CountKind,
    labels: readonly string[],
    sums: readonly number[],
  ): void {
    const now = this.#options.clock()
    this.#moveHome(account, meter)
    const count = this.#tallyOf(meter, now).count(kind, labels)
    for (const [i, sum] of sums.entries()) count.sums[i]! += sum
    this.counted(kind, now)
  }

  /** Where whatever meter of an account is as good is counted now: in one that is told anyway, if there is one. */
  tallyAt(account: Account, now: number): Tally {
    const owner = homeOf(account)
    let home = this.#homes.get(owner)
    if (!home) {
      // Not by the API: one that is served by thousands of isolates would have a single meter.
      const number = Math.floor(this.#options.random() * METERS)
      home = { meter: countMeterName(account, number), byChance: true }
      this.#homes.set(owner, home)
    }
    return this.#tallyOf(home.meter, now)
  }

  /** To be said after something was added to a count: the meters will be told of it. */
  counted({ index }: CountKind, now: number): void {
    this.#gathered[index]! += 1
    this.#since ??= now
    this.#options.cycle.wanted(now)
  }

  /** Tells the meters now what they do not have yet. Never rejects: what they do not take is kept. */
  async flush(): Promise<void> {
    this.#since = undefined
    this.#gathered.fill(0)
    await Promise.all([...this.#ended, ...this.#tallies.values()].map(tally => this.#tell(tally)))
    for (const tally of this.#ended) if (tally.isAcknowledged) this.#ended.delete(tally)
    if (this.#tallies.size > MOST_TALLIES) this.#dropIdle()
  }

  /** Forgets what was counted and not told yet; only a reset of the local account does this. */
  forget(): void {
    for (const tally of this.#tallies.values()) tally.end()
    this.#tallies.clear()
    this.#ended.clear()
    this.#homes.clear()
  }

  #tallyOf(meter: string, now: number): Tally {
    const known = this.#tallies.get(meter)
    if (known?.takes(now) && !known.isFull) return known
    if (known) this.#end(known)
    const tally = new Tally(meter, now, this.#options.newId)
    this.#tallies.set(meter, tally)
    return tally
  }

  #end(tally: Tally): void {
    tally.end()
    this.#tallies.delete(tally.meter)
    if (!tally.isAcknowledged) this.#ended.add(tally)
  }

  #dropIdle(): void {
    for (const tally of this.#tallies.values()) if (tally.isAcknowledged) this.#end(tally)
    this.#homes.clear()
  }

  /** A meter is told of something that no other may count: then it may as well count the requests. */
  #moveHome(account: Account, meter: string): void {
    const owner = homeOf(account)
    const home = this.#homes.get(owner)
    if (home && (home.meter === meter || !home.byChance)) return
    this.#homes.set(owner, { meter, byChance: false })
    const left = home && this.#tallies.get(home.meter)
    if (left) this.#end(left)
  }

  async #flushIfDue(): Promise<void> {
    if (this.#since === undefined) return
    const { clock, cycle } = this.#options
    const now = clock()
    // A clock that was set back must not put it off.
    const isEarly = now >= this.#since && now < this.#since + LONGEST_MS
    if (isEarly && this.#gathered.every(count => count < FEW)) cycle.wanted(now)
    else await this.flush()
  }

  /** Says what was counted by now. Counting goes on meanwhile: of that the next flush tells, a second later. */
  async #tell(tally: Tally): Promise<void> {
    const toTell = tally.unacknowledged()
    for (let from = 0; from < toTell.length; from += BATCH) {
      if (!(await this.#send(tally, toTell.slice(from, from + BATCH)))) return
    }
  }

  async #send(tally: Tally, toTell: readonly ToTell[]): Promise<boolean> {
    const { send, sleep } = this.#options
    const tellings = toTell.map(({ telling }) => telling)
    for (const pause of [...RETRY_MS, undefined]) {
      // A reset forgot it meanwhile.
      if (this.#tallies.get(tally.meter) !== tally && !this.#ended.has(tally)) return false
      try {
        await send(tally.meter, { protocol: COUNT_PROTOCOL, tellings })
        for (const { acknowledge } of toTell) acknowledge()
        return true
      } catch (error) {
        if (pause === undefined) console.warn(`${tally.meter} was not told of counts; they wait`, error)
        else await sleep(pause)
      }
    }
    return false
  }
}

const homeOf = ({ id, region }: Account): string => metersOf(id) + region
