import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFilterPolicy } from '../../../src/messaging/topics/filters/compile-filter-policy.ts'
import { globMatcher } from '../../../src/messaging/topics/filters/glob.ts'
import type { TopicAttribute } from '../../../src/messaging/topics/topic-message.ts'

const text = (value: string): TopicAttribute => ({ type: 'String', value })
const number = (value: string): TopicAttribute => ({ type: 'Number', value })
const list = (...values: unknown[]): TopicAttribute => ({
  type: 'String.Array',
  value: JSON.stringify(values),
})

const ofAttributes = (policy: object, attributes: Record<string, TopicAttribute>): boolean =>
  compileFilterPolicy(JSON.stringify(policy), 'MessageAttributes')({ message: 'x', attributes })

const ofBody = (policy: object, body: unknown): boolean =>
  compileFilterPolicy(
    JSON.stringify(policy),
    'MessageBody',
  )({ message: typeof body === 'string' ? body : JSON.stringify(body) })

const refusal = (policy: unknown, scope: 'MessageAttributes' | 'MessageBody' = 'MessageAttributes') => {
  try {
    compileFilterPolicy(typeof policy === 'string' ? policy : JSON.stringify(policy), scope)
    return 'it was taken'
  } catch (error) {
    return (error as Error).message
  }
}

