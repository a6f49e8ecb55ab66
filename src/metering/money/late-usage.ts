import { readMonth } from './billing-month.ts'
import {
  type DayCount,
  daysDiffer,
  type LateUsage,
  type PlanMonth,
  requestChargesOf,
  type Statement,
} from './statement.ts'

/**
 * What is to be charged for usage of months whose statements were issued without it: the difference to what was billed
 * of it by them, and by statements since then.
 *
 * @param issued the key's final statements, in the order in which they were issued: a month may be issued after later ones,
 *   and those have charged for some of it then
 * @param before the month that is billed now, `YYYY-MM`
 * @param plansIn of a month, as the usage table has it now
 */
export function findLateUsage(
  issued: readonly Statement[],
  before: string,
  plansIn: (month: string) => readonly PlanMonth[],
): LateUsage[] {
  const months = issued.map(({ month }) => month).filter(month => month < before)
  return months.sort().flatMap(name => {
    const month = readMonth(name)!
    return plansIn(name).flatMap(plan => {
      const { planId, planName } = plan
      const billedBefore = billedDays(issued, name, planId)
      const after = plan.days
      if (!daysDiffer(billedBefore, after)) return []
      const billed = requestChargesOf({ ...plan, days: billedBefore }, month)
      const right = requestChargesOf(plan, month)
      const currencies = [...new Set([...billed.keys(), ...right.keys()])]
      return currencies.map((currency): LateUsage => {
        const amount = (right.get(currency) ?? 0n) - (billed.get(currency) ?? 0n)
        return { month: name, planId, planName, currency, before: billedBefore, after, amount }
      })
    })
  })
}

/** What the newest statement that speaks of a plan's month says of its days. */
function billedDays(statements: readonly Statement[], month: string, planId: string): readonly DayCount[] {
  const corrected = statements
    .flatMap(({ lateUsage }) => lateUsage)
    .findLast(late => late.month === month && late.planId === planId)
  if (corrected) return corrected.after
  const own = statements.find(statement => statement.month === month)
  return own?.usage.find(usage => usage.planId === planId)?.days ?? []
}
