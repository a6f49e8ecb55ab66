// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import { describe, expect, test } from 'vitest'
import type { ConditionBlock } from '../../../src/identity/policies/policy-document.ts'
import { allow, allows, deny, type Values } from './policy.ts'

const holds = (Condition: ConditionBlock, context: Values = {}): boolean =>
  allows([allow({ Condition })], { context })

describe('an operator', () => {
  test.each<[string, string | string[] | number | boolean, string, boolean]>([
    ['StringEquals', 'red', 'red', true],
    ['StringEquals', 'red', 'Red', false],
    ['StringEquals', 'r*', 'red', false],
    ['StringNotEquals', 'red', 'Red', true],
    ['StringNotEquals', ['red', 'blue'], 'blue', false],
    ['StringEqualsIgnoreCase', 'RED', 'red', true],
    ['StringNotEqualsIgnoreCase', 'RED', 'red', false],
    ['StringLike', 'r?d*', 'reddish', true],
    ['StringLike', 'r?d', 'reddish', false],
    ['StringNotLike', 'r*', 'blue', true],
    ['NumericEquals', '10', '10.0', true],
    ['NumericEquals', 10, '10', true],
    ['NumericNotEquals', '10', '11', true],
    ['NumericLessThan', '10', '9', true],
    ['NumericLessThan', '10', '10', false],
    ['NumericLessThanEquals', '10', '10', true],
    ['NumericGreaterThan', '9', '10', true],
    ['NumericGreaterThanEquals', '10', '10', true],
    ['NumericLessThan', '10', 'nine', false],
    ['NumericLessThan', 'ten', '9', false],
    ['DateEquals', '2026-11-22T00:00:00Z', '2026-11-22T01:00:00+01:00', true],
    ['DateLessThan', '2026-11-22T00:00:00Z', '2026-11-21T23:59:59Z', true],
    ['DateGreaterThan', '1700000000', '2026-11-21T23:59:59Z', true],
    ['DateNotEquals', '2026-11-22T00:00:00Z', '2026-11-22T00:00:00Z', false],
    ['DateLessThanEquals', 'tomorrow', '2026-11-21T23:59:59Z', false],
    ['Bool', 'true', 'true', true],
    ['Bool', true, 'True', true],
    ['Bool', 'true', 'false', false],
    ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
    ['BinaryEquals', 'QmluYXJ5', 'qmluyxj5', false],
    ['IpAddress', '203.0.113.0/24', '203.0.113.77', true],
    ['IpAddress', '203.0.113.0/24', '203.0.114.77', false],
    ['IpAddress', '203.0.113.7', '203.0.113.7', true],
    ['IpAddress', '0.0.0.0/0', '8.8.8.8', true],
    ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
    ['IpAddress', '2001:db8:1234:5678::/64', '2001:DB8:1234:5678:9::1', true],
    ['IpAddress', '2001:db8:1234:5678::/64', '2001:db8:1234:5679::', false],
    ['IpAddress', 'not an address', '203.0.113.7', false],
    ['IpAddress', ['10.0.0.0/8', '203.0.113.0/25'], '203.0.113.127', true],
    ['NotIpAddress', '203.0.113.0/24', '203.0.113.77', false],
    ['NotIpAddress', '203.0.113.0/24', '198.51.100.1', true],
    ['ArnEquals', 'arn:aws:sns:*:111122223333:t*', 'arn:aws:sns:us-east-1:111122223333:topic', true],
    ['ArnLike', 'arn:aws:sns:*:topic', 'arn:aws:sns:us-east-1:111122223333:topic', false],
    ['ArnNotLike', 'arn:aws:sns:*:*:topic', 'arn:aws:sns:us-east-1:111122223333:topic', false],
    ['ArnNotEquals', 'arn:aws:sns:*:*:topic', 'arn:aws:sqs:us-east-1:111122223333:topic', true],
  ])('%s of %j holds for %s: %s', (operator, value, actual, expected) => {
    expect(holds({ [operator]: { 'a:Key': value } }, { 'A:key': actual })).toBe(expected)
  })

  test.each(['StringEquals', 'StringLike', 'NumericEquals', 'DateLessThan', 'Bool', 'IpAddress', 'ArnLike'])(
    '%s does not hold without a value to compare, and with IfExists it does',
    operator => {
      expect(holds({ [operator]: { 'a:key': '1' } })).toBe(false)
      expect(holds({ [`${operator}IfExists`]: { 'a:key': '1' } })).toBe(true)
      expect(holds({ [`${operator}IfExists`]: { 'a:key': 'x' } }, { 'a:key': 'y' })).toBe(false)
    },
  )

  test.each(['StringNotEquals', 'StringNotLike', 'NumericNotEquals', 'NotIpAddress', 'ArnNotLike'])(
    '%s holds without a value to compare',
    operator => expect(holds({ [operator]: { 'a:key': '1' } })).toBe(true),
  )

  test('Null asks whether there is a value', () => {
    expect(holds({ Null: { 'a:key': 'true' } })).toBe(true)
    expect(holds({ Null: { 'a:key': true } }, { 'a:key': 'x' })).toBe(false)
    expect(holds({ Null: { 'a:key': 'false' } }, { 'a:key': 'x' })).toBe(true)
    expect(holds({ Null: { 'a:key': 'false' } }, { 'a:key': [] })).toBe(false)
  })

  test('that nobody knows grants nothing, and prohibits all the same', () => {
    const Condition = { StringSomewhatEquals: { 'a:key': 'x' } }
    expect(holds(Condition, { 'a:key': 'x' })).toBe(false)
    expect(allows([allow(), deny({ Condition })], { context: { 'a:key': 'x' } })).toBe(false)
  })

  test('reads variables where text and ARNs are compared', () => {
    const context = { 'aws:username': 'Ann', 'a:key': 'Ann' }
    expect(holds({ StringEquals: { 'a:key': '${aws:username}' } }, context)).toBe(true)
    expect(holds({ StringLike: { 'a:key': '${aws:username}' } }, { ...context, 'aws:username': 'A*' })).toBe(
      false,
    )
    expect(
      holds({ StringEqualsIgnoreCase: { 'a:key': '${aws:UserName}' } }, { ...context, 'a:key': 'aNN' }),
    ).toBe(true)
    expect(holds({ StringEquals: { 'a:key': '${aws:nobody}' } }, context)).toBe(false)
    expect(holds({ Bool: { 'a:key': '${aws:username}' } }, context)).toBe(false)
  })
})

