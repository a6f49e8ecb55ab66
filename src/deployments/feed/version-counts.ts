/** What became of calls or requests that one version served. Whole numbers. */
export interface VersionCounts {
  /** That came to an end, well or not; throttled ones are not among them. */
  readonly calls: number
  /** Calls that failed; requests that were answered with a 5xx. */
  readonly errors: number
  /** Requests that were answered with a 4xx other than 429; no call of a function is. */
  readonly refused: number
  readonly throttles: number
  /**
   * How long those took that went well and did not have to load anything, as {@link latencyBin} counts: what is loaded
   * is colder where less traffic goes, which says nothing about a version.
   */
  readonly latency: LatencyBins
}

/** How many by bin; bins without any are left out. */
export type LatencyBins = Readonly<Record<number, number>>

/** Copies of requests that the new version was given while the old one answered. */
export interface MirrorCounts {
  /** What became of the copies. */
  readonly copies: VersionCounts
  /** Of those that both versions served well, how many were compared ... */
  readonly compared: number
  /** ... and how many were answered otherwise. */
  readonly differed: number
}

/** Bins in which latencies double. */
const PER_DOUBLING = 8

/** Of a latency in milliseconds: each bin is 9 % wider than the one before. All below a millisecond are in the first. */
export const latencyBin = (ms: number): number => (ms < 1 ? 0 : 1 + Math.floor(Math.log2(ms) * PER_DOUBLING))

/** Milliseconds at which a bin begins. */
export const binStart = (bin: number): number => (bin === 0 ? 0 : 2 ** ((bin - 1) / PER_DOUBLING))

export const NO_COUNTS: VersionCounts = { calls: 0, errors: 0, refused: 0, throttles: 0, latency: {} }

export const NO_COPIES: MirrorCounts = { copies: NO_COUNTS, compared: 0, differed: 0 }

export const addCounts = (one: VersionCounts, other: VersionCounts): VersionCounts => combine(one, other, 1)

/** Counts that are added up as they come. */
export class CountsSum {
  calls: number
  errors: number
  refused: number
  throttles: number
  readonly latency: Record<number, number>

  constructor({ calls, errors, refused, throttles, latency }: VersionCounts = NO_COUNTS) {
    this.calls = calls
    this.errors = errors
    this.refused = refused
    this.throttles = throttles
    this.latency = { ...latency }
  }

  add({ calls, errors, refused, throttles, latency }: VersionCounts): void {
    this.calls += calls
    this.errors += errors
    this.refused += refused
    this.throttles += throttles
    for (const bin in latency) this.latency[bin] = (this.latency[bin] ?? 0) + latency[bin]!
  }

  /** As they are now. */
  get counts(): VersionCounts {
    const { calls, errors, refused, throttles, latency } = this
    return { calls, errors, refused, throttles, latency: { ...latency } }
  }
}

/** What came to `later` since it was `earlier`. */
export const countsSince = (later: VersionCounts, earlier: VersionCounts): VersionCounts =>
  combine(later, earlier, -1)

export const addCopies = (one: MirrorCounts, other: MirrorCounts): MirrorCounts =>
  combineCopies(one, other, 1)

export const copiesSince = (later: MirrorCounts, earlier: MirrorCounts): MirrorCounts =>
  combineCopies(later, earlier, -1)

const combineCopies = (one: MirrorCounts, other: MirrorCounts, sign: 1 | -1): MirrorCounts => ({
  copies: combine(one.copies, other.copies, sign),
  compared: one.compared + sign * other.compared,
  differed: one.differed + sign * other.differed,
})

function combine(one: VersionCounts, other: VersionCounts, sign: 1 | -1): VersionCounts {
  const latency: Record<number, number> = { ...one.latency }
  for (const [bin, count] of Object.entries(other.latency)) {
    const sum = (latency[Number(bin)] ?? 0) + sign * count
    if (sum === 0) delete latency[Number(bin)]
    else latency[Number(bin)] = sum
  }
  return {
    calls: one.calls + sign * other.calls,
    errors: one.errors + sign * other.errors,
    refused: one.refused + sign * other.refused,
    throttles: one.throttles + sign * other.throttles,
    latency,
  }
}

/**
 * Milliseconds that a share of calls took at most, as exactly as bins are wide.
 *
 * @param share 0.99 for the 99th percentile
 * @returns undefined without any calls
 */
export function latencyQuantile(latency: LatencyBins, share: number): number | undefined {
  const bins = Object.keys(latency)
    .map(Number)
    .sort((one, other) => one - other)
  let left = share * bins.reduce((sum, bin) => sum + latency[bin]!, 0)
  for (const bin of bins) {
    left -= latency[bin]!
    if (left <= 0) return binStart(bin + 1)
  }
  return undefined
}
