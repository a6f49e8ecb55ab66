import type { MeterKind } from './key-record.ts'
import type { MethodThrottle } from './method-throttle.ts'

/**
 * What isolates and meter objects say to each other. docs/design/metering.md has the protocol with its proofs.
 *
 * A call carries what the caller needs now (`waiting`), what it expects to need soon (`extra`), and what it gives
 * back of earlier grants. The object answers in two parts: of the `waiting` requests so many are admitted, by its
 * decision and at that moment; and so many tokens may be spent by the caller itself until the lease ends.
 */
export const LEASE_PROTOCOL = 1

/** Milliseconds; see docs/design/metering.md for where each number comes from. */
export const LEASE = {
  /** A lease never lives longer: it is also how long a revoked key or a lowered limit can go unnoticed. */
  maxLife: 250,
  /** The same of methods and accounts, which nobody revokes. */
  longestLife: 30_000,
  /** What a lease lives when nothing asks for more. */
  usualLife: 125,
  /** Fewer tokens are not worth a lease. */
  smallest: 2,
  /** A throttle whose leases would live shorter than this is decided request by request. */
  minLife: 40,
  /** The object lets go of an unreturned lease this much after its life: the isolate's clock stands still between
   *  I/O and may run a little slow. */
  margin: 50,
  /** How long the object remembers a grant, to answer a doubled call alike and to take back what was not used. */
  memory: 10_000,
  /** The longest an isolate repeats a refusal from memory, so that a raised limit is noticed. */
  refusalMemory: 1000,
  /** While leases are out a return may fill the bucket at any time: a refusal is not remembered longer. */
  refusalMemoryWhileLeased: 10,
} as const

/** How long a lease of such a meter may live, milliseconds: keys can be revoked, and nothing else is. */
export const longestLease = (kind: MeterKind): number => (kind === 'key' ? LEASE.maxLife : LEASE.longestLife)

/**
 * The round trip that a caller reckons with, averaged over its calls, after one that was sent at `sentAt` is answered;
 * milliseconds. `before`: 0 when that was the first.
 */
export function nextRtt(before: number, sentAt: number, now: number): number {
  const measured = Math.max(0, now - sentAt)
  return before === 0 ? measured : before + (measured - before) / 4
}

/** A renewal is sent so long before tokens would run out, at a round trip of `rtt`; milliseconds both. */
export const renewAhead = (rtt: number): number => 1.5 * rtt + 5

/**
 * Whether a lease of that life is worth holding. It starts with the sending of the call: a third of it has to be left on
 * arrival.
 */
export const isWorthHolding = (lifeMs: number, rtt: number): boolean => lifeMs >= 1.5 * rtt

/** Throttles with a smaller bucket are decided request by request: a lease of a few tokens saves nothing. */
export const MIN_LEASABLE_BURST = 20

/** More than any grant: "all of it", for a grant whose size the caller never learned. */
export const ALL = 2 ** 31

/** What of a grant was not used. Amounts are totals so far, not increments: repeating a return changes nothing. */
export interface LeaseReturn {
  /** The `id` of the request that the grant answered. */
  readonly id: string
  /** The reply's `grantedAt`; absent when no reply came. A return of another grant under the same id is ignored. */
  readonly grantedAt?: number
  /** Leased tokens that were not spent and never will be. */
  readonly leased: number
  /** Leased tokens that are known to be spent: the bucket need not keep room for them any longer. */
  readonly spent?: number
  /** Admissions that reached no request (its reply was lost or too late for everybody). */
  readonly decided: number
  /** Nothing of the lease will be spent any more. */
  readonly done: boolean
}

export interface LeaseRequest {
  readonly protocol: number
  /** Unique: the same id is the same request, whose reply does not change. Also the id of the lease it may bring. */
  readonly id: string
  /** The isolate. */
  readonly caller: string
  readonly apiId: string
  readonly stage: string
  /** `METHOD /resource/{path}`, for the method level; the key level does not look at it. */
  readonly method?: string
  /** For the meter of a method: by which limits, and as of when. */
  readonly throttle?: MethodThrottle
  /** Requests that wait for this call's answer. */
  readonly waiting: number
  /** Tokens the caller expects to spend within a lease's life, beyond those. */
  readonly extra: number
  /** Round trip that the caller measured to this object, milliseconds. */
  readonly rtt: number
  /** How long the caller could use a lease of `extra` tokens, milliseconds; absent: as long as leases usually live. */
  readonly lifeWanted?: number
  /** Where the caller is: one of the platform's location hints. Relays are made near their callers. */
  readonly place?: string
  /** Of a relay: how many isolates called it lately, and how many calls a second that were. */
  readonly behind?: number
  readonly callsBehind?: number
  /**
   * Requests of this stage that passed while nobody could be asked: debits, without a token of any bucket. A caller
   * whose call was lost says them again, so that usage may be too high and never too low.
   */
  readonly passed?: number
  readonly returns: readonly LeaseReturn[]
}

export type RefusalReason =
  | 'unknown-key'
  | 'disabled-key'
  | 'no-plan-for-stage'
  | 'throttled'
  | 'quota-exceeded'
  | 'budget-exceeded'

export interface LeaseRefusal {
  readonly reason: RefusalReason
  /** What it is answered with, where that is not what the reason is usually answered with. */
  readonly status?: 402 | 429
  readonly message?: string
  /** Milliseconds from the object's decision before which nothing can be granted; whole and at least 1. */
  readonly retryAfterMs: number
}

export interface LeaseReply {
  readonly protocol: number
  readonly id: string
  /** Version of the key record that this was decided by; 0 without a record. */
  readonly version: number
  /** When it was decided, by the object's clock. */
  readonly grantedAt: number
  readonly keyId?: string
  readonly planId?: string
  /** How many of the `waiting` requests are admitted. */
  readonly admitted: number
  /** `tokens` may be spent until `lifeMs` after the caller *sent* the call. */
  readonly lease?: { readonly tokens: number; readonly lifeMs: number }
  /** Why the rest of the waiting requests is refused, and the next one would be: nothing is left to grant. */
  readonly refusal?: LeaseRefusal
  /** The caller should not call again sooner without need: more than 0 when the object is called too often. */
  readonly callAfterMs: number
  /** Methods of the stage that the plan limits apart: a token leased for one of them serves no other. */
  readonly ownMethods?: readonly string[]
  /** The plan's owner would rather have requests pass, for a moment, than be refused while the object is out of reach. */
  readonly whenUnreachable?: 'pass'
  /** What was left right after the decision; only where the plan tells its clients. */
  readonly left?: Left
  /** So many relays of this object stand in each place: the caller asks the one that is its own from now on. */
  readonly relays?: number
}

/** The reply to a call that is granted nothing, and refused nothing either. */
export const emptyReply = (id: string, grantedAt: number, version = 0): LeaseReply => ({
  protocol: LEASE_PROTOCOL,
  id,
  version,
  grantedAt,
  admitted: 0,
  callAfterMs: 0,
})

/** What a bucket and a quota had left at a moment. */
export interface Left {
  /** Requests a second, and the bucket's size. */
  readonly rate?: number
  readonly burst?: number
  readonly tokens?: number
  readonly quota?: { readonly limit: number; readonly left: number; readonly resetMs: number }
}