describe('a condition', () => {
  test('is all of its operators and keys, with one of the values of each', () => {
    const Condition = {
      StringEquals: { 'a:one': ['1', 'one'], 'a:two': '2' },
      Bool: { 'aws:SecureTransport': 'true' },
    }
    const context = { 'a:one': 'one', 'a:two': '2', 'aws:SecureTransport': true }
    expect(holds(Condition, context)).toBe(true)
    for (const key of Object.keys(context)) expect(holds(Condition, { ...context, [key]: 'no' })).toBe(false)
  })

  test.each<[string, string[] | undefined, boolean]>([
    ['ForAllValues:StringEquals', ['red'], true],
    ['ForAllValues:StringEquals', ['red', 'blue'], true],
    ['ForAllValues:StringEquals', ['red', 'green'], false],
    ['ForAllValues:StringEquals', [], true],
    ['ForAllValues:StringEquals', undefined, true],
    ['ForAnyValue:StringEquals', ['green', 'red'], true],
    ['ForAnyValue:StringEquals', ['green'], false],
    ['ForAnyValue:StringEquals', [], false],
    ['ForAnyValue:StringEquals', undefined, false],
    ['ForAllValues:StringNotEquals', ['green'], true],
    ['ForAllValues:StringNotEquals', ['green', 'red'], false],
    ['ForAnyValue:StringNotEquals', ['green', 'red'], true],
    ['ForAnyValue:StringNotEquals', ['blue', 'red'], false],
    ['ForAnyValue:StringNotEquals', undefined, false],
    ['ForAnyValue:StringEqualsIfExists', undefined, true],
    ['StringEquals', ['green', 'red'], true],
    ['StringNotEquals', ['green', 'red'], false],
  ])('%s of red and blue holds for %j: %s', (operator, values, expected) => {
    expect(holds({ [operator]: { 'aws:TagKeys': ['red', 'blue'] } }, { 'aws:TagKeys': values })).toBe(
      expected,
    )
  })

  test('asks for keys that objects have anyway as for any others', () => {
    expect(holds({ StringLike: { constructor: '*' } })).toBe(false)
    expect(holds({ Null: { toString: 'true' } })).toBe(true)
  })
})
