import type { Records } from '../../records/records.ts'
import { planKeys, type StoredPlan, usagePlans } from './metering-records.ts'

/** Plans that cover a stage of an API, or any of its stages. An account has at most 300 plans. */
export async function findPlansWithStages(
  records: Records,
  apiId: string,
  stage?: string,
): Promise<StoredPlan[]> {
  const plans = await records.all(usagePlans, '')
  return plans.filter(plan =>
    plan.doc.apiStages.some(
      covered => covered.apiId === apiId && (stage === undefined || covered.stage === stage),
    ),
  )
}

const PAGE = 500

/** A key that is on both plans, if there is one: it could not tell which of them a shared stage belongs to. */
export async function findCommonKey(records: Records, a: string, b: string): Promise<string | undefined> {
  const keys = new Set<string>()
  for await (const id of keyIds(records, a)) keys.add(id)
  if (keys.size === 0) return undefined
  for await (const id of keyIds(records, b)) if (keys.has(id)) return id
  return undefined
}

async function* keyIds(records: Records, planId: string): AsyncGenerator<string> {
  for await (const { id } of records.each(planKeys, planId, { batch: PAGE })) yield id
}
