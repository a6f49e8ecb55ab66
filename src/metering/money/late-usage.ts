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
 * @param earlier the key's final statements of the months before, in their order
 * @param plansIn of a month, as the usage table has it now
 */
export function findLateUsage(
  earlier: readonly Statement[],
  plansIn: (month: string) => readonly PlanMonth[],
): LateUsage[] {
  return earlier.flatMap(({ month: name }) => {
    const month = readMonth(name)!
    return plansIn(name).flatMap(plan => {
      const { planId, planName } = plan
      const before = billedDays(earlier, name, planId)
      const after = plan.days
      if (!daysDiffer(before, after)) return []
      const billed = requestChargesOf({ ...plan, days: before }, month)
      const right = requestChargesOf(plan, month)
      const currencies = [...new Set([...billed.keys(), ...right.keys()])]
      return currencies.map((currency): LateUsage => {
        const amount = (right.get(currency) ?? 0n) - (billed.get(currency) ?? 0n)
        return { month: name, planId, planName, currency, before, after, amount }
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
