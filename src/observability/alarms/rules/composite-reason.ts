import type { AlarmRecord } from '../alarm.ts'
import type { AlarmState } from '../alarm-state.ts'
import { awsTime, longDate } from '../aws-times.ts'
import { type AlarmRule, alarmsOfRule } from './parse-alarm-rule.ts'

/**
 * Why a composite alarm is what it is: the alarms of its rule that have changed at this moment, or, when none has, that
 * the alarm itself was put.
 */
export function compositeReason(
  rule: AlarmRule,
  value: AlarmState,
  { arn, isNew }: { readonly arn: string; readonly isNew: boolean },
  alarms: { find(name: string): AlarmRecord | undefined; arnOf(name: string): string },
  now: number,
): { readonly reason: string; readonly reasonData: string } {
  const changed = [...new Set(alarmsOfRule(rule))].flatMap(name => {
    const record = alarms.find(name)
    if (record?.state.since !== now) return []
    return [{ arn: alarms.arnOf(record.definition.AlarmName), state: record.state }]
  })
  const [first] = changed
  return {
    reason: first
      ? `${first.arn} transitioned to ${first.state.value} at ${longDate(first.state.since)}`
      : `${arn} was ${isNew ? 'created' : 'updated'} and its alarm rule evaluates to ${value}`,
    reasonData: JSON.stringify({
      triggeringAlarms: changed.map(child => ({
        arn: child.arn,
        state: { value: child.state.value, timestamp: awsTime(child.state.since) },
      })),
    }),
  }
}
