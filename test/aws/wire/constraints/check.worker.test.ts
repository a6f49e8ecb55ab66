import { expect, it } from 'vitest'
import apiGateway from '../../../../src/aws/services/apigateway/facts.generated.json'
import lambda from '../../../../src/aws/services/lambda/facts.generated.json'
import { checkInput } from '../../../../src/aws/wire/constraints/check.ts'
import { serviceFacts } from '../../../../src/aws/wire/constraints/facts.ts'
import { compilePattern } from '../../../../src/aws/wire/constraints/java-pattern.ts'

it('compiles every pattern in workerd too', () => {
  const shapes = [lambda, apiGateway].flatMap(table => serviceFacts(table).shapes)
  const patterns = shapes.flatMap(shape => (shape[0] === 'string' ? [shape[1]?.pattern ?? ''] : []))
  expect(patterns.filter(pattern => !compilePattern(pattern))).toEqual([])
  expect(compilePattern('(?i)all|\\p{L}++')?.regex.test('ALL')).toBe(true)
})

it('checks in workerd what a bundle imports', () => {
  const violations = checkInput(serviceFacts(lambda), 'GetFunction', { FunctionName: 'a b' })
  expect(violations.map(({ path, kind }) => [path, kind])).toEqual([['functionName', 'pattern']])
})
