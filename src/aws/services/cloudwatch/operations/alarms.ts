import { alarmWatch } from '../../../../observability/alarms/watch-calls.ts'
import { invalidFormat, noSuchAlarm, orRefuse } from '../alarm-refusals.ts'
import { accountOf, type CloudWatchHandlers } from '../context.ts'

export const alarmOperations = {
  async DeleteAlarms(input, call) {
    orRefuse(await alarmWatch(call.platform.env, accountOf(call)).remove(input.AlarmNames))
    return {}
  },

  async SetAlarmState({ AlarmName, StateValue, StateReason, StateReasonData }, call) {
    if (StateReasonData !== undefined && !isJson(StateReasonData)) {
      throw invalidFormat('StateReasonData was not valid JSON')
    }
    const state = { value: StateValue, reason: StateReason, reasonData: StateReasonData }
    const isThere = await alarmWatch(call.platform.env, accountOf(call)).setState(AlarmName, state)
    if (!isThere) throw noSuchAlarm(AlarmName)
    return {}
  },

  /** Of an alarm that does not exist nobody is told. */
  async EnableAlarmActions(input, call) {
    await alarmWatch(call.platform.env, accountOf(call)).enableActions(input.AlarmNames, true)
    return {}
  },

  async DisableAlarmActions(input, call) {
    await alarmWatch(call.platform.env, accountOf(call)).enableActions(input.AlarmNames, false)
    return {}
  },
} satisfies CloudWatchHandlers

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
