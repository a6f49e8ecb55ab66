import { addCounts, binStart, type LatencyBins, latencyBin, NO_COUNTS } from '../feed/version-counts.ts'
import { type SavedShares, SharesTest, type Tally } from './compare-shares.ts'

export interface SavedLatencies {
  readonly known: LatencyBins
  readonly tests: readonly SavedShares[]
}

/** Where latencies are looked at: a version may be slower for all, or for a few. */
const QUANTILES = [0.5, 0.9, 0.99]

/** A version may take so much longer: the larger of the two counts. */
export const TOLERATED_FACTOR = 1.3
export const TOLERATED_MS = 10

/** Calls of the baseline from which its quantiles are known well enough to be of use. */
const LEAST_KNOWN = 20

/**
 * Evidence that the canary takes longer than the baseline by more than is tolerated. At some quantiles of the baseline's
 * latencies, as they were known before a block of calls came, it compares how many were slower: of the canary's, slower
 * than that and what is tolerated. Nothing is assumed of how latencies are distributed.
 */
export class LatenciesTest {
  #known: LatencyBins
  readonly #tests: readonly SharesTest[]

  constructor(saved?: SavedLatencies) {
    this.#known = saved?.known ?? {}
    this.#tests = QUANTILES.map((_, i) => new SharesTest(saved?.tests[i]))
  }

  add(baseline: LatencyBins, canary: LatencyBins): void {
    const total = sizeOf(this.#known)
    if (total >= LEAST_KNOWN) {
      for (const [i, test] of this.#tests.entries()) {
        const slowFrom = quantileBin(this.#known, total, QUANTILES[i]!) + 1
        const start = binStart(slowFrom)
        const tolerated = latencyBin(Math.max(start * TOLERATED_FACTOR, start + TOLERATED_MS)) + 1
        test.add(slower(baseline, slowFrom), slower(canary, tolerated))
      }
    }
    this.#known = addCounts(
      { ...NO_COUNTS, latency: this.#known },
      { ...NO_COUNTS, latency: baseline },
    ).latency
  }

  /** Natural logarithm of the evidence: 0 in the beginning. */
  get logEvidence(): number {
    const logs = this.#tests.map(test => test.logEvidence)
    const largest = Math.max(...logs)
    return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0) / logs.length)
  }

  state(): SavedLatencies {
    return { known: this.#known, tests: this.#tests.map(test => test.state()) }
  }
}

function sizeOf(latency: LatencyBins): number {
  let sum = 0
  for (const bin in latency) sum += latency[bin]!
  return sum
}

/** Of those that took `bin` or more. */
function slower(latency: LatencyBins, bin: number): Tally {
  let hits = 0
  let of = 0
  for (const each in latency) {
    of += latency[each]!
    if (Number(each) >= bin) hits += latency[each]!
  }
  return { hits, of }
}

/** The bin in which a quantile lies. Keys of an object that are whole numbers come in their order. */
function quantileBin(latency: LatencyBins, total: number, share: number): number {
  let left = share * total
  let last = 0
  for (const bin in latency) {
    left -= latency[bin]!
    last = Number(bin)
    if (left <= 0) break
  }
  return last
}
