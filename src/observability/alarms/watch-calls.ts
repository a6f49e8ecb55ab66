import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import type { Tags } from '../../lib/tags.ts'
import { type AlarmStatus, alarmWatchName } from './alarm-state.ts'

/** Who is told of alarms: an object, by name, that implements `AlarmListener`. It is remembered until it says stop. */
export interface ListenerAddress {
  readonly binding: 'DEPLOYMENT_DRIVER'
  readonly object: string
}

/** The object that has all alarms of an account in a region. */
export const alarmWatch = (env: Env, account: Account) => env.ALARM_WATCH.getByName(alarmWatchName(account))

/** What the alarms of these names are now, without those that do not exist. */
export async function alarmStatuses(
  env: Env,
  account: Account,
  names: readonly string[],
): Promise<AlarmStatus[]> {
  return names.length === 0 ? [] : alarmWatch(env, account).statuses(names)
}

/**
 * From now on the listener is told of every change of these alarms, at least once and in order; of those that it named
 * before, and not now, no longer. An alarm that does not exist yet is listened to, too.
 *
 * @returns what they are now
 */
export async function listenToAlarms(
  env: Env,
  account: Account,
  names: readonly string[],
  listener: ListenerAddress,
): Promise<AlarmStatus[]> {
  return alarmWatch(env, account).listen(names, listener)
}

export async function stopListening(env: Env, account: Account, listener: ListenerAddress): Promise<void> {
  await alarmWatch(env, account).listen([], listener)
}

/** Undefined: there is no such alarm. */
export async function alarmTags(env: Env, account: Account, name: string): Promise<Tags | undefined> {
  return alarmWatch(env, account).tags(name)
}

/**
 * Takes the tags of these keys away, and then adds others, unless there were too many afterwards.
 *
 * @returns what has become of the alarm's tags; 'too many', and they stay as they were; undefined: there is no such alarm
 */
export async function changeAlarmTags(
  env: Env,
  account: Account,
  name: string,
  change: { readonly remove?: readonly string[]; readonly add?: Tags },
): Promise<Tags | 'too many' | undefined> {
  return alarmWatch(env, account).changeTags(name, change)
}
