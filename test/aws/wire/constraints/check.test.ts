import { describe, expect, it } from 'vitest'
import { checkInput, describeViolations } from '../../../../src/aws/wire/constraints/check.ts'
import type { ServiceFacts, Shape } from '../../../../src/aws/wire/constraints/facts.ts'
import { factsOfInput } from './model-facts.ts'

const messageOf = (
  members: Record<string, Shape>,
  input: unknown,
  options: Parameters<typeof factsOfInput>[1] = {},
): string =>
  describeViolations(checkInput(factsOfInput(members, options), 'Do', input)).replace(/^.*? detected: /, '')

describe('how values are shown', () => {
  it.each([
    ['bytes', ['blob', { max: 2 }], new Uint8Array(3), 'java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]'],
    ['a whole double', ['double', { max: 1 }], 2, '2.0'],
    ['a large double', ['double', { max: 1 }], 12345678, '1.2345678E7'],
    ['a small double', ['double', { min: 1 }], 0.0001, '1.0E-4'],
    ['a long', ['long', { max: 1 }], 2 ** 53 - 1, '9007199254740991'],
    ['a bigint', ['long', { max: '9223372036854775807' }], 2n ** 64n, '18446744073709551616'],
    ['infinity', ['double', { max: 1 }], Number.POSITIVE_INFINITY, 'Infinity'],
    ['no number', ['double', { max: 1 }], Number.NaN, 'NaN'],
    ['an empty string', ['string', { min: 1 }], '', ''],
  ] satisfies [string, Shape, unknown, string][])('writes %s as Java does', (_what, shape, value, shown) => {
    expect(messageOf({ Member: shape }, { Member: value })).toMatch(`Value '${shown}' at 'member' failed`)
  })

  it('writes lists of structures with all members that the model has', () => {
    const more: Shape[] = [
      ['string'],
      ['boolean'],
      ['timestamp'],
      ['structure', 'RoutingItem', { Arn: 0, IsDefault: 1, Since: 2 }],
    ]
    const input = { Items: [{ Arn: 'a', Since: new Date(0) }, { IsDefault: true }] }
    expect(messageOf({ Items: ['list', 3, { max: 1 }] }, input, { more })).toBe(
      "Value '[RoutingItem(arn=a, isDefault=null, since=Thu Jan 01 00:00:00 UTC 1970), RoutingItem(arn=null, isDefault=true, since=null)]' at 'items' failed to satisfy constraint: Member must have length less than or equal to 1",
    )
  })

  it('writes maps in the order of a Java hash map', () => {
    const input = {
      Tags: {
        AutoTag_Creator: 'd',
        AutoTag_CreateTime: 'c',
        AutoTag_ClientInfo: 'aa',
        AutoTag_UserIdentityType: 'b',
      },
    }
    const more: Shape[] = [['string'], ['string', { max: 1, min: 0, pattern: '.*' }]]
    expect(messageOf({ Tags: ['map', 0, 1] }, input, { more })).toBe(
      "Value '{AutoTag_ClientInfo=aa, AutoTag_UserIdentityType=b, AutoTag_CreateTime=c, AutoTag_Creator=d}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 1, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: .*]",
    )
  })

  it('shows nothing of a collection with something sensitive in it, at any depth', () => {
    const more: Shape[] = [
      ['string', { sensitive: 1 }],
      ['structure', 'Login', { Password: 0, Next: 1 }],
      ['structure', 'Outer', { Login: 1 }],
    ]
    expect(messageOf({ Logins: ['list', 2, { max: 0 }] }, { Logins: [{}] }, { more })).toBe(
      "Value at 'logins' failed to satisfy constraint: Member must have length less than or equal to 0",
    )
    expect(messageOf({ Password: ['string', { min: 6, sensitive: 1 }] }, { Password: 'short' })).toBe(
      "Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6",
    )
  })

  it('finds what is sensitive in a shape that contains itself', () => {
    // Node -> List -> Node, and Node -> Secret after that.
    const more: Shape[] = [
      ['structure', 'Node', { Children: 1, Secret: 2 }],
      ['list', 0, { max: 0 }],
      ['string', { sensitive: 1 }],
    ]
    const input = { Node: { Children: [{ Secret: 's' }] }, Nodes: [{ Secret: 's' }] }
    const message = messageOf({ Node: more[0]!, Nodes: more[1]! }, input, { more })
    expect(message).toContain("Value at 'node.children'")
    expect(message).toContain("Value at 'nodes'")
  })

  it('cuts long values', () => {
    const message = messageOf({ Text: ['string', { max: 1 }] }, { Text: 'x'.repeat(1_000_000) })
    expect(message.length).toBeLessThan(9000)
    expect(message).toContain("xxx...' at 'text'")
  })
})

