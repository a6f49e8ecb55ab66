import type { Account } from '../../lib/account.ts'

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** What an alarm is now; undefined in answers where there is no such alarm. */
export interface AlarmStatus {
  readonly name: string
  readonly state: AlarmState
  /** Epoch milliseconds of the last change. */
  readonly since: number
  readonly reason: string
}

/** Told of every change of the alarms that it watches, by the AlarmWatch object. */
export interface AlarmListener {
  alarmChanged(status: AlarmStatus): Promise<void>
}

/** Name of the object that looks at an account's alarms in a region. */
export const alarmWatchName = ({ id, region }: Account): string => `alarms/${id}/${region}`

/** The account and region whose alarms the object of this name looks at. */
export function accountOfWatch(name: string): Account {
  const [, id = '', region = ''] = name.split('/')
  return { id, region }
}
