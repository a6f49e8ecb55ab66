import type { Clock } from '../../lib/clock.ts'
import type { FlushCycle } from '../../lib/flush-cycle.ts'
import { keepLatest } from '../../lib/keep-latest.ts'
import { FEED_PROTOCOL, type FeedBatch, type FeedReply, type FeedTelling } from './feed-batch.ts'
import type { Shift } from './shift.ts'
import { type CallSource, positionOf, stickyKeyOf } from './sticky-key.ts'
import { CountsSum, latencyBin } from './version-counts.ts'

/** What became of a call or request of one version. */
export type Outcome = 'ok' | 'error' | 'refused' | 'throttled'

interface ShiftRecorderOptions {
  readonly clock: Clock
  readonly cycle: Pick<FlushCycle, 'join' | 'wanted'>
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly newId: () => string
  /** Tells the driver of this name. */
  readonly tell: (driver: string, batch: FeedBatch) => Promise<FeedReply>
}

/** Nothing is below it: the draw that leaves a request with the version that it comes from. */
export const OLD_VERSION = 1

/** A driver that does not answer is told again so much later, in milliseconds. */
const AGAIN_MS = 2_000

/** Deployments that are remembered to be over, or to go back. */
const MOST_ENDED = 1_000

/** Copies of requests that an isolate has under way at a time: of those beyond, the new version gets none. */
const MOST_COPIES = 20

class Counting extends CountsSum {
  count(outcome: Outcome, ms: number | undefined): void {
    if (outcome === 'throttled') {
      this.throttles += 1
      return
    }
    this.calls += 1
    if (outcome === 'error') this.errors += 1
    else if (outcome === 'refused') this.refused += 1
    if (outcome === 'ok' && ms !== undefined) {
      const bin = latencyBin(ms)
      this.latency[bin] = (this.latency[bin] ?? 0) + 1
    }
  }
}

/** What this isolate has counted of one alias or stage under one deployment. */
class Watched {
  readonly shift: Shift
  readonly baseline = new Counting()
  readonly canary = new Counting()
  readonly copies = new Counting()
  compared = 0
  differed = 0
  isWarming = false
  warmed = 0
  /** Whether the driver lacks something. */
  isNew = false

  constructor(shift: Shift) {
    this.shift = shift
  }

  get telling(): FeedTelling {
    const { deployment, target } = this.shift
    const { compared, differed, warmed } = this
    return {
      deployment,
      target,
      baseline: this.baseline.counts,
      canary: this.canary.counts,
      ...(this.copies.calls + this.copies.throttles > 0 && {
        mirrored: { copies: this.copies.counts, compared, differed },
      }),
      warmed,
    }
  }
}

interface Driver {
  readonly watched: Map<string, Watched>
  /** Not told before; epoch milliseconds. */
  nextAt: number
  everyMs: number
}

/**
 * What an isolate knows of deployments that are under way: which version a call gets, and how both do, which it tells
 * their drivers about once a second. All of it is asked only where a pointer has a {@link Shift}.
 */
export class ShiftRecorder {
  readonly #options: ShiftRecorderOptions
  readonly #sender: string
  readonly #drivers = new Map<string, Driver>()
  /** Deployments that are over, and whether they go back. */
  readonly #ended = new Map<string, 'over' | 'back'>()
  #copies = 0

  constructor(options: ShiftRecorderOptions) {
    this.#options = options
    this.#sender = options.newId()
    options.cycle.join(() => this.flush())
  }

