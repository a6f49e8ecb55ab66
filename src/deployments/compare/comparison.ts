import {
  addCopies,
  addCounts,
  CountsSum,
  latencyQuantile,
  type MirrorCounts,
  NO_COPIES,
  type VersionCounts,
} from '../feed/version-counts.ts'
import type { ComparedMetric, ComparisonSettings } from '../release.ts'
import { LatenciesTest, type SavedLatencies } from './compare-latencies.ts'
import { logSum, type SavedShares, SharesTest } from './compare-shares.ts'

/** What came of one alias or stage since something came last. */
interface ToldCounts {
  /** See `targetId`. */
  readonly target: string
  readonly baseline: VersionCounts
  readonly canary: VersionCounts
  readonly mirrored?: MirrorCounts
}

/** All that came of one alias or stage. */
export type TargetTotals = Required<ToldCounts>

export interface Verdict {
  /** `worse`: the new version has to go back. Never taken back. */
  readonly kind: 'undecided' | 'worse'
  /** Of `worse`. */
  readonly target?: string
  readonly finding?: Finding
  /** What was found, in a sentence; of `undecided`, how far the comparison is. */
  readonly reason: string
  /** All evidence against the new versions, 1 in the beginning, and from where on it decides. */
  readonly evidence: number
  readonly threshold: number
  readonly totals: readonly TargetTotals[]
}

/** What was found to be worse: failed calls and 5xx, requests answered with a 4xx, or latency. */
export type Finding = 'errors' | 'refusals' | 'latency'

interface TargetState {
  readonly totals: TargetTotals
  readonly errors: SavedShares
  readonly refusals: SavedShares
  readonly latency: SavedLatencies
  readonly worst?: Finding
}

export interface ComparisonState {
  readonly targets: readonly TargetState[]
}

/** How much each counts: what is worse mostly fails. */
const PARTS: Readonly<Record<Finding, { readonly metric: ComparedMetric; readonly weight: number }>> = {
  errors: { metric: 'errors', weight: 6 },
  refusals: { metric: 'errors', weight: 1 },
  latency: { metric: 'latency', weight: 3 },
}

const FINDINGS: readonly Finding[] = ['errors', 'refusals', 'latency']

/**
 * A version that fails more often by less than this stays, however certain it is that it does: 0.2 % of requests.
 */
const SMALLEST_INCREASE = 0.002

class ComparedTarget {
  readonly target: string
  readonly #baseline: CountsSum
  readonly #canary: CountsSum
  #mirrored: MirrorCounts
  readonly #errors: SharesTest
  readonly #refusals: SharesTest
  readonly #latency: LatenciesTest
  /** What decided, once something has. */
  worst: Finding | undefined

  constructor(target: string, saved?: TargetState) {
    this.target = target
    this.#baseline = new CountsSum(saved?.totals.baseline)
    this.#canary = new CountsSum(saved?.totals.canary)
    this.#mirrored = saved?.totals.mirrored ?? NO_COPIES
    this.#errors = new SharesTest(saved?.errors)
    this.#refusals = new SharesTest(saved?.refusals)
    this.#latency = new LatenciesTest(saved?.latency)
    this.worst = saved?.worst
  }

  add({ baseline, canary, mirrored }: ToldCounts): void {
    this.#baseline.add(baseline)
    this.#canary.add(canary)
    if (mirrored) this.#mirrored = addCopies(this.#mirrored, mirrored)
    // A copy is as good a sample of the new version as a request: it was drawn like one.
    const seen = mirrored ? addCounts(canary, mirrored.copies) : canary
    this.#errors.add(failed(baseline), failed(seen))
    this.#refusals.add(refused(baseline), refused(seen))
    this.#latency.add(baseline.latency, seen.latency)
  }

  /** Natural logarithm. */
  evidence(finding: Finding): number {
    if (finding === 'latency') return this.#latency.logEvidence
    if (finding === 'errors') return this.#errors.logEvidence
    return this.#refusals.logEvidence
  }

