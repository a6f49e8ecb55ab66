import { alarmArn } from '../../../observability/alarms/alarm.ts'
import { alarmTags } from '../../../observability/alarms/watch-calls.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { accountOf } from './context.ts'

interface Named {
  readonly AlarmName?: string
  readonly AlarmNames?: readonly string[]
  readonly Tags?: readonly unknown[]
  readonly OKActions?: readonly string[]
  readonly AlarmActions?: readonly string[]
  readonly InsufficientDataActions?: readonly string[]
}

/** Operations that are about alarms: about those that they name, or all. */
const ON_ALARMS = new Set([
  'DeleteAlarms',
  'DescribeAlarmContributors',
  'DescribeAlarmHistory',
  'DescribeAlarms',
  'DisableAlarmActions',
  'EnableAlarmActions',
  'PutCompositeAlarm',
  'PutMetricAlarm',
  'SetAlarmState',
])

/**
 * What operations on alarms ask for; undefined of an operation on something else.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
export function alarmNeeds(input: Named, call: Call<Platform>): Need[] | undefined {
  if (!ON_ALARMS.has(call.operation)) return undefined
  const action = `cloudwatch:${call.operation}`
  const account = accountOf(call)
  const names = input.AlarmNames ?? (input.AlarmName === undefined ? ['*'] : [input.AlarmName])
  return names.flatMap(name => {
    const need: Need = {
      action,
      resource: alarmArn(account, name),
      context: actionKeys(input),
      tags: () => alarmTags(call.platform.env, account, name),
    }
    return input.Tags?.length ? [need, { ...need, action: 'cloudwatch:TagResource' }] : [need]
  })
}

function actionKeys({ OKActions = [], AlarmActions = [], InsufficientDataActions = [] }: Named) {
  const actions = [...OKActions, ...AlarmActions, ...InsufficientDataActions]
  return actions.length > 0 ? { 'cloudwatch:AlarmActions': actions } : undefined
}
