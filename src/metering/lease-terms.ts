import { isWorthHolding, LEASE, MIN_LEASABLE_BURST } from './lease-protocol.ts'
import type { LeasedBucket } from './leased-bucket.ts'

/** Leases stop well before a quota ends: the last requests are decided one by one. */
const LEASE_SHARE_OF_QUOTA = 1 / 16
const LARGEST_LEASE = 10_000
/** Long leases leave so much of a bucket: what is left of it is shared by leases that live as briefly as a key's. */
const KEPT_FROM_LONG_LEASES = 1 / 4

export interface Wanted {
  readonly extra: number
  /** The caller's round trip, milliseconds. */
  readonly rtt: number
  readonly lifeWanted?: number
  /** Callers that are to have a share. */
  readonly callers: number
  /** At which all of them may call without overloading the object, milliseconds. */
  readonly fairIntervalMs: number
}

export interface LeaseTerms {
  readonly tokens: number
  readonly lifeMs: number
}

const NO_LEASE: LeaseTerms = { tokens: 0, lifeMs: 0 }

/**
 * What may be leased of a request's buckets, of which `tokens` whole ones are left in each, where its ceilings leave
 * room for `left` requests. `longest`: how long a lease of this meter may live at most.
 */
export function leaseTerms(
  wanted: Wanted,
  buckets: readonly LeasedBucket[],
  tokens: number,
  left: number,
  longest: number,
): LeaseTerms {
  if (wanted.extra < LEASE.smallest) return NO_LEASE
  if (buckets.some(({ burst }) => burst < MIN_LEASABLE_BURST)) return NO_LEASE
  const long = longest > LEASE.maxLife ? longLease(wanted, buckets, tokens, longest) : NO_LEASE
  if (long.tokens > 0) return long
  const lifeMs = shortLife(wanted, buckets)
  if (lifeMs === 0) return NO_LEASE
  const { extra, lifeWanted = 0 } = wanted
  // What somebody wants for half a minute is not needed at once.
  const needed = lifeWanted > LEASE.maxLife ? Math.ceil((extra * lifeMs) / lifeWanted) : extra
  let most = Math.min(needed, Math.floor(left * LEASE_SHARE_OF_QUOTA), LARGEST_LEASE, tokens)
  for (const { room } of buckets) most = Math.min(most, room)
  if (wanted.callers > 1 && tokens !== Number.POSITIVE_INFINITY) most = Math.min(most, Math.ceil(tokens / 2))
  return most >= LEASE.smallest ? { tokens: most, lifeMs } : NO_LEASE
}

/** How long a lease lives that lets a change of its key go unnoticed; 0 when requests are decided one by one. */
function shortLife({ rtt, fairIntervalMs }: Wanted, buckets: readonly LeasedBucket[]): number {
  const refill = Math.min(...buckets.map(({ halfRefillMs }) => halfRefillMs))
  const bound = Math.min(LEASE.maxLife, refill)
  if (bound < LEASE.minLife) return 0
  // A bucket that holds half a second of its rate twice over does not miss what is out a little longer.
  const usual = refill >= 2 * LEASE.maxLife ? LEASE.maxLife : LEASE.usualLife
  const life = Math.min(bound, Math.ceil(Math.max(usual, 3 * rtt, fairIntervalMs)))
  return isWorthHolding(life, rtt) ? life : 0
}

/**
 * A lease for as long as the caller can use it, while the bucket is far from empty: of the half that may be out, at
 * most the caller's fair share, and at most half of what is free of it, so that there is something for whoever comes
 * next. With less than it wanted, the caller has it for so much less time.
 */
function longLease(
  { extra, rtt, lifeWanted = 0, callers }: Wanted,
  buckets: readonly LeasedBucket[],
  tokens: number,
  longest: number,
): LeaseTerms {
  if (lifeWanted <= LEASE.maxLife) return NO_LEASE
  let most = Math.min(extra, LARGEST_LEASE)
  for (const { burst, room } of buckets) {
    if (burst === Number.POSITIVE_INFINITY) continue
    most = Math.min(most, Math.floor(room / 2), Math.floor(burst / 2 / Math.max(2, callers)))
    most = Math.min(most, Math.floor(tokens - burst * KEPT_FROM_LONG_LEASES))
  }
  const life = Math.floor(Math.min(lifeWanted, longest) * Math.min(1, most / extra))
  const isWorthIt = most >= LEASE.smallest && life > LEASE.maxLife && isWorthHolding(life, rtt)
  return isWorthIt ? { tokens: most, lifeMs: life } : NO_LEASE
}