describe('a filter policy over message attributes', () => {
  it.each<[policy: object, attributes: Record<string, TopicAttribute>, wanted: boolean]>([
    [{}, {}, true],
    [{ a: ['x'] }, { a: text('x') }, true],
    [{ a: ['x'] }, { a: text('X') }, false],
    [{ a: ['x', 'y'] }, { a: text('y') }, true],
    [{ a: ['x'] }, {}, false],
    // All keys have to be matched, and others do not matter.
    [{ a: ['x'], b: ['y'] }, { a: text('x'), b: text('y'), c: text('z') }, true],
    [{ a: ['x'], b: ['y'] }, { a: text('x') }, false],
    [{ a: [{ prefix: 'bas' }] }, { a: text('baseball') }, true],
    [{ a: [{ prefix: 'bas' }] }, { a: text('rugby') }, false],
    [{ a: [{ suffix: 'ball' }] }, { a: text('baseball') }, true],
    [{ a: [{ 'equals-ignore-case': 'TENNIS' }] }, { a: text('tEnnis') }, true],
    [{ a: [{ wildcard: '*ball' }] }, { a: text('football') }, true],
    [{ a: [{ cidr: '10.0.0.0/24' }] }, { a: text('10.0.0.255') }, true],
    [{ a: [{ cidr: '10.0.0.0/24' }] }, { a: text('10.0.1.1') }, false],
    [{ a: [{ cidr: '2001:db8::/32' }] }, { a: text('2001:db8:1::1') }, true],
    [{ a: [{ exists: true }] }, { a: text('') }, true],
    [{ a: [{ exists: true }] }, {}, false],
    [{ a: [{ exists: false }] }, {}, true],
    [{ a: [{ exists: false }] }, { a: text('x') }, false],
    [{ a: [{ 'anything-but': ['rugby', 'tennis'] }] }, { a: text('baseball') }, true],
    [{ a: [{ 'anything-but': ['rugby', 'tennis'] }] }, { a: text('rugby') }, false],
    [{ a: [{ 'anything-but': ['rugby', 'tennis'] }] }, {}, false],
    [{ a: [{ 'anything-but': ['rugby'] }] }, { a: list('rugby', 'baseball') }, true],
    [{ a: [{ 'anything-but': { prefix: 'order-' } }] }, { a: text('order-1') }, false],
    [{ a: [{ 'anything-but': { prefix: 'order-' } }] }, { a: text('data') }, true],
    [{ a: [{ 'anything-but': { suffix: '-x' } }] }, { a: text('a-x') }, false],
    [{ a: [{ 'anything-but': [100, 500] }] }, { a: number('100') }, false],
    [{ a: [{ 'anything-but': [100, 500] }] }, { a: number('101') }, true],
    [{ a: [301.5] }, { a: number('301.50') }, true],
    [{ a: [301.5] }, { a: text('301.5') }, false],
    [{ a: ['301.5'] }, { a: number('301.5') }, false],
    [{ a: [{ numeric: ['=', 3.015e2] }] }, { a: number('301.5') }, true],
    [{ a: [{ numeric: ['>', 0, '<=', 150] }] }, { a: number('150') }, true],
    [{ a: [{ numeric: ['>', 0, '<=', 150] }] }, { a: number('0') }, false],
    [{ a: [{ numeric: ['<', 0] }] }, { a: number('-1e-3') }, true],
    [{ a: [{ numeric: ['>', 5] }] }, { a: text('6') }, false],
    [{ a: ['rugby'] }, { a: list('tennis', 'rugby') }, true],
    [{ a: [{ numeric: ['=', 5] }] }, { a: list('x', 5) }, true],
    // Five digits after the decimal point count, and what is no array stands for itself.
    [{ a: [100.123456789] }, { a: number('100.1234567') }, true],
    [{ a: [100.12345] }, { a: number('100.12346') }, false],
    [{ a: [{ numeric: ['=', 0.3] }] }, { a: number('0.30000000000000004') }, true],
    [{ a: [{ numeric: ['>', 0.3] }] }, { a: number('0.30000000000000004') }, false],
    [{ a: [{ 'anything-but': [0.3] }] }, { a: list(0.30000000000000004) }, false],
    [{ a: [100] }, { a: { type: 'String.Array', value: '100' } }, true],
    [{ a: ['x y'] }, { a: { type: 'String.Array', value: 'x y' } }, true],
    [{ a: [{ exists: false }] }, { a: { type: 'String.Array', value: '{}' } }, false],
    [{ a: [null] }, { a: list(null) }, true],
    [{ a: [true] }, { a: list(false) }, false],
    [{ a: ['x'] }, { a: list() }, false],
    // What is binary is as if it were not there.
    [{ a: [{ exists: true }] }, { a: { type: 'Binary', value: 'eA==' } }, false],
    [{ a: ['x'] }, { a: { type: 'String.of-mine', value: 'x' } }, true],
    [{ $or: [{ a: ['x'] }, { b: ['y'] }] }, { b: text('y') }, true],
    [{ $or: [{ a: ['x'] }, { b: ['y'] }] }, { a: text('y') }, false],
    [{ s: ['p'], $or: [{ a: ['x'] }, { b: ['y'] }] }, { b: text('y') }, false],
    // An attribute of that very name.
    [{ $or: ['x'] }, { $or: text('x') }, true],
  ])('%j of %j: %s', (policy, attributes, wanted) => {
    expect(ofAttributes(policy, attributes)).toBe(wanted)
  })

  it('is refused in the words of SNS', () => {
    expect(refusal('nonsense')).toContain('failed to parse JSON')
    expect(refusal('["a"]')).toContain('failed to parse JSON')
    expect(refusal({ a: 'x' })).toBe('"a" must be an object or an array')
    expect(refusal({ a: { b: ['x'] } })).toBe(
      'Filter policy scope MessageAttributes does not support nested filter policy',
    )
    expect(refusal({ a: [['x']] })).toBe('Match value must be String, number, true, false, or null')
    expect(refusal({ a: [{ like: 'x' }] })).toBe('Unrecognized match type like')
    expect(refusal({ a: [{ __proto__: null, constructor: 'x' }] })).toBe(
      'Unrecognized match type constructor',
    )
    expect(refusal({ a: [{ exists: 'yes' }] })).toBe('exists match pattern must be either true or false.')
    expect(refusal({ a: [{ numeric: [] }] })).toBe('Invalid member in numeric match: ]')
    expect(refusal({ a: [{ numeric: ['<', 5, '>', 1] }] })).toBe('Too many elements in numeric expression')
    expect(refusal({ a: [{ numeric: ['>', 5, '<', 1] }] })).toBe('Bottom must be less than top')
    expect(refusal({ a: [{ numeric: ['=', 'x'] }] })).toBe('Value of = must be numeric')
    expect(refusal({ a: [{ numeric: ['~', 1] }] })).toBe('Unrecognized numeric range operator: ~')
    expect(refusal({ a: [] })).toBe('Empty arrays are not allowed')
  })

  it('has five keys, and 150 combinations of values', () => {
    const keys = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ['x']]))
    expect(refusal(keys(5))).toBe('it was taken')
    expect(refusal(keys(6))).toBe('Filter policy can not have more than 5 keys')
    const values = (count: number) => Array.from({ length: count }, (_, index) => String(index))
    expect(refusal({ a: values(10), b: values(15) })).toBe('it was taken')
    expect(refusal({ a: values(10), b: values(16) })).toBe('Filter policy is too complex')
  })
})

