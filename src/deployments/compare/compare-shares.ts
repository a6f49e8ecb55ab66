/** How many of so many requests had some property: failed, were slow. */
export interface Tally {
  readonly hits: number
  readonly of: number
}

export interface SavedShares {
  readonly products: readonly number[]
  readonly pending: { readonly baseline: Tally; readonly canary: Tally }
}

/** By what factor the canary's odds may be greater; what is found is as strong as the best of them says, but for ln 6. */
const ODDS_RATIOS = [1.5, 2, 3.5, 8, 25, 100]

const LOG_RATIOS = ODDS_RATIOS.map(Math.log)

const NOTHING: Tally = { hits: 0, of: 0 }

/**
 * Evidence that a property is more frequent among the canary's requests than among the baseline's, looked at as often as
 * one likes. While it is not, the evidence ever comes to `x` with a probability of at most `1 / x` (Ville's inequality).
 *
 * Requests are taken in blocks. In a block that has k hits in all, how many of them are the canary's is
 * hypergeometric if both versions are alike, whatever the share of hits is: so nothing need be known of that share, and
 * it may change from block to block, as when what both versions call has a bad minute. A block's factor is the
 * likelihood of what was seen under some odds ratio against that distribution; it is 1 on average, or less, while the
 * canary is not worse. Products of factors are averaged over odds ratios. Fisher's exact test, made safe to look at:
 * https://doi.org/10.1093/jrsssb/qkae011 (e-values), https://doi.org/10.1371/journal.pone.0299811 (2×2 tables).
 */
export class SharesTest {
  /** Logarithm of the product of all blocks' factors, by odds ratio. */
  readonly #products: number[]
  #baseline: Tally
  #canary: Tally
  #logEvidence: number

  constructor(saved?: SavedShares) {
    this.#products = saved ? [...saved.products] : LOG_RATIOS.map(() => 0)
    this.#logEvidence = logMean(this.#products)
    this.#baseline = saved?.pending.baseline ?? NOTHING
    this.#canary = saved?.pending.canary ?? NOTHING
  }

  /**
   * Requests of one stretch of time. When a block ends must not depend on hits, so it does as soon as it has requests of
   * both versions.
   */
  add(baseline: Tally, canary: Tally): void {
    this.#baseline = plus(this.#baseline, baseline)
    this.#canary = plus(this.#canary, canary)
    if (this.#baseline.of === 0 || this.#canary.of === 0) return
    const factors = logFactors(this.#baseline, this.#canary)
    if (factors) {
      for (const [i, factor] of factors.entries()) this.#products[i]! += factor
      this.#logEvidence = logMean(this.#products)
    }
    this.#baseline = NOTHING
    this.#canary = NOTHING
  }

  /** Natural logarithm of the evidence: 0 in the beginning. */
  get logEvidence(): number {
    return this.#logEvidence
  }

  state(): SavedShares {
    return { products: [...this.#products], pending: { baseline: this.#baseline, canary: this.#canary } }
  }
}

const plus = (one: Tally, other: Tally): Tally => ({ hits: one.hits + other.hits, of: one.of + other.of })

/** Undefined where a block says nothing: all or none of its requests are hits. */
function logFactors(baseline: Tally, canary: Tally): number[] | undefined {
  const hits = baseline.hits + canary.hits
  const of = baseline.of + canary.of
  if (hits === 0 || hits === of) return undefined
  if (hits === 1) {
    const share = canary.of / of
    return ODDS_RATIOS.map(ratio => Math.log((canary.hits === 1 ? ratio : 1) / (1 - share + share * ratio)))
  }
  const least = Math.max(0, hits - baseline.of)
  const most = Math.min(hits, canary.of)
  // Logarithms of probabilities of `least` hits of the canary's, and so on, but for a common summand.
  const logs = [0]
  for (let x = least; x < most; x += 1) {
    const ratio = ((hits - x) * (canary.of - x)) / ((x + 1) * (baseline.of - hits + x + 1))
    logs.push(logs.at(-1)! + Math.log(ratio))
  }
  const all = logSum(logs)
  return LOG_RATIOS.map(
    ratio => canary.hits * ratio - (logSum(logs.map((log, i) => log + (least + i) * ratio)) - all),
  )
}

/** Logarithm of the mean of numbers given by their logarithms. */
export const logMean = (logs: readonly number[]): number => logSum(logs) - Math.log(logs.length)

/** Logarithm of the sum of numbers given by their logarithms. */
export function logSum(logs: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY
  for (const log of logs) if (log > largest) largest = log
  let sum = 0
  for (const log of logs) sum += Math.exp(log - largest)
  return largest + Math.log(sum)
}
