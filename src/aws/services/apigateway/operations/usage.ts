import type { APIGateway, Usage } from '@aws-sdk/client-api-gateway'
import { DAY_MS, isDay, utcDay } from '../../../../lib/utc-day.ts'
import { planKeys, type UsagePlanRecord } from '../../../../metering/control/metering-records.ts'
import {
  flushUsage,
  listUsedKeys,
  readUsage,
  type UsageQuery,
} from '../../../../metering/control/read-usage.ts'
import { periodOf } from '../../../../metering/quota-period.ts'
import type { Platform } from '../../../../platform.ts'
import { takePage } from '../../../../records/take-page.ts'
import type { Handlers } from '../../../wire/service.ts'
import { commitAndPublish, keyOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageSize, readPosition } from '../pages.ts'
import { applyPatches, integer, listingWording, type PatchTable } from '../patch.ts'
import { badRequest } from '../refusals.ts'
import { findKey } from './api-keys.ts'
import { findMember } from './usage-plan-keys.ts'
import { findPlan } from './usage-plans.ts'

export const usageOperations = {
  /** By key: what it used and what was left, day by day, as far as the days have come. */
  async GetUsage(input, call) {
    const context = contextOf(call)
    const { account, platform } = context
    const { startDate, endDate, keyId } = input
    const days = (readDay(endDate, 'end') - readDay(startDate, 'start')) / DAY_MS + 1
    if (days < 1) throw badRequest('Invalid date range specified: the start date is after the end date')
    if (days > LIMITS.usageDays) {
      throw badRequest(`Invalid date range specified: at most ${LIMITS.usageDays} days can be requested`)
    }
    const plan = await findPlan(context, input.usagePlanId)
    const [lastDay = endDate] = [endDate, utcDay(platform.clock())].sort()
    const query = { account, planId: plan.id, firstDay: startDate, lastDay }

    const list = `usage/${query.planId}/${startDate}/${endDate}`
    const limit = pageSize(input.limit)
    const after = readPosition(list, input.position) ?? ''
    const found = keyId ? [keyId] : await listUsedKeys(platform.env.DB, query, { after, limit: limit + 1 })
    const { items, next } = await takePage(list, found, limit, id => [id])
    return { ...(await usageOf(context, query, items, plan.doc.quota)), startDate, endDate, position: next }
  },

  /** Sets what is left of the key's quota in the period that is running. */
  async UpdateUsage(input, call) {
    const context = contextOf(call)
    const { records, platform, account } = context
    const plan = await findPlan(context, input.usagePlanId)
    const member = await findMember(context, plan.id, input.keyId)
    const key = await findKey(context, input.keyId)
    const { remaining } = applyPatches<{ remaining?: number }>(PATCHES, {}, input.patchOperations)
    const { quota } = plan.doc
    if (!quota) throw badRequest(`Usage Plan ${plan.id} has no quota`)
    const now = platform.clock()
    if (remaining !== undefined) {
      if (remaining < 0) throw badRequest('Invalid value specified for /remaining. Must not be negative')
      // A key that leaves the plan and comes back begins a new record, so its serial has to be a later one by itself.
      const serial = Math.max(now, (member.doc.extraQuota?.serial ?? 0) + 1)
      const extraQuota = { serial, periodStart: periodOf(quota.period, now).firstDay, remaining }
      const change = records.change().replace(planKeys, member, { ...member.doc, extraQuota })
      await commitAndPublish(context, change, keyOutdated(key.alias!))
    }
    const today = utcDay(now)
    const query = { account, planId: plan.id, firstDay: today, lastDay: today }
    const usage = await usageOf(context, query, [key.id], quota)
    const [used] = usage.items?.[key.id]?.[0] ?? [0]
    const items = remaining === undefined ? usage.items : { [key.id]: [[used ?? 0, remaining]] }
    return { ...usage, startDate: today, endDate: today, items }
  },
} satisfies Handlers<APIGateway, Platform>

const PATCHES: PatchTable<{ remaining?: number }> = {
  wording: listingWording,
  rows: { '/remaining': { ops: ['replace'], value: integer } },
}

async function usageOf(
  { account, platform }: Context,
  query: UsageQuery,
  keyIds: readonly string[],
  quota: UsagePlanRecord['quota'],
): Promise<Pick<Usage, 'usagePlanId' | 'items'>> {
  const { planId: usagePlanId, firstDay, lastDay } = query
  if (firstDay > lastDay) return { usagePlanId, items: {} }
  // Meters report in the hour after a day has ended: only the last days can still be missing something.
  const recent = utcDay(platform.clock() - DAY_MS)
  if (lastDay >= recent) await flushUsage(platform.env, account, keyIds)
  const usage = await readUsage(platform.env.DB, query, keyIds, quota)
  const items = [...usage].map(([id, days]) => [id, days.map(day => [...day])])
  return { usagePlanId, items: Object.fromEntries(items) }
}

/** Epoch milliseconds of a `YYYY-MM-DD`. */
function readDay(text: string, which: string): number {
  if (!isDay(text)) throw badRequest(`Invalid ${which} date specified. Must be a day of the form YYYY-MM-DD`)
  return Date.parse(text)
}
