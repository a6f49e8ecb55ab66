import type { AlarmState } from '../alarm-state.ts'
import type { AlarmRule } from './parse-alarm-rule.ts'

/**
 * Whether a rule holds.
 *
 * @param stateOf the state of an alarm that the rule names; undefined when there is none: nothing is true of it
 */
export function evaluateAlarmRule(
  rule: AlarmRule,
  stateOf: (alarm: string) => AlarmState | undefined,
): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value
    case 'state':
      return stateOf(rule.alarm) === rule.state
    case 'not':
      return !evaluateAlarmRule(rule.of, stateOf)
    case 'and':
      return rule.all.every(each => evaluateAlarmRule(each, stateOf))
    case 'or':
      return rule.all.some(each => evaluateAlarmRule(each, stateOf))
    case 'at-least': {
      const { alarms, state, negated, count } = rule
      const are = alarms.filter(alarm => (stateOf(alarm) === state) !== negated).length
      return are >= (typeof count === 'number' ? count : Math.ceil(count.share * alarms.length))
    }
  }
}
