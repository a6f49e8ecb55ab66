/**
 * Max-min fairness: the largest share such that nobody gets more than it or than they want, and no more than `limit`
 * is given out. Not a whole number in general. `demands` add up to more than `limit`.
 */
export function fairShare(demands: readonly number[], limit: number): number {
  const ascending = demands.toSorted((one, other) => one - other)
  let left = limit
  for (const [index, demand] of ascending.entries()) {
    const share = left / (ascending.length - index)
    if (demand >= share) return share
    left -= demand
  }
  return left
}