describe('where violations are', () => {
  it('counts list elements from one and names map keys as they are', () => {
    const more: Shape[] = [
      ['string'],
      ['structure', 'Value', { DataType: 0 }, ['DataType']],
      ['map', 0, 1],
      ['structure', 'Entry', { Attributes: 2 }],
    ]
    const input = { Entries: [{}, { Attributes: { 'a.b;': {} } }] }
    expect(messageOf({ Entries: ['list', 3] }, input, { more })).toBe(
      "Value null at 'entries.2.member.attributes.a.b;.member.dataType' failed to satisfy constraint: Member must not be null",
    )
  })

  it('names a null element', () => {
    const more: Shape[] = [['string', { min: 1 }]]
    expect(messageOf({ Names: ['list', 0] }, { Names: ['a', null] }, { more })).toBe(
      "Value '[a, null]' at 'names' failed to satisfy constraint: Member must satisfy constraint: [Member must have length greater than or equal to 1, Member must not be null]",
    )
  })

  it('names a null entry, unless the service takes those', () => {
    const more: Shape[] = [['string', { min: 1 }]]
    const facts = (wording: ServiceFacts['wording']) =>
      factsOfInput({ Texts: ['map', 0, 0] }, { more, wording })
    const found = (wording: ServiceFacts['wording']) =>
      checkInput(facts(wording), 'Do', { Texts: { a: 'b', c: null } })
    expect(found(undefined).map(({ path }) => path)).toEqual(['texts'])
    expect(found({ nullEntries: true })).toEqual([])
  })

  it('looks into lists of lists', () => {
    const more: Shape[] = [
      ['string', { max: 1 }],
      ['list', 0, { max: 2 }],
    ]
    const input = { Rows: [['a'], ['a', 'bb'], ['a', 'b', 'c']] }
    expect(
      checkInput(factsOfInput({ Rows: ['list', 1] }, { more }), 'Do', input).map(({ path }) => path),
    ).toEqual(['rows', 'rows.2.member'])
  })

  it('puts nothing found on Object.prototype into the input', () => {
    const members: Record<string, Shape> = Object.fromEntries([
      ['constructor', ['string', { max: 1 }]],
      ['toString', ['string']],
    ])
    const facts = factsOfInput(members, { required: ['toString'] })
    expect(checkInput(facts, 'Do', {}).map(({ path, kind }) => [path, kind])).toEqual([
      ['toString', 'required'],
    ])
  })

  it('checks entries named __proto__', () => {
    const facts = factsOfInput({ Tags: ['map', 0, 0] }, { more: [['string', { max: 5 }]] })
    const input = JSON.parse('{"Tags":{"__proto__":"toolong"},"__proto__":{"Tags":{}}}')
    expect(checkInput(facts, 'Do', input).map(({ kind }) => kind)).toEqual(['map-keys', 'map-values'])
  })

  it('refuses a patterned value without a length limit that is absurdly long', () => {
    const facts = factsOfInput({
      Arn: ['string', { pattern: '(a|b)+' }],
      Text: ['string', { pattern: '[\\s\\S]*' }],
    })
    const long = 'ab'.repeat(100_000)
    expect(checkInput(facts, 'Do', { Arn: 'ab', Text: long })).toEqual([])
    expect(checkInput(facts, 'Do', { Arn: long }).map(({ kind }) => kind)).toEqual(['pattern'])
  })
})

it('throws for an operation that the model does not have, which is a mistake of ours', () => {
  const facts = factsOfInput({})
  expect(() => checkInput(facts, 'Undo', {})).toThrow('The facts of Test (test) have no Undo')
  expect(() => checkInput(facts, 'toString', {})).toThrow()
})
