import type { Clock } from '../lib/clock.ts'
import { LEASE } from './lease-protocol.ts'
import type { MeterMemory } from './meter-memory.ts'

const SWEEP_MS = LEASE.maxLife + LEASE.margin
/** `waitUntil` allows 30 s; a sweep ends before and the next lease starts another. */
const LONGEST_SWEEP_MS = 20_000

interface SweepLeasesOptions {
  readonly defer: (work: Promise<unknown>) => void
  readonly sleep: (ms: number) => Promise<void>
}

/**
 * Sees to it that what is not spent of a key's leases returns when no further call takes it along. What is held of
 * methods and accounts just ends: nobody is told of its use, and a call would cost more than the tokens are worth.
 */
export class SweepLeases {
  readonly #options: SweepLeasesOptions
  readonly #now: Clock
  readonly #giveBack: (meter: MeterMemory) => Promise<void>

  /** `giveBack`: returns what is owed by a call of its own, if anything is. */
  constructor(options: SweepLeasesOptions, now: Clock, giveBack: (meter: MeterMemory) => Promise<void>) {
    this.#options = options
    this.#now = now
    this.#giveBack = giveBack
  }

  /** There is something to see to. */
  later(meter: MeterMemory): void {
    if (meter.level !== 'key') return
    const now = this.#now()
    if (meter.sweep && now - meter.sweep.wokeAt < 3 * SWEEP_MS) return
    meter.sweep = { wokeAt: now }
    this.#options.defer(this.#sweep(meter, meter.sweep, now))
  }

  async #sweep(meter: MeterMemory, sweep: { wokeAt: number }, startedAt: number): Promise<void> {
    for (;;) {
      await this.#options.sleep(SWEEP_MS)
      // Another one has taken over.
      if (meter.sweep !== sweep && meter.sweep) return
      const now = this.#now()
      sweep.wokeAt = now
      for (const slot of meter.slots) {
        slot.dropEnded(now)
        slot.dropLostFlights(now)
      }
      const { isIdle } = meter
      // No call takes along what is owed to an object that is not asked any more.
      if (isIdle || meter.routes.owesElsewhere(now)) await this.#giveBack(meter)
      // Requests that passed are told of for as long as that may be tried.
      if (isIdle && (now - startedAt >= LONGEST_SWEEP_MS || meter.slots.every(({ passed }) => passed <= 0)))
        break
      // Makes way for another, which the next lease starts; until then it goes on.
      if (now - startedAt >= LONGEST_SWEEP_MS) meter.sweep = undefined
    }
    meter.sweep = undefined
  }
}
