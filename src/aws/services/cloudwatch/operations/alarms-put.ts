import type { CompositeAlarmDefinition } from '../../../../observability/alarms/alarm.ts'
import { alarmWatch } from '../../../../observability/alarms/watch-calls.ts'
import { commonDefinition } from '../alarm-actions.ts'
import { orRefuse } from '../alarm-refusals.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'
import { metricAlarmOf } from '../metric-alarm-rules.ts'
import { missingParameter, validationError } from '../refusals.ts'
import { newTags } from '../tag-rules.ts'

export const alarmPutOperations = {
  async PutMetricAlarm(input, call) {
    const definition = metricAlarmOf(input, call.region)
    const watch = alarmWatch(call.platform.env, accountOf(call))
    orRefuse(await watch.put(definition, newTags(input.Tags)))
    return {}
  },

  async PutCompositeAlarm(input, call) {
    const { AlarmRule, ActionsSuppressor } = input
    const wait = input.ActionsSuppressorWaitPeriod
    const extension = input.ActionsSuppressorExtensionPeriod
    if (ActionsSuppressor === undefined) {
      if (wait !== undefined || extension !== undefined)
        throw missingParameter('The parameter ActionsSuppressor is required.')
    } else {
      if (wait === undefined) throw missingParameter('The parameter ActionsSuppressorWaitPeriod is required.')
      if (extension === undefined)
        throw missingParameter('The parameter ActionsSuppressorExtensionPeriod is required.')
      if (wait < 0 || extension < 0)
        throw validationError('The periods of an ActionsSuppressor must not be negative')
    }
    const definition: CompositeAlarmDefinition = {
      type: 'composite',
      ...commonDefinition(input, call.region),
      AlarmRule,
      ...(ActionsSuppressor !== undefined && {
        ActionsSuppressor,
        ActionsSuppressorWaitPeriod: wait,
        ActionsSuppressorExtensionPeriod: extension,
      }),
    }
    const watch = alarmWatch(call.platform.env, accountOf(call))
    orRefuse(await watch.put(definition, newTags(input.Tags)))
    return {}
  },
} satisfies CloudWatchHandlers
