import type { Clock } from '../../lib/clock.ts'
import { utcDay } from '../../lib/utc-day.ts'
import { type ExecutionBatch, executionMeterName } from './execution-batch.ts'
import { ExecutionTally } from './execution-tally.ts'
import type { Execution, ExecutionUsage } from './execution-usage.ts'

/** How long calls are gathered before the meters are told: what an isolate that dies takes with it ... */
const FLUSH_MS = 1_000

/**
 * ... or, of calls that come so seldom that telling of each would cost more than the call, this many of them, or this
 * long. Work that a request leaves behind is ended 30 s after its answer.
 */
const FEW_CALLS = 20
const LONGEST_MS = 20_000

/** A flush that has not begun by then never will: the request that was to do it was ended. */
const OVERDUE_MS = 5_000

/** Pauses before a batch is sent again that a meter did not take; after the last it waits for the next call. */
const RETRY_MS = [2_000, 5_000]

export interface RecorderOptions {
  readonly clock: Clock
  readonly sleep: (ms: number) => Promise<unknown>
  /** Work that may outlive the request. */
  readonly defer: (work: Promise<unknown>) => void
  readonly newId: () => string
  /** Tells an ExecutionMeter; settles once it has written the batch down. */
  readonly send: (meter: string, batch: ExecutionBatch) => Promise<void>
}

/** Counts an isolate's calls in memory, and tells the meters once a second at most, off the requests' path. */
export class ExecutionRecorder implements ExecutionUsage {
  readonly #options: RecorderOptions
  readonly #tallies = new Map<string, ExecutionTally>()
  /** Until then a flush that is planned is waited for; epoch milliseconds. */
  #plannedUntil = 0
  /** Calls since the meters were told last. */
  #gathered = 0

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  record(execution: Execution): void {
    const { account, name, version, qualifier = '', memorySizeMB, billedMs, initMs, failed } = execution
    const { clock, defer } = this.#options
    const now = clock()
    this.#tallyOf(executionMeterName(account, name)).add(
      { name, version, qualifier, day: utcDay(now) },
      {
        failures: failed ? 1 : 0,
        billedMs,
        mbMs: memorySizeMB * billedMs,
        inits: initMs === undefined ? 0 : 1,
        initMs: Math.round(initMs ?? 0),
      },
    )
    this.#gathered += 1
    const longest = LONGEST_MS + OVERDUE_MS
    // The second: a clock that was set back must not put flushes off.
    if (now < this.#plannedUntil && this.#plannedUntil <= now + longest) return
    this.#plannedUntil = now + longest
    defer(this.#flushLater())
  }

  /** Tells the meters now what they do not have yet. Never rejects: what they do not take is kept. */
  async flush(): Promise<void> {
    // From here on the next call plans the next flush: what is left of a request is ended too early to do that.
    this.#plannedUntil = 0
    this.#gathered = 0
    await Promise.all([...this.#tallies].map(([meter, tally]) => this.#tell(meter, tally)))
  }

  /** Forgets what was counted and not told yet; only a reset of the local account does this. */
  forget(): void {
    this.#tallies.clear()
  }

  #tallyOf(meter: string): ExecutionTally {
    let tally = this.#tallies.get(meter)
    if (!tally) {
      tally = new ExecutionTally(this.#options.newId)
      this.#tallies.set(meter, tally)
    }
    return tally
  }

  async #flushLater(): Promise<void> {
    for (let waited = 0; waited < LONGEST_MS; waited += FLUSH_MS) {
      await this.#options.sleep(FLUSH_MS)
      if (this.#gathered >= FEW_CALLS) break
    }
    await this.flush()
  }

  /** Says what was counted by now. Calls go on coming meanwhile: of those the next flush tells, a second later. */
  async #tell(meter: string, tally: ExecutionTally): Promise<void> {
    const { send, sleep } = this.#options
    let batches = tally.batches
    for (let failures = 0; batches > 0; ) {
      const batch = tally.unacknowledged()
      if (!batch) return
      try {
        await send(meter, batch)
        tally.acknowledge(batch)
        batches -= 1
      } catch (error) {
        const pause = RETRY_MS[failures++]
        if (pause === undefined) {
          console.warn(`${meter} was not told of ${batch.counts.length} counts; they wait`, error)
          return
        }
        await sleep(pause)
      }
      // A reset forgot it meanwhile.
      if (this.#tallies.get(meter) !== tally) return
    }
  }
}
