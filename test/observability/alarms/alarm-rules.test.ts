import { describe, expect, it } from 'vitest'
import type { AlarmState } from '../../../src/observability/alarms/alarm-state.ts'
import { evaluateAlarmRule } from '../../../src/observability/alarms/rules/evaluate-alarm-rule.ts'
import {
  alarmsOfRule,
  isRuleTrouble,
  parseAlarmRule,
} from '../../../src/observability/alarms/rules/parse-alarm-rule.ts'

const STATES: Readonly<Record<string, AlarmState>> = {
  a: 'ALARM',
  b: 'OK',
  c: 'INSUFFICIENT_DATA',
  'with blank (and more)': 'ALARM',
  'say "hello"': 'ALARM',
}

function holds(text: string): boolean | string {
  const rule = parseAlarmRule(text)
  return isRuleTrouble(rule)
    ? `${rule.at}: ${rule.message}`
    : evaluateAlarmRule(rule, alarm => STATES[alarm.split(':').at(-1)!])
}

describe('the rule of a composite alarm', () => {
  it.each([
    ['TRUE', true],
    ['false', false],
    ['ALARM(a)', true],
    ['ALARM("a")', true],
    ['ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)', true],
    ['OK(a)', false],
    ['INSUFFICIENT_DATA(c)', true],
    ['ALARM("with blank (and more)")', true],
    [String.raw`ALARM("say \"hello\"")`, true],
    ['NOT ALARM(b) AND ALARM(a)', true],
    ['NOT (ALARM(b) OR ALARM(a))', false],
    // AND before OR.
    ['ALARM(a) OR ALARM(a) AND ALARM(b)', true],
    ['(ALARM(a) OR ALARM(a)) AND ALARM(b)', false],
    ['NOT NOT ALARM(a)', true],
    ['ALARM(nobody)', false],
    ['AT_LEAST(2, ALARM, (a, b, "with blank (and more)"))', true],
    ['AT_LEAST(2, OK, (a, b, c))', false],
    ['AT_LEAST(60%, NOT OK, (a, b, c))', true],
    ['AT_LEAST(67%, NOT OK, (a, b, c))', false],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected)
  })

  it.each([
    ['', /^0: expected ALARM, OK/],
    ['ALARM(a', /^7: expected '\)'/],
    ['ALARM(a) OR', /^11: expected ALARM, OK.* and found 'the end'/],
    ['ALARM(a) ALARM(b)', /^9: expected AND, OR or the end and found 'ALARM'/],
    ['BROKEN(a)', /^0: /],
    ['ALARM("a)', /^6: a quoted name does not end/],
    ['ALARM(())', /^6: expected the name of an alarm/],
    ['AT_LEAST(4, ALARM, (a, b))', /asks for 4 of 2 alarms/],
    ['AT_LEAST(0, ALARM, (a, b))', /begins with a number/],
    [`${'('.repeat(5000)}TRUE${')'.repeat(5000)}`, /nested too deeply/],
    [Array.from({ length: 101 }, (_, i) => `ALARM(a${i})`).join(' OR '), /100 alarms at most/],
    [Array.from({ length: 501 }, () => 'TRUE').join(' OR '), /500 elements at most/],
  ])('is refused with what is wrong and where: %s', (text, expected) => {
    expect(holds(text)).toMatch(expected)
  })

  it('names the alarms that it asks about', () => {
    const rule = parseAlarmRule('ALARM(a) AND NOT (OK(b) OR AT_LEAST(1, OK, (c, d)))')
    expect(isRuleTrouble(rule) ? [] : alarmsOfRule(rule)).toEqual(['a', 'b', 'c', 'd'])
  })
})
