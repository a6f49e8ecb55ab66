import type { Clock } from '../../lib/clock.ts'
import { utcDay } from '../../lib/utc-day.ts'
import { type ExecutionBatch, executionMeterName } from './execution-batch.ts'
import { ExecutionTally } from './execution-tally.ts'
import type { Execution, ExecutionUsage } from './execution-usage.ts'

/** How long calls are gathered before the meters are told: what an isolate that dies takes with it. */
const FLUSH_MS = 1_000

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

/** Counts an isolate's calls in memory, and tells the meters about once a second, off the requests' path. */
export class ExecutionRecorder implements ExecutionUsage {
  readonly #options: RecorderOptions
  readonly #tallies = new Map<string, ExecutionTally>()
  /** Until then a flush that is planned is waited for; epoch milliseconds. */
  #plannedUntil = 0

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
    const longest = FLUSH_MS + OVERDUE_MS
    // The second: a clock that was set back must not put flushes off.
    if (now < this.#plannedUntil && this.#plannedUntil <= now + longest) return
    this.#plannedUntil = now + longest
    defer(this.#flushLater())
  }

  /** Tells the meters now what they do not have yet. Never rejects: what they do not take is kept. */
  async flush(): Promise<void> {
    this.#plannedUntil = 0
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
    await this.#options.sleep(FLUSH_MS)
    await this.flush()
  }

  async #tell(meter: string, tally: ExecutionTally): Promise<void> {
    const { send, sleep } = this.#options
    for (let failures = 0; ; ) {
      const batch = tally.unacknowledged()
      if (!batch) return
      try {
        await send(meter, batch)
        tally.acknowledge(batch)
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