describe('a filter policy over message bodies', () => {
  const order = {
    store: 'shop',
    customer: { vip: true, name: null, tags: ['a', 'b'] },
    items: [
      { id: 1, n: 'x' },
      { id: 2, n: 'y' },
    ],
  }

  it.each<[policy: object, wanted: boolean]>([
    [{ store: ['shop'] }, true],
    [{ customer: { vip: [true] } }, true],
    [{ customer: { vip: ['true'] } }, false],
    [{ customer: { name: [null] } }, true],
    [{ customer: { name: [{ exists: true }] } }, true],
    [{ customer: { age: [{ exists: false }] } }, true],
    [{ nobody: { age: [{ exists: false }] } }, true],
    [{ customer: { tags: ['b'] } }, true],
    [{ items: { id: [1], n: ['x'] } }, true],
    // Of one element of a list, and not of several together.
    [{ items: { id: [1], n: ['y'] } }, false],
    [{ customer: { $or: [{ vip: [false] }, { tags: ['a'] }] } }, true],
    // An object is no value.
    [{ customer: [{ 'anything-but': ['x'] }] }, false],
    [{ toString: [{ exists: true }] }, false],
  ])('%j: %s', (policy, wanted) => {
    expect(ofBody(policy, order)).toBe(wanted)
  })

  it('wants nothing that is no JSON object', () => {
    expect(ofBody({ a: [{ exists: false }] }, 'plain text')).toBe(false)
    expect(ofBody({ a: [{ exists: false }] }, '[1]')).toBe(false)
    expect(ofBody({ a: [{ exists: false }] }, '{}')).toBe(true)
  })

  it('looks no deeper into lists of lists than a stack goes', () => {
    const deep = `{"a":${'['.repeat(100_000)}"x"${']'.repeat(100_000)}}`
    expect(ofBody({ a: ['x'] }, deep)).toBe(false)
    expect(ofBody({ a: ['x'] }, { a: [[['x']]] })).toBe(true)
  })

  it('counts values of nested keys by how deep they are', () => {
    const values = (count: number) => Array.from({ length: count }, (_, index) => index)
    expect(refusal({ a: { b: { c: values(50) } } }, 'MessageBody')).toBe('it was taken')
    expect(refusal({ a: { b: { c: values(51) } } }, 'MessageBody')).toBe('Filter policy is too complex')
  })

  it('is taken apart no deeper than a stack goes', () => {
    const deep = `${'{"a":'.repeat(10_000)}["x"]${'}'.repeat(10_000)}`
    expect(refusal(deep, 'MessageBody')).toBe('Filter policy is too complex')
  })
})

describe('wildcards', () => {
  it('match as a regular expression would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 })
    const pieces = fc.array(letters, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(pieces, letters, (parts, value) => {
        fc.pre(parts.slice(1, -1).every(part => part !== ''))
        const pattern = parts.join('*')
        const expression = new RegExp(`^${parts.map(part => part.replaceAll('.', '\\.')).join('.*')}$`)
        expect(globMatcher(pattern)(value)).toBe(expression.test(value))
      }),
    )
  })

  it('can be escaped', () => {
    expect(globMatcher('a\\*b')('a*b')).toBe(true)
    expect(globMatcher('a\\*b')('axb')).toBe(false)
    expect(globMatcher('a\\\\*')('a\\b')).toBe(true)
    expect(() => globMatcher('a\\b')).toThrow('Invalid escape character')
    expect(() => globMatcher('a**')).toThrow('Consecutive wildcard')
  })
})