  /** Whether the difference is large enough to matter, as far as it can be seen. */
  matters(finding: Finding): boolean {
    if (finding === 'latency') return true
    const share = finding === 'errors' ? failed : refused
    return shareOf(share(this.seen)) - shareOf(share(this.#baseline.counts)) >= SMALLEST_INCREASE
  }

  /** Of the new version: requests and copies. */
  get seen(): VersionCounts {
    return addCounts(this.#canary.counts, this.#mirrored.copies)
  }

  get totals(): TargetTotals {
    const { target } = this
    return {
      target,
      baseline: this.#baseline.counts,
      canary: this.#canary.counts,
      mirrored: this.#mirrored,
    }
  }

  state(): TargetState {
    return {
      totals: this.totals,
      errors: this.#errors.state(),
      refusals: this.#refusals.state(),
      latency: this.#latency.state(),
      worst: this.worst,
    }
  }
}

/**
 * The new versions of a release against the old ones, while both serve. It may be asked at any moment, as often as one
 * likes: versions that are as good as their predecessors are called worse in at most `falseAlarmRate` of all
 * releases, over the whole of a release. What it assumes is that requests are independent of each other and drawn:
 * with sticky callers it errs more often where a few callers make most of the requests.
 */
export class Comparison {
  readonly #findings: readonly Finding[]
  /** Natural logarithm of the share that a finding of one target has in all evidence: together they are 1. */
  readonly #shares: Readonly<Record<Finding, number>>
  /** Natural logarithm of the evidence from which on it decides. */
  readonly #threshold: number
  readonly #targets: ReadonlyMap<string, ComparedTarget>

  /**
   * @param targets what is released together: see `targetId`
   * @param saved what {@link Comparison.state} was
   */
  constructor(
    { falseAlarmRate, metrics }: ComparisonSettings,
    targets: readonly string[],
    saved?: ComparisonState,
  ) {
    this.#findings = FINDINGS.filter(finding => metrics.includes(PARTS[finding].metric))
    const weights = this.#findings.reduce((sum, finding) => sum + PARTS[finding].weight, 0)
    const share = (finding: Finding) => Math.log(PARTS[finding].weight / weights / targets.length)
    this.#shares = { errors: share('errors'), refusals: share('refusals'), latency: share('latency') }
    this.#threshold = -Math.log(falseAlarmRate)
    const known = new Map(saved?.targets.map(state => [state.totals.target, state]))
    this.#targets = new Map(targets.map(target => [target, new ComparedTarget(target, known.get(target))]))
  }

  /** What isolates have told; of another target nothing is taken. */
  add(told: ToldCounts): void {
    const target = this.#targets.get(told.target)
    if (!target) return
    target.add(told)
    if (this.isWorse || this.#evidence() < this.#threshold) return
    // What differs by little is no evidence.
    const found = this.#weighed().filter(({ target, finding }) => target.matters(finding))
    if (found.length === 0 || logSum(found.map(({ log }) => log)) < this.#threshold) return
    const { target: worst, finding } = strongestOf(found)
    worst.worst = finding
  }

  /** Whether a new version has to go back, as {@link Comparison.verdict} says in more words. */
  get isWorse(): boolean {
    for (const { worst } of this.#targets.values()) if (worst) return true
    return false
  }

  verdict(): Verdict {
    const targets = [...this.#targets.values()]
    const totals = targets.map(target => target.totals)
    const weighed = this.#weighed()
    if (weighed.length === 0)
      return { kind: 'undecided', reason: 'Nothing is compared.', evidence: 1, threshold: 1, totals }
    const worst = targets.find(target => target.worst)
    const { target, finding } = worst ? { target: worst, finding: worst.worst! } : strongestOf(weighed)
    const figures = {
      reason: describe(target, finding),
      evidence: Math.exp(this.#evidence()),
      threshold: Math.exp(this.#threshold),
      totals,
    }
    return worst
      ? { kind: 'worse', target: target.target, finding, ...figures }
      : { kind: 'undecided', ...figures }
  }

  /**
   * Natural logarithm of all evidence: a mean of evidence is evidence again, however its parts depend on each other.
   * https://doi.org/10.1214/20-AOS2020
   */
  #evidence(): number {
    const weighed = this.#weighed()
    return weighed.length === 0 ? 0 : logSum(weighed.map(({ log }) => log))
  }

  #weighed(): Weighed[] {
    return [...this.#targets.values()].flatMap(target =>
      this.#findings.map(finding => ({
        target,
        finding,
        log: target.evidence(finding) + this.#shares[finding],
      })),
    )
  }

  state(): ComparisonState {
    return { targets: [...this.#targets.values()].map(target => target.state()) }
  }
}

/** What one finding of one target adds to all evidence. */
interface Weighed {
  readonly target: ComparedTarget
  readonly finding: Finding
  /** Natural logarithm. */
  readonly log: number
}

const strongestOf = (weighed: readonly Weighed[]): Weighed =>
  weighed.reduce((strongest, other) => (other.log > strongest.log ? other : strongest))

const failed = ({ errors, calls }: VersionCounts) => ({ hits: errors, of: calls })
const refused = ({ refused: hits, calls }: VersionCounts) => ({ hits, of: calls })

const shareOf = ({ hits, of }: { hits: number; of: number }): number => (of === 0 ? 0 : hits / of)

function describe(target: ComparedTarget, finding: Finding): string {
  const { target: name, totals } = target
  const { baseline } = totals
  const canary = target.seen
  if (finding === 'latency') {
    const at = (counts: VersionCounts, share: number) =>
      `${Math.round(latencyQuantile(counts.latency, share) ?? 0)} ms`
    return `${name}: the new version's median latency is ${at(canary, 0.5)} (p99 ${at(canary, 0.99)}), the old one's ${at(baseline, 0.5)} (p99 ${at(baseline, 0.99)})`
  }
  const of = finding === 'errors' ? failed : refused
  const text = (counts: VersionCounts) => {
    const tally = of(counts)
    return `${tally.hits} of ${tally.of} (${(shareOf(tally) * 100).toFixed(1)} %)`
  }
  const what = finding === 'errors' ? 'failed' : 'were answered with a 4xx'
  return `${name}: of the new version's requests ${text(canary)} ${what}, of the old one's ${text(baseline)}`
}
