import { DAY_MS } from '../src/lib/utc-day.ts'

/** A key that wrote so many rows since the usage table heard of it is hot; one of a request a minute does so in four hours. */
const HOT_ROWS = 240
const HOT_MS = 20 * 60_000
/** Others are rolled up some hours after their first request, and in the hour after the day has ended. */
const SLOW_MS = 4 * 3_600_000
const SLOW_SPREAD_MS = 2 * 3_600_000
const AFTER_DAY_MS = 3_600_000
/** What is left when a key is deleted waits for what isolates still return. */
const DELETED_MS = 5_000
/** A database that did not answer is asked again after this, and up to twice this. */
const AGAIN_MS = 20_000

/**
 * The one alarm of a key's meter, for two things: what is reserved is settled before the object is evicted, and the
 * usage table hears of usage. An alarm that is set costs as much as a row that is written, so one that rings too early
 * is set again when it rings and not with every request.
 *
 * Times are the machine's, epoch milliseconds.
 */
export class MeterAlarm {
  readonly #storage: DurableObjectStorage
  readonly #random: () => number
  #setFor: number | undefined
  #rollUpAt: number | undefined
  #rolledAt: number
  #rows = 0

  constructor(storage: DurableObjectStorage, now: number, random: () => number = Math.random) {
    this.#storage = storage
    this.#rolledAt = now
    this.#random = random
  }

  /**
   * Before anything else. An alarm that is set already stays: putting it off at every start could do so for ever. It
   * is one for rolling up, unless the life before ended by a crash; then the usage table hears of it earlier.
   *
   * `isBehind`: rows were written that the usage table does not have. Without an alarm for them it is the one that is
   * ringing, or one that the platform has given up after six tries.
   * https://developers.cloudflare.com/durable-objects/api/alarms/
   */
  async load(isBehind: boolean, now: number): Promise<void> {
    this.#setFor = (await this.#storage.getAlarm()) ?? undefined
    this.#rollUpAt = this.#setFor ?? (isBehind ? now : undefined)
  }

  /** So many rows were written that the usage table does not have. */
  rowsWritten(rows: number, now: number): void {
    this.#rows += rows
    if (this.#rollUpAt === undefined) {
      const dayEnds = (Math.floor(now / DAY_MS) + 1) * DAY_MS
      this.#rollUpAt = Math.min(
        now + SLOW_MS + this.#random() * SLOW_SPREAD_MS,
        dayEnds + this.#random() * AFTER_DAY_MS,
      )
    }
    // Not earlier than twenty minutes after it heard last: three rows an hour.
    if (this.#rows >= HOT_ROWS)
      this.#rollUpAt = Math.min(this.#rollUpAt, Math.max(now, this.#rolledAt + HOT_MS))
  }

  /** The key is no more: nobody asks it for its usage any more, as GetUsage does. */
  keyDeleted(now: number): void {
    if (this.#rollUpAt !== undefined) this.#rollUpAt = Math.min(this.#rollUpAt, now + DELETED_MS)
  }

  /** Sees to it that it rings in time; `settleIn`: in so many milliseconds at the latest. */
  plan(settleIn: number | undefined, now: number): void {
    const settleAt = settleIn === undefined ? Number.POSITIVE_INFINITY : now + settleIn
    // The platform keeps whole milliseconds: one that rings within the millisecond before its time is not due.
    const wanted = Math.ceil(Math.min(settleAt, this.#rollUpAt ?? Number.POSITIVE_INFINITY))
    if (wanted >= (this.#setFor ?? Number.POSITIVE_INFINITY)) return
    this.#setFor = wanted
    this.#storage.setAlarm(wanted)
  }

  /** It has gone off; whether it is time to roll up. */
  rang(now: number): boolean {
    this.#setFor = undefined
    return this.#rollUpAt !== undefined && this.#rollUpAt <= now
  }

  /** The usage table is being told of everything. */
  rolledUp(now: number): void {
    this.#rolledAt = now
    this.#rollUpAt = undefined
    this.#rows = 0
  }

  /** The usage table was not reached. */
  failed(now: number): void {
    this.#rollUpAt = now + AGAIN_MS * (1 + this.#random())
  }

  async cancel(): Promise<void> {
    this.#setFor = undefined
    this.#rollUpAt = undefined
    await this.#storage.deleteAlarm()
  }
}