  /**
   * A number in [0, 1) that decides which version a call gets: by its sticky key where it has one, else by chance. 1 once
   * the deployment is known to go back, which a driver tells sooner than the pointer does.
   */
  draw(shift: Shift, source: CallSource | undefined): number {
    if (this.#ended.get(shift.deployment) === 'back') return OLD_VERSION
    const key = stickyKeyOf(shift, source)
    return key === undefined ? this.#options.random() : positionOf(shift.deployment, key)
  }

  /**
   * Counts what became of a call.
   *
   * @param version which of the shift's two it was served by; of another one nothing is counted
   * @param ms how long it took; undefined where that says nothing of the version
   */
  ended(shift: Shift, version: string, outcome: Outcome, ms: number | undefined): void {
    const isCanary = version === shift.to
    if ((!isCanary && version !== shift.from) || this.#ended.has(shift.deployment)) return
    const watched = this.#watched(shift)
    if (isCanary) watched.canary.count(outcome, ms)
    else watched.baseline.count(outcome, ms)
    this.#isNew(watched)
  }

  /**
   * Whether the new version is to be given a copy of a call that the old one has served. Whoever is told so says with
   * {@link ShiftRecorder.mirrored} what came of it.
   */
  mirrors(shift: Shift): boolean {
    if (!shift.mirror || this.#copies >= MOST_COPIES || this.#ended.has(shift.deployment)) return false
    if (this.#options.random() >= shift.mirror) return false
    this.#copies += 1
    return true
  }

  /**
   * @param outcome undefined where nothing came of the copy
   * @param isSame whether both versions answered the same; undefined where that cannot be said
   */
  mirrored(
    shift: Shift,
    outcome: Outcome | undefined,
    ms: number | undefined,
    isSame: boolean | undefined,
  ): void {
    this.#copies -= 1
    if (outcome === undefined || this.#ended.has(shift.deployment)) return
    const watched = this.#watched(shift)
    watched.copies.count(outcome, ms)
    if (isSame !== undefined) {
      watched.compared += 1
      if (!isSame) watched.differed += 1
    }
    this.#isNew(watched)
  }

  /** Whether isolates of the new version are to be loaded in advance: said once. */
  warms(shift: Shift): boolean {
    if (!shift.prewarm || this.#ended.has(shift.deployment)) return false
    const watched = this.#watched(shift)
    if (watched.isWarming) return false
    watched.isWarming = true
    return true
  }

  /** So many isolates of the new version were loaded. */
  warmed(shift: Shift, isolates: number): void {
    if (this.#ended.has(shift.deployment)) return
    const watched = this.#watched(shift)
    watched.warmed += isolates
    this.#isNew(watched)
  }

  /** Tells drivers what they do not know yet. Never rejects: what they do not take waits. */
  async flush(): Promise<void> {
    const now = this.#options.clock()
    await Promise.all(
      [...this.#drivers].map(async ([name, driver]) => {
        const watched = [...driver.watched.values()].filter(({ isNew }) => isNew)
        if (watched.length === 0) return
        if (now < driver.nextAt && driver.nextAt <= now + driver.everyMs) {
          // Later, by the next flush: what waits is what asks for one.
          this.#options.cycle.wanted(now)
          return
        }
        await this.#tell(name, driver, watched, now)
      }),
    )
  }

  /** Forgets everything; only a reset of the local account does this. */
  forget(): void {
    this.#drivers.clear()
    this.#ended.clear()
  }

  async #tell(name: string, driver: Driver, watched: readonly Watched[], now: number): Promise<void> {
    const tellings = watched.map(each => {
      each.isNew = false
      return each.telling
    })
    try {
      const batch = { protocol: FEED_PROTOCOL, sender: this.#sender, tellings } as const
      const { everyMs, over = [], back = [] } = await this.#options.tell(name, batch)
      driver.everyMs = everyMs
      driver.nextAt = now + everyMs
      for (const deployment of over) this.#end(driver, deployment, 'over')
      for (const deployment of back) this.#end(driver, deployment, 'back')
      if (driver.watched.size === 0) this.#drivers.delete(name)
    } catch (error) {
      console.warn(`${name} was not told how its deployment does; it is told again`, error)
      driver.everyMs = AGAIN_MS
      driver.nextAt = now + AGAIN_MS
      for (const each of watched) this.#isNew(each)
    }
  }

  #end(driver: Driver, deployment: string, how: 'over' | 'back'): void {
    // A deployment that is over has gone back before, if it has: a pointer may not say so yet.
    const known = this.#ended.get(deployment)
    keepLatest(this.#ended, deployment, known === 'back' ? known : how, MOST_ENDED)
    for (const [key, { shift }] of driver.watched)
      if (shift.deployment === deployment) driver.watched.delete(key)
  }

  #watched(shift: Shift): Watched {
    let driver = this.#drivers.get(shift.driver)
    if (!driver) {
      driver = { watched: new Map(), nextAt: 0, everyMs: 0 }
      this.#drivers.set(shift.driver, driver)
    }
    const key = `${shift.deployment} ${shift.target}`
    let watched = driver.watched.get(key)
    if (!watched) {
      watched = new Watched(shift)
      driver.watched.set(key, watched)
    }
    return watched
  }

  #isNew(watched: Watched): void {
    watched.isNew = true
    this.#options.cycle.wanted(this.#options.clock())
  }
}
