/**
 * Bins of a DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
 * guarantees", 2019): each is as much wider than the one before as values may be wrong, so that whatever is in a bin is
 * within 1 % of what stands for it. Counts of equal bins of any two sketches add up.
 *
 * A bin's number is in the order of values: 0 for zero, below it negative values.
 */
const ACCURACY = 0.01
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const LN_GAMMA = Math.log(GAMMA)

/** More than the logarithm of the smallest number above zero, 5e-324, is below zero. */
const OFFSET = 40_000

export function binOf(value: number): number {
  if (value === 0) return 0
  const bin = Math.ceil(Math.log(Math.abs(value)) / LN_GAMMA) + OFFSET
  return value > 0 ? bin : -bin
}

/** What stands for all values of a bin. */
export function valueOfBin(bin: number): number {
  if (bin === 0) return 0
  const value = Math.exp((Math.abs(bin) - OFFSET) * LN_GAMMA) * (2 / (1 + GAMMA))
  return bin > 0 ? value : -value
}
