import type { CompositeAlarmDefinition, StateRecord, Suppression } from './alarm.ts'
import type { AlarmState } from './alarm-state.ts'

/** Of a composite alarm that another one keeps from acting, at one moment. */
export interface Suppressing {
  readonly definition: CompositeAlarmDefinition
  readonly suppression: Suppression | undefined
  /** Of the suppressing alarm; undefined when there is none of that name. */
  readonly suppressor: AlarmState | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** Milliseconds of so many nominal seconds. */
  readonly realMs: (seconds: number) => number
}

/** What waits from now on, and whether the change from `act` to the present state may be acted on now. */
export interface Suppressed {
  readonly suppression: Suppression | undefined
  readonly act?: StateRecord
}

/**
 * The alarm's state has changed from `before`: its actions wait while the suppressing alarm is in ALARM, and for as long
 * as it may take to get there.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
 */
export function suppressedChange(
  { definition, suppression, suppressor, now, realMs }: Suppressing,
  before: StateRecord,
): Suppressed {
  if (suppressor === undefined) return { suppression: undefined, act: before }
  const waiting = suppression?.before ?? before
  if (suppressor === 'ALARM') return { suppression: { by: 'Alarm', before: waiting } }
  if (suppression?.by === 'ExtensionPeriod') return { suppression: { ...suppression, before: waiting } }
  const wait = realMs(definition.ActionsSuppressorWaitPeriod ?? 0)
  return wait === 0
    ? { suppression: undefined, act: waiting }
    : { suppression: { by: 'WaitPeriod', until: now + wait, before: waiting } }
}

/** The suppressing alarm's state has changed from `was`. */
export function suppressorChanged(
  { definition, suppression, suppressor, now, realMs }: Suppressing,
  was: AlarmState | undefined,
): Suppressed {
  const before = suppression?.before
  if (suppressor === 'ALARM') return { suppression: before && { by: 'Alarm', before } }
  if (was !== 'ALARM') return { suppression }
  const extension = realMs(definition.ActionsSuppressorExtensionPeriod ?? 0)
  return extension === 0
    ? { suppression: undefined, act: before }
    : { suppression: { by: 'ExtensionPeriod', until: now + extension, before } }
}

/** Time has passed. */
export function suppressionEnded({ suppression, now }: Suppressing): Suppressed {
  if (suppression?.until === undefined || suppression.until > now) return { suppression }
  return { suppression: undefined, act: suppression.before }
}
