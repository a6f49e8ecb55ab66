// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { contextKeysOf } from '../../../src/identity/policies/context-keys.ts'
import { statementPositions } from '../../../src/identity/policies/statement-positions.ts'

/** What stands between two positions, braces and all. */
function between(text: string, { start, end }: ReturnType<typeof statementPositions>[number]): string {
  const lines = text.split('\n')
  const offset = (line: number, column: number) =>
    lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1
  return text.slice(offset(start.line, start.column) - 1, offset(end.line, end.column))
}

test('positions lead to the statements, however the text is set', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '{', '}', '"', '\\', '[', ']', 'é', '😀', '\n', '/') })
  const statement = fc.record({
    Sid: text,
    Effect: fc.constant('Allow'),
    Condition: fc.dictionary(text, text),
  })
  fc.assert(
    fc.property(
      fc.array(statement, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(undefined, 1, 4, '\t'),
      fc.boolean(),
      (statements, indent, isOne) => {
        fc.pre(statements.every(({ Condition }) => !Object.hasOwn(Condition, '__proto__')))
        const Statement = isOne ? statements[0] : statements
        const document = JSON.stringify(
          { Id: '"Statement": {', Statement, Version: '2012-10-17' },
          null,
          indent,
        )
        const positions = statementPositions(document)
        // As texts: V8's JSON.parse, given many objects alike, took a member "\\n" for an earlier one named by a backslash.
        const depth = isOne ? 1 : 2
        const gap = typeof indent === 'number' ? ' '.repeat(indent) : (indent ?? '')
        const written = (isOne ? statements.slice(0, 1) : statements).map(each =>
          JSON.stringify(each, null, indent).replaceAll('\n', `\n${gap.repeat(depth)}`),
        )
        expect(positions.map(position => between(document, position))).toEqual(written)
      },
    ),
  )
})

test('of members of the same name the last one counts, as in JSON', () => {
  const text = '{"Statement":{"Sid":"a"},"Statement":[{"Sid":"b"}]}'
  expect(statementPositions(text).map(position => between(text, position))).toEqual(['{"Sid":"b"}'])
})

test('of a text that is JSON and no JavaScript nothing is told', () => {
  const text = '{"Statement":{"Condition":{"StringEquals":{"__proto__":"a","__proto__":"b"}}}}'
  expect(JSON.parse(text)).toBeTypeOf('object')
  expect(statementPositions(text)).toEqual([])
})

test('keys are told in the order that a statement asks for them, each once', () => {
  const statement = {
    Effect: 'Allow',
    Action: 's3:${not:this}',
    Resource: ["arn:aws:s3:::${aws:username}/${aws:PrincipalTag/team, 'none'}/${*}", 'arn:aws:s3:::x'],
    Condition: {
      StringEquals: { 'aws:UserName': '${aws:userid}', 'a:key': ['${A:Key}', '${'] },
      Null: { constructor: 'true' },
    },
  } as const
  expect(contextKeysOf(statement, { Version: '2012-10-17' })).toEqual([
    'aws:username',
    'aws:PrincipalTag/team',
    'aws:userid',
    'a:key',
    'constructor',
  ])
  expect(contextKeysOf(statement, { Version: '2008-10-17' })).toEqual([
    'aws:UserName',
    'a:key',
    'constructor',
  ])
})
