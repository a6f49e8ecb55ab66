import { binStart, type LatencyBins, latencyBin } from '../feed/version-counts.ts'
import { logMean, type SavedShares, SharesTest } from './compare-shares.ts'

export interface SavedLatencies {
  readonly known: LatencyBins
  readonly tests: readonly SavedShares[]
}

/** Where latencies are looked at, lowest first: a version may be slower for all, or for a few. */
const QUANTILES = [0.5, 0.9, 0.99]

/** A version may take so much longer: whichever is more. */
const TOLERATED_FACTOR = 1.3
const TOLERATED_MS = 10

/** Calls of the baseline from which its quantiles are known well enough to be of use. */
const LEAST_KNOWN = 20

/**
 * Evidence that the canary takes longer than the baseline by more than is tolerated. At some quantiles of the baseline's
 * latencies, as they were known before a block of calls came, it compares how many were slower: of the canary's, slower
 * than that and what is tolerated. Nothing is assumed of how latencies are distributed.
 */
export class LatenciesTest {
  readonly #known: Record<number, number>
  #total: number
  readonly #tests: readonly SharesTest[]

  constructor(saved?: SavedLatencies) {
    this.#known = { ...saved?.known }
    this.#total = sizeOf(this.#known)
    this.#tests = QUANTILES.map((_, i) => new SharesTest(saved?.tests[i]))
  }

  add(baseline: LatencyBins, canary: LatencyBins): void {
    const ofBaseline = sizeOf(baseline)
    if (this.#total >= LEAST_KNOWN) {
      const ofCanary = sizeOf(canary)
      for (const [i, bin] of quantileBins(this.#known, this.#total).entries()) {
        const start = binStart(bin + 1)
        const tolerated = latencyBin(Math.max(start * TOLERATED_FACTOR, start + TOLERATED_MS))
        this.#tests[i]!.add(
          { hits: above(baseline, bin), of: ofBaseline },
          { hits: above(canary, tolerated), of: ofCanary },
        )
      }
    }
    for (const bin in baseline) this.#known[bin] = (this.#known[bin] ?? 0) + baseline[bin]!
    this.#total += ofBaseline
  }

  /** Natural logarithm of the evidence: 0 in the beginning. */
  get logEvidence(): number {
    return logMean(this.#tests.map(test => test.logEvidence))
  }

  state(): SavedLatencies {
    return { known: { ...this.#known }, tests: this.#tests.map(test => test.state()) }
  }
}

function sizeOf(latency: LatencyBins): number {
  let sum = 0
  for (const bin in latency) sum += latency[bin]!
  return sum
}

function above(latency: LatencyBins, bin: number): number {
  let hits = 0
  for (const each in latency) if (Number(each) > bin) hits += latency[each]!
  return hits
}

/** The bins in which {@link QUANTILES} lie. Keys of an object that are whole numbers come in their order. */
function quantileBins(latency: LatencyBins, total: number): number[] {
  const bins: number[] = []
  let seen = 0
  for (const bin in latency) {
    seen += latency[bin]!
    while (bins.length < QUANTILES.length && seen >= QUANTILES[bins.length]! * total) bins.push(Number(bin))
    if (bins.length === QUANTILES.length) break
  }
  return bins
}
