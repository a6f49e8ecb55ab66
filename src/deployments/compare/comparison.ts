import {
  addCopies,
  addCounts,
  latencyQuantile,
  type MirrorCounts,
  NO_COPIES,
  NO_COUNTS,
  type VersionCounts,
} from '../feed/version-counts.ts'
import type { ComparedMetric, ComparisonSettings } from '../release.ts'
import { LatenciesTest, type SavedLatencies } from './compare-latencies.ts'
import { type SavedShares, SharesTest } from './compare-shares.ts'

/** What came of one alias or stage since something came last. */
export interface ToldCounts {
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
  /** The strongest evidence against the new version, 1 in the beginning, and from where on it decides. */
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

/** How much of the false-alarm rate each may use: what is worse mostly fails. */
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
  totals: TargetTotals
  readonly #errors: SharesTest
  readonly #refusals: SharesTest
  readonly #latency: LatenciesTest
  /** What decided, once something has. */
  worst: Finding | undefined

  constructor(target: string, saved?: TargetState) {
    this.totals = saved?.totals ?? { target, baseline: NO_COUNTS, canary: NO_COUNTS, mirrored: NO_COPIES }
    this.#errors = new SharesTest(saved?.errors)
    this.#refusals = new SharesTest(saved?.refusals)
    this.#latency = new LatenciesTest(saved?.latency)
    this.worst = saved?.worst
  }

  add({ target, baseline, canary, mirrored = NO_COPIES }: ToldCounts): void {
    const { totals } = this
    this.totals = {
      target,
      baseline: addCounts(totals.baseline, baseline),
      canary: addCounts(totals.canary, canary),
      mirrored: addCopies(totals.mirrored, mirrored),
    }
    // A copy is as good a sample of the new version as a request: it was drawn like one.
    const seen = addCounts(canary, mirrored.copies)
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
    const { baseline } = this.totals
    const share = finding === 'errors' ? failed : refused
    return shareOf(share(this.seen)) - shareOf(share(baseline)) >= SMALLEST_INCREASE
  }

  /** Of the new version: requests and copies. */
  get seen(): VersionCounts {
    return addCounts(this.totals.canary, this.totals.mirrored.copies)
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
  readonly #settings: ComparisonSettings
  readonly #targets: ReadonlyMap<string, ComparedTarget>

  /**
   * @param targets what is released together: see `targetId`
   * @param saved what {@link Comparison.state} was
   */
  constructor(settings: ComparisonSettings, targets: readonly string[], saved?: ComparisonState) {
    this.#settings = settings
    const known = new Map(saved?.targets.map(state => [state.totals.target, state]))
    this.#targets = new Map(targets.map(target => [target, new ComparedTarget(target, known.get(target))]))
  }

  /** What isolates have told; of another target nothing is taken. */
  add(told: ToldCounts): void {
    const target = this.#targets.get(told.target)
    if (!target) return
    target.add(told)
    target.worst ??= this.#findings.find(
      finding => target.evidence(finding) >= this.#threshold(finding) && target.matters(finding),
    )
  }

  verdict(): Verdict {
    let strongest: { target: ComparedTarget; finding: Finding; over: number } | undefined
    for (const target of this.#targets.values()) {
      for (const finding of this.#findings) {
        const isWorst = target.worst === finding
        const over = isWorst ? Number.POSITIVE_INFINITY : target.evidence(finding) - this.#threshold(finding)
        if (!strongest || over > strongest.over) strongest = { target, finding, over }
      }
    }
    const totals = [...this.#targets.values()].map(target => target.totals)
    if (!strongest)
      return { kind: 'undecided', reason: 'Nothing is compared.', evidence: 1, threshold: 1, totals }
    const { target, finding, over } = strongest
    const figures = {
      evidence: Math.exp(target.evidence(finding)),
      threshold: Math.exp(this.#threshold(finding)),
      totals,
    }
    const reason = describe(target, finding)
    return over === Number.POSITIVE_INFINITY
      ? { kind: 'worse', target: target.totals.target, finding, reason, ...figures }
      : { kind: 'undecided', reason, ...figures }
  }

  state(): ComparisonState {
    return { targets: [...this.#targets.values()].map(target => target.state()) }
  }

  get #findings(): readonly Finding[] {
    return FINDINGS.filter(finding => this.#settings.metrics.includes(PARTS[finding].metric))
  }

  /** Natural logarithm of the evidence from which on a finding decides: its part of the rate, split among targets. */
  #threshold(finding: Finding): number {
    const all = this.#findings.reduce((sum, each) => sum + PARTS[each].weight, 0)
    const part = PARTS[finding].weight / all / this.#targets.size
    return -Math.log(this.#settings.falseAlarmRate * part)
  }
}

const failed = ({ errors, calls }: VersionCounts) => ({ hits: errors, of: calls })
const refused = ({ refused: hits, calls }: VersionCounts) => ({ hits, of: calls })

const shareOf = ({ hits, of }: { hits: number; of: number }): number => (of === 0 ? 0 : hits / of)

function describe(target: ComparedTarget, finding: Finding): string {
  const { baseline, target: name } = target.totals
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
