import type { APIGateway, UsagePlan } from '@aws-sdk/client-api-gateway'
import { stages } from '../../../../gateway/control/rest-api-records.ts'
import { setField } from '../../../../lib/fields.ts'
import { shortId } from '../../../../lib/ids.ts'
import {
  apiKeys,
  type PartialThrottle,
  type PlanStageRecord,
  planKeys,
  type StoredPlan,
  type UsagePlanRecord,
  usagePlans,
} from '../../../../metering/control/metering-records.ts'
import { findCommonKey } from '../../../../metering/control/usage-plan-stages.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { commitAndPublish, planOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf, someTags } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import {
  applyPatches,
  integer,
  listingWording,
  number,
  oneOf,
  type Patch,
  type Patchable,
  type PatchTable,
  type ReadValue,
  type Writable,
} from '../patch.ts'
import { checkPlan, readApiStage, sameStage } from '../plan-rules.ts'
import { badRequest, checkRoom, conflict, noSuchKey, noSuchPlan, notFound } from '../refusals.ts'
import { checkTags } from '../tag-rules.ts'

export const usagePlanOperations = {
  async CreateUsagePlan(input, call) {
    const context = contextOf(call)
    const { records } = context
    checkTags(input.tags)
    const { quota } = input
    const doc: UsagePlanRecord = {
      name: input.name,
      description: input.description,
      apiStages: (input.apiStages ?? []).map(({ apiId, stage, throttle }) => {
        if (!apiId || !stage) {
          throw badRequest(
            `Invalid API Stage {api: ${apiId ?? null}, stage: ${stage ?? null}} specified for usageplan ${input.name}`,
          )
        }
        return { apiId, stage, throttle: throttle && { ...throttle } }
      }),
      throttle: input.throttle,
      quota: quota && { limit: quota.limit!, offset: quota.offset ?? 0, period: quota.period! },
      tags: someTags(input.tags),
    }
    checkPlan(doc)
    const id = shortId(6)
    const change = records.change()
    await claimStages(context, change, id, doc.apiStages)
    checkRoom(await records.count(usagePlans, ''), LIMITS.usagePlans, 'Usage Plans for this account')
    await change.create(usagePlans, { parent: '', id }, doc).commit()
    return answer({ id, doc })
  },

  async GetUsagePlan(input, call) {
    const plan = await findPlan(contextOf(call), input.usagePlanId)
    return { ...answer(plan), tags: { ...plan.doc.tags } }
  },

  async GetUsagePlans(input, call) {
    const { records } = contextOf(call)
    if (!input.keyId) return pageOf(records, usagePlans, '', 'usageplans', input, answer)
    const key = await records.get(apiKeys, '', input.keyId)
    if (!key) throw noSuchKey()
    const listed = new Set(key.doc.plans)
    return pageOf(records, usagePlans, '', `usageplans?key=${key.id}`, input, answer, plan =>
      listed.has(plan.id),
    )
  },

  async UpdateUsagePlan(input, call) {
    const context = contextOf(call)
    const { records } = context
    const plan = await findPlan(context, input.usagePlanId)
    const patched = applyPatches(patchesOf(plan.id), plan.doc, input.patchOperations)
    const doc: UsagePlanRecord = {
      ...patched,
      quota: patched.quota && { ...patched.quota, offset: patched.quota.offset ?? 0 },
    }
    checkPlan(doc)
    const change = records.change().replace(usagePlans, plan, doc)
    const added = doc.apiStages.filter(stage => !plan.doc.apiStages.some(before => sameStage(before, stage)))
    await claimStages(context, change, plan.id, added)
    await commitAndPublish(context, change, planOutdated(plan))
    return { ...answer({ id: plan.id, doc }), tags: { ...doc.tags } }
  },

  /** Its keys stay; a key's list drops the plan when it is written next. */
  async DeleteUsagePlan(input, call) {
    const context = contextOf(call)
    const plan = await findPlan(context, input.usagePlanId)
    const [covered] = plan.doc.apiStages
    if (covered) {
      throw badRequest(
        `Cannot delete Usage Plan ${plan.id} because there are API Stages associated with it, including ${covered.apiId}:${covered.stage}`,
      )
    }
    await context.records.change().remove(usagePlans, plan).removeAll(planKeys, plan.id).commit()
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

export async function findPlan({ records }: Context, id: string): Promise<StoredPlan> {
  const plan = await records.get(usagePlans, '', id)
  if (!plan) throw noSuchPlan()
  return plan
}

const badStage = ({ apiId, stage }: PlanStageRecord, planId: string) =>
  notFound(`Invalid API Stage {api: ${apiId}, stage: ${stage}} specified for usageplan ${planId}`)

/**
 * The stages must exist, also when the change is committed, and no key may come to be on two plans of one stage:
 * admission could not tell which of the two holds.
 */
async function claimStages(
  { records }: Context,
  change: Change,
  planId: string,
  added: readonly PlanStageRecord[],
): Promise<void> {
  if (added.length === 0) return
  for (const [i, covered] of added.entries()) {
    if (added.slice(0, i).some(before => sameStage(before, covered))) throw stageThere()
    const found = await records.get(stages, covered.apiId, covered.stage)
    if (!found) throw badStage(covered, planId)
    // Raises the stage's revision: a deletion at the same moment, which found no plan, is then made again.
    change.replace(stages, found, found.doc)
  }
  if ((await records.count(planKeys, planId)) === 0) return
  for (const other of await records.all(usagePlans, '')) {
    if (other.id === planId) continue
    const shared = other.doc.apiStages.find(stage => added.some(covered => sameStage(stage, covered)))
    const key = shared && (await findCommonKey(records, planId, other.id))
    if (key) throw keyOnTwoPlans(key, shared, other.id)
  }
}

const stageThere = () => conflict('Api Stage already exists')

export const keyOnTwoPlans = (key: string, { apiId, stage }: PlanStageRecord, planId: string) =>
  conflict(`API Key ${key} is already associated with API Stage ${apiId}:${stage} by Usage Plan ${planId}`)

/** Limits of one method on one of the plan's stages. */
function methodThrottles(planId: string, draft: Writable<UsagePlanRecord>, { at }: Patch) {
  const wanted = readApiStage(at['apiId:stage'])
  const covered = draft.apiStages.find(stage => sameStage(stage, wanted))
  if (!covered) throw badStage(wanted, planId)
  return covered
}

const methodLimit = (
  planId: string,
  name: keyof PartialThrottle,
  read: ReadValue,
): Patchable<UsagePlanRecord> => ({
  ops: ['add', 'replace'],
  apply(draft, patch) {
    const covered = methodThrottles(planId, draft, patch)
    covered.throttle ??= {}
    const method = patch.at.method!
    setField(covered.throttle, method, { ...covered.throttle[method], [name]: read(patch.value, patch.path) })
  },
})

/** The plan's id stands in the messages. */
const patchesOf = (planId: string): PatchTable<UsagePlanRecord> => ({
  wording: listingWording,
  rows: {
    '/name': { ops: ['replace'] },
    '/description': { ops: ['replace'] },
    '/apiStages': {
      ops: ['add', 'remove'],
      apply(draft, { op, value }) {
        const stage = readApiStage(value)
        const there = draft.apiStages.some(covered => sameStage(covered, stage))
        if (op === 'add') {
          if (there) throw stageThere()
          draft.apiStages.push(stage)
        } else {
          if (!there) throw badStage(stage, planId)
          draft.apiStages = draft.apiStages.filter(covered => !sameStage(covered, stage))
        }
      },
    },
    '/quota': { ops: ['remove'] },
    '/quota/limit': { ops: ['add', 'replace'], value: integer },
    '/quota/offset': { ops: ['add', 'replace'], value: integer },
    '/quota/period': { ops: ['add', 'replace'], value: oneOf('quota period', 'DAY', 'WEEK', 'MONTH') },
    '/throttle': { ops: ['remove'] },
    '/throttle/rateLimit': { ops: ['add', 'replace'], value: number },
    '/throttle/burstLimit': { ops: ['add', 'replace'], value: integer },
    '/productCode': { ops: ['add', 'replace', 'remove'] },
    '/apiStages/{apiId:stage}/throttle': {
      ops: ['remove'],
      apply(draft, patch) {
        delete methodThrottles(planId, draft, patch).throttle
      },
    },
    // Before the row of whole methods: `rateLimit` is not a method.
    '/apiStages/{apiId:stage}/throttle/{method+}/rateLimit': methodLimit(planId, 'rateLimit', number),
    '/apiStages/{apiId:stage}/throttle/{method+}/burstLimit': methodLimit(planId, 'burstLimit', integer),
    '/apiStages/{apiId:stage}/throttle/{method+}': {
      ops: ['remove'],
      apply(draft, patch) {
        const { throttle = {} } = methodThrottles(planId, draft, patch)
        if (!Object.hasOwn(throttle, patch.at.method!)) throw notFound('Invalid method throttle specified')
        delete throttle[patch.at.method!]
      },
    },
  },
})

const answer = ({ id, doc }: { id: string; doc: UsagePlanRecord }): UsagePlan => ({
  id,
  name: doc.name,
  description: doc.description,
  apiStages: doc.apiStages.map(({ apiId, stage, throttle }) => ({
    apiId,
    stage,
    throttle: throttle && Object.keys(throttle).length > 0 ? { ...throttle } : undefined,
  })),
  throttle: doc.throttle,
  quota: doc.quota,
  productCode: doc.productCode,
  tags: someTags(doc.tags),
})
