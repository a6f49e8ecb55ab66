import { Comparison } from '../../../src/deployments/compare/comparison.ts'
import { latencyBin, NO_COUNTS, type VersionCounts } from '../../../src/deployments/feed/version-counts.ts'

/** One version, as it is in truth. */
export interface SimulatedVersion {
  /** Share of calls that fail. */
  readonly failing: number
  /** Median latency in milliseconds; latencies are log-normal. */
  readonly medianMs: number
}

export interface SimulatedRelease {
  readonly old: SimulatedVersion
  readonly new: SimulatedVersion
  /** Requests of each telling of isolates. */
  readonly requests: readonly number[]
  /** Of the traffic, by telling. */
  readonly share: (telling: number) => number
  readonly random: () => number
}

export interface SimulatedEnd {
  readonly isWorse: boolean
  readonly finding?: string
  /** Requests that the new version had served by then. */
  readonly canaryRequests: number
}

/** Tells a comparison of requests, drawn one by one, until it decides or there are no more. */
export function simulateRelease(release: SimulatedRelease): SimulatedEnd {
  const comparison = new Comparison({ falseAlarmRate: 0.01, metrics: ['errors', 'latency'] }, ['f:live'])
  let canaryRequests = 0
  for (const [telling, requests] of release.requests.entries()) {
    const share = release.share(telling)
    const baseline = new Counted()
    const canary = new Counted()
    for (let i = 0; i < requests; i += 1) {
      const isNew = release.random() < share
      const counted = isNew ? canary : baseline
      counted.serve(isNew ? release.new : release.old, release.random)
    }
    canaryRequests += canary.calls
    comparison.add({ target: 'f:live', baseline: countsOf(baseline), canary: countsOf(canary) })
    if (comparison.isWorse) return { isWorse: true, finding: comparison.verdict().finding, canaryRequests }
  }
  return { isWorse: false, canaryRequests }
}

const countsOf = ({ calls, errors, latency }: Counted): VersionCounts => ({
  ...NO_COUNTS,
  calls,
  errors,
  latency,
})

class Counted {
  calls = 0
  errors = 0
  readonly latency: Record<number, number> = {}

  serve({ failing, medianMs }: SimulatedVersion, random: () => number): void {
    this.calls += 1
    if (random() < failing) {
      this.errors += 1
      return
    }
    const bin = latencyBin(medianMs * Math.exp(0.6 * normal(random)))
    this.latency[bin] = (this.latency[bin] ?? 0) + 1
  }
}

/** A sum of uniform numbers is near enough to a normal one, and quick. */
const normal = (random: () => number): number => (random() + random() + random() - 1.5) * 2
