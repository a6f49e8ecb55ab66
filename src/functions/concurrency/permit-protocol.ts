/**
 * What isolates and a function's ConcurrencyMeter object say to each other. docs/design/concurrency.md has the
 * protocol with its proofs.
 *
 * A request says how many permits the caller goes on counting on whatever the answer is (`keep`), and how many calls
 * wait for one. The reply says how many permits the caller has from now on, all of them together.
 */
export const PERMIT_PROTOCOL = 1

/** Milliseconds; see docs/design/concurrency.md for where each number comes from. */
export const PERMITS = {
  /** Permits are good for so long after the request that brought or renewed them was *sent*. */
  life: 10_000,
  /** The object counts them so much longer: an isolate's timers may be late, and ending a call takes time. */
  margin: 2_000,
  /** When an isolate with running calls asks again: so that two lost calls in a row end nobody's call. */
  renewal: 3_000,
  /** The same while few permits are left, so that it soon learns that others want some. */
  scarceRenewal: 1_000,
  /** A permit that nobody used for so long is given back. */
  idle: 1_000,
  /** The same while few permits are left. */
  scarceIdle: 20,
  /** The object keeps a request that it can give nothing to for so long: a permit may come back meanwhile. */
  park: 100,
  /** How long an isolate repeats a refusal from memory. */
  refusalMemory: 100,
} as const

/** The object looks after what it has counted for long this often, in real milliseconds. */
export const TICK_MS = 3_000

/**
 * Permits that saw so many ticks since they were renewed are let go of: between the first and the last of them
 * at least life + margin have passed.
 */
export const TICKS_TO_LET_GO = (PERMITS.life + PERMITS.margin) / TICK_MS + 1

export interface PermitRequest {
  readonly protocol: number
  /** One isolate's account with this object. */
  readonly caller: string
  /** Grows with every request of a caller. The same number is the same request, an older one is void. */
  readonly seq: number
  /** The function's reserved concurrency, as the caller's pointer says. */
  readonly limit: number
  /** Of that pointer: the newest holds. */
  readonly generation: number
  /** Permits that the caller has and keeps, used or not. What it had beyond is given back. */
  readonly keep: number
  /** Calls that wait for this request's answer. */
  readonly waiting: number
  /** Permits that the caller expects to need soon, beyond those. */
  readonly spare: number
  /** Permits that the caller could use at once: what it keeps, the waiting calls, and those it refused lately. */
  readonly demand: number
}

export interface PermitReply {
  readonly protocol: number
  readonly seq: number
  /** All permits of the caller. */
  readonly permits: number
  /** From the sending of the request on. */
  readonly lifeMs: number
  /** More than so many the caller should give back as soon as calls end, since others wait. Null: as many as it likes. */
  readonly share: number | null
  /** A permit that was not used for so long should be given back. */
  readonly idleMs: number
  /** When a caller with running calls should ask again, from the sending on. */
  readonly renewMs: number
  /** Calls that got no permit should be refused without asking for so long. */
  readonly retryMs: number
}
