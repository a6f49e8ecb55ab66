import type { RefusalReason } from './lease-protocol.ts'

/**
 * What bounds a key's requests on a plan besides its buckets: a quota, a spend budget. A request is admitted only
 * within all of them, and charged to all of them.
 */
export interface Ceiling {
  /** Why a request is refused that it leaves no room for. */
  readonly reason: RefusalReason
  /** What that is answered with, where it is not the reason's usual status. */
  readonly status?: 402 | 429
  readonly message?: string
  /** Requests that it still allows at `wall` (the machine's clock, epoch milliseconds); below 0 after it was lowered. */
  remaining(wall: number): number
  /** When it allows more by itself, epoch milliseconds; Infinity: never. */
  endsAt(wall: number): number
  /** Whether who asks next may find room where there is none now: nobody is refused by that who did not ask. */
  mayGrow?(wall: number): boolean
  /** So many requests were charged to a UTC day; below 0: given back. For those that keep count themselves. */
  charge?(day: string, requests: number): void
}

/** So many requests in each of a calendar's periods, as a key's record says it. */
export interface PeriodLimit {
  readonly limit: number
  readonly period: 'DAY' | 'WEEK' | 'MONTH'
}
