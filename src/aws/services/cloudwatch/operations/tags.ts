import { partsOfArn } from '../../../../lib/arn.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { type Tags, withoutTags } from '../../../../lib/tags.ts'
import { alarmArn } from '../../../../observability/alarms/alarm.ts'
import { alarmTags, changeAlarmTags } from '../../../../observability/alarms/watch-calls.ts'
import { dashboards } from '../../../../observability/dashboards/dashboard-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Call } from '../../../wire/service.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'
import { dashboardRecordsOf, modifyDashboard } from '../dashboard-context.ts'
import { LIMITS } from '../limits.ts'
import { dashboardArn } from '../needs.ts'
import { invalidValue } from '../refusals.ts'
import { newTags } from '../tag-rules.ts'

interface TagChange {
  readonly remove?: readonly string[]
  readonly add?: Tags
}

/** Of alarms and dashboards. */
export const tagOperations = {
  async TagResource({ ResourceARN, Tags }, call) {
    await changeTags(call, ResourceARN, { add: newTags(Tags) })
    return {}
  },

  async UntagResource({ ResourceARN, TagKeys }, call) {
    await changeTags(call, ResourceARN, { remove: TagKeys })
    return {}
  },

  async ListTagsForResource({ ResourceARN }, call) {
    const { kind, name } = resourceOf(call, ResourceARN)
    const tags =
      kind === 'alarm'
        ? await alarmTags(call.platform.env, accountOf(call), name)
        : (await dashboardRecordsOf(call).get(dashboards, '', name))?.doc.tags
    if (!tags) throw unknown(ResourceARN)
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
  },
} satisfies CloudWatchHandlers

async function changeTags(call: Call<Platform>, arn: string, change: TagChange): Promise<void> {
  const { kind, name } = resourceOf(call, arn)
  const changed =
    kind === 'alarm'
      ? await changeAlarmTags(call.platform.env, accountOf(call), name, change)
      : await changeDashboardTags(call, name, change)
  if (!changed) throw unknown(arn)
  if (changed === 'too many') throw invalidValue(`A resource has at most ${LIMITS.tags} tags`)
}

const changeDashboardTags = (call: Call<Platform>, name: string, { remove = [], add = {} }: TagChange) =>
  modifyDashboard(call, async () => {
    const records = dashboardRecordsOf(call)
    const stored = await records.get(dashboards, '', name)
    if (!stored) return undefined
    const tags = { ...withoutTags(stored.doc.tags, remove), ...add }
    if (Object.keys(tags).length > LIMITS.tags) return 'too many' as const
    await records
      .change()
      .replace(dashboards, stored, { ...stored.doc, tags })
      .commit()
    return tags
  })

/** The alarm or dashboard that an ARN names. */
function resourceOf(call: Call<Platform>, text: string): { kind: 'alarm' | 'dashboard'; name: string } {
  const { service, resource } = partsOfArn(text)
  const alarm = /^alarm:(.+)$/.exec(resource)?.[1]
  const dashboard = /^dashboard\/(.+)$/.exec(resource)?.[1]
  if (service !== 'cloudwatch' || (alarm === undefined && dashboard === undefined))
    throw invalidValue(`The value ${text} for parameter ResourceARN is invalid.`)
  // As policies name it, or one could name what they forbid in another spelling.
  const own =
    dashboard === undefined ? alarmArn(accountOf(call), alarm!) : dashboardArn(call.account, dashboard)
  if (text !== own) throw unknown(text)
  return dashboard === undefined ? { kind: 'alarm', name: alarm! } : { kind: 'dashboard', name: dashboard }
}

const unknown = (arn: string): Refusal =>
  new Refusal('ResourceNotFoundException', `Resource ${arn} does not exist`, {
    members: { ResourceType: 'cloudwatch', ResourceId: arn },
  })
