import { describe, expect, it } from 'vitest'
import { findTypeMismatch } from '../../../../src/aws/wire/constraints/check.ts'
import type { Shape } from '../../../../src/aws/wire/constraints/facts.ts'
import { apiGateway, factsOfInput, lambda } from './model-facts.ts'

const MAP = 'Start of structure or map found where not expected.'
const LIST = 'Start of list found where not expected'

// Messages as AWS answers them.
const recorded: [expected: Shape, value: unknown, message: string][] = [
  [['string'], 123, 'NUMBER_VALUE can not be converted to a String'],
  [['string'], 1.5, 'NUMBER_VALUE can not be converted to a String'],
  [['string'], true, 'TRUE_VALUE can not be converted to a String'],
  [['string'], false, 'FALSE_VALUE can not be converted to a String'],
  [['string'], {}, MAP],
  [['string'], [], LIST],
  [['integer'], '23', 'STRING_VALUE can not be converted to an Integer'],
  [['integer'], true, 'TRUE_VALUE can not be converted to an Integer'],
  [['integer'], Number.NaN, 'STRING_VALUE can not be converted to an Integer'],
  [['long'], '23', 'STRING_VALUE can not be converted to a Long'],
  [['boolean'], 1, 'NUMBER_VALUE can not be converted to a Boolean'],
  [['boolean'], 'abc', 'STRING_VALUE can not be converted to an Boolean'],
  [['timestamp'], '23', 'STRING_VALUE can not be converted to milliseconds since epoch'],
  [['list', 0], 'a', 'Expected list or null'],
  [['list', 0], 7, 'Expected list or null'],
  [['list', 0], {}, MAP],
  [['map', 0, 0], 'a', 'Expected map or null'],
  [['map', 0, 0], [], LIST],
  [['structure', 'A', {}], 5, 'Expected null'],
  [['structure', 'A', {}], [], LIST],
]

describe('a value of the wrong type', () => {
  it.each(recorded)('in the place of %j is refused: %j', (shape, value, message) => {
    const facts = factsOfInput({ Member: shape }, { more: [['string']] })
    expect(findTypeMismatch(facts, 'Do', { Member: value })).toMatchObject({ path: 'member', message })
  })

  it('is named with what was there and what belongs there', () => {
    expect(findTypeMismatch(lambda, 'CreateFunction', { MemorySize: '128' })).toEqual({
      path: 'memorySize',
      actual: 'STRING_VALUE',
      expected: 'an Integer',
      message: 'STRING_VALUE can not be converted to an Integer',
    })
    expect(findTypeMismatch(lambda, 'CreateFunction', { Layers: ['a', 1] })?.path).toBe('layers.2.member')
    expect(findTypeMismatch(lambda, 'CreateFunction', { Tags: { a: {} } })?.path).toBe('tags.a.member')
  })

  it('is named by its Java class where the service does so', () => {
    expect(findTypeMismatch(apiGateway, 'CreateRestApi', { name: true })?.message).toBe(
      'class java.lang.Boolean can not be converted to an String',
    )
    expect(findTypeMismatch(apiGateway, 'CreateRestApi', { name: 1 })?.message).toBe(
      'class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String',
    )
  })

  it.each([
    ['a fraction', 128.5],
    ['infinity', Number.POSITIVE_INFINITY],
    ['1e400', JSON.parse('1e400')],
    ['more than 32 bits', 2 ** 31],
  ])('is also %s in the place of an integer', (_what, value) => {
    expect(findTypeMismatch(lambda, 'CreateFunction', { MemorySize: value })?.expected).toBe('an Integer')
  })

  it('may be the input itself', () => {
    expect(findTypeMismatch(lambda, 'CreateFunction', [])).toMatchObject({ path: '', message: LIST })
    expect(findTypeMismatch(lambda, 'CreateFunction', 'text')).toMatchObject({
      path: '',
      message: 'Expected null',
    })
  })

  it('is nesting that never ends', () => {
    const facts = factsOfInput(
      { Node: ['structure', 'Node', { Node: 0 }] },
      { more: [['structure', 'Node', { Node: 0 }]] },
    )
    let input: Record<string, unknown> = {}
    for (let i = 0; i < 100_000; i++) input = { Node: input }
    expect(findTypeMismatch(facts, 'Do', input)?.message).toBe(
      'The input may have at most 512 levels of nesting',
    )
  })
})

describe('every value of the right type passes', () => {
  it.each([
    ['string', new String('{}')],
    ['blob', Buffer.from('a')],
    ['timestamp', new Date(0)],
    ['integer', -(2 ** 31)],
    ['long', 10n],
    ['double', 0.5],
    ['boolean', false],
  ] as const)('%s', (kind, value) => {
    expect(findTypeMismatch(factsOfInput({ Member: [kind] }), 'Do', { Member: value })).toBeUndefined()
  })

  it('and so do absent ones, and members that the model does not know', () => {
    const facts = factsOfInput({ Member: ['list', 0], Body: ['any'] }, { more: [['string']] })
    expect(
      findTypeMismatch(facts, 'Do', { Member: null, Unknown: 1, Body: new ReadableStream() }),
    ).toBeUndefined()
    expect(findTypeMismatch(facts, 'Do', { Member: [null, undefined] })).toBeUndefined()
    expect(findTypeMismatch(facts, 'Do', undefined)).toBeUndefined()
  })
})
