import type { APIGateway, UsagePlanKey } from '@aws-sdk/client-api-gateway'
import { listPlanKeys } from '../../../../metering/control/list-plan-keys.ts'
import {
  type ApiKeyRecord,
  apiKeys,
  type PlanKeyRecord,
  planKeys,
  type StoredPlan,
  usagePlans,
} from '../../../../metering/control/metering-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Records, Stored } from '../../../../records/records.ts'
import { takePage } from '../../../../records/take-page.ts'
import type { Handlers } from '../../../wire/service.ts'
import { commitAndPublish, keyOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageSize, readPosition } from '../pages.ts'
import { sameStage } from '../plan-rules.ts'
import { checkOption, checkRoom, conflict, noSuchKey } from '../refusals.ts'
import { findKey } from './api-keys.ts'
import { findPlan, keyOnTwoPlans } from './usage-plans.ts'

export const usagePlanKeyOperations = {
  async CreateUsagePlanKey(input, call) {
    const context = contextOf(call)
    const { records, platform } = context
    checkOption('key type', input.keyType, ['API_KEY'])
    const plan = await findPlan(context, input.usagePlanId)
    const key = await findKey(context, input.keyId)
    if (await records.get(planKeys, plan.id, key.id)) {
      throw conflict(`Usage Plan ${plan.id} already contains API Key ${key.id}`)
    }
    const others = await plansOf(records, key)
    checkRoom(others.length, LIMITS.plansPerKey, 'Usage Plans for this API Key')
    const change = records.change().expect(usagePlans, plan)
    for (const other of others) {
      const shared = plan.doc.apiStages.find(stage =>
        other.doc.apiStages.some(taken => sameStage(stage, taken)),
      )
      if (shared) throw keyOnTwoPlans(key.id, shared, other.id)
      change.expect(usagePlans, other)
    }
    change
      .create(planKeys, { parent: plan.id, id: key.id }, { since: platform.clock() } satisfies PlanKeyRecord)
      .replace(apiKeys, key, { ...key.doc, plans: [...others.map(other => other.id), plan.id] })
    await commitAndPublish(context, change, keyOutdated(key.alias!))
    return answer(key.id, key.doc)
  },

  async GetUsagePlanKey(input, call) {
    const context = contextOf(call)
    await findPlan(context, input.usagePlanId)
    await findMember(context, input.usagePlanId, input.keyId)
    const key = await findKey(context, input.keyId)
    return answer(key.id, key.doc)
  },

  /** A plan that does not exist has no keys: AWS answers an empty list. */
  async GetUsagePlanKeys(input, call) {
    const { platform, account } = contextOf(call)
    const { usagePlanId: planId, nameQuery: name = '' } = input
    const limit = pageSize(input.limit)
    const list = `usageplans/${planId}/keys?${new URLSearchParams({ name })}`
    const after = readPosition(list, input.position) ?? ''
    const found = await listPlanKeys(platform.env.DB, account, planId, { name, after, limit: limit + 1 })
    const { items, next } = await takePage(list, found, limit, ({ id }) => [id])
    return { items: items.map(({ id, key }) => answer(id, key)), position: next }
  },

  async DeleteUsagePlanKey(input, call) {
    const context = contextOf(call)
    const { records } = context
    await findPlan(context, input.usagePlanId)
    const member = await findMember(context, input.usagePlanId, input.keyId)
    const key = await findKey(context, input.keyId)
    const plans = key.doc.plans.filter(id => id !== input.usagePlanId)
    const change = records
      .change()
      .remove(planKeys, member)
      .replace(apiKeys, key, { ...key.doc, plans })
    await commitAndPublish(context, change, keyOutdated(key.alias!))
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

export async function findMember(
  { records }: Context,
  planId: string,
  keyId: string,
): Promise<Stored<PlanKeyRecord>> {
  const member = await records.get(planKeys, planId, keyId)
  if (!member) throw noSuchKey()
  return member
}

/** Plans that the key is on and that are still there. */
async function plansOf(records: Records, key: Stored<ApiKeyRecord>): Promise<StoredPlan[]> {
  const plans = await Promise.all(
    key.doc.plans.map(async id =>
      (await records.get(planKeys, id, key.id)) ? records.get(usagePlans, '', id) : undefined,
    ),
  )
  return plans.filter(plan => plan !== undefined)
}

const answer = (id: string, doc: ApiKeyRecord): UsagePlanKey => ({
  id,
  type: 'API_KEY',
  value: doc.value,
  name: doc.name,
})
