import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkInput,
  describeViolations,
  findTypeMismatch,
} from '../../../../src/aws/wire/constraints/check.ts'
import { type ServiceFacts, type Shape, shapeAt } from '../../../../src/aws/wire/constraints/facts.ts'
import { allFacts } from './model-facts.ts'
import { matching } from './patterns.ts'

/** Values that a shape allows. */
function valid(facts: ServiceFacts, shape: Shape, depth = 0): fc.Arbitrary<unknown> {
  switch (shape[0]) {
    case 'structure': {
      const names = Object.keys(shape[2]).filter(name => depth < 4 || shape[3]?.includes(name))
      const members = names.map(name => [name, valid(facts, shapeAt(facts, shape[2][name]!), depth + 1)])
      return fc.record(Object.fromEntries(members), {
        requiredKeys: names.filter(name => shape[3]?.includes(name)),
        noNullPrototype: true,
      } as never)
    }
    case 'list': {
      const { minLength, maxLength } = size(shape[2])
      return fc.array(valid(facts, shapeAt(facts, shape[1]), depth + 1), { minLength, maxLength })
    }
    case 'map': {
      const { minLength, maxLength } = size(shape[3])
      const key = valid(facts, shapeAt(facts, shape[1]), depth + 1) as fc.Arbitrary<string>
      const value = valid(facts, shapeAt(facts, shape[2]), depth + 1)
      return fc.dictionary(key, value, { minKeys: minLength, maxKeys: maxLength, noNullPrototype: true })
    }
    case 'string': {
      const { minLength, maxLength } = size(shape[1], 40)
      if (shape[1]?.enum) return fc.constantFrom(...shape[1].enum)
      if (shape[1]?.pattern === undefined) return fc.string({ minLength, maxLength })
      return matching(
        shape[1].pattern,
        text => text.length >= minLength && text.length <= Number(shape[1]?.max ?? 4000),
        minLength,
      )
    }
    case 'blob':
      return fc.uint8Array({ minLength: Number(shape[1]?.min ?? 0), maxLength: 10 })
    case 'integer':
      return fc.integer({ min: Number(shape[1]?.min ?? -100), max: Number(shape[1]?.max ?? 2 ** 31 - 1) })
    case 'long':
      return fc.maxSafeInteger().map(n => clamp(n, shape[1]))
    case 'float':
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => clamp(n, shape[1]))
    case 'boolean':
      return fc.boolean()
    case 'timestamp':
      return fc.date({ noInvalidDate: true })
    case 'any':
      return fc.uint8Array()
  }
}

const size = (limits: { min?: number | string; max?: number | string } | undefined, most = 3) => {
  const minLength = Number(limits?.min ?? 0)
  return { minLength, maxLength: Math.max(minLength, Math.min(most, Number(limits?.max ?? most))) }
}

const clamp = (n: number, limits: { min?: number | string; max?: number | string } | undefined) =>
  Math.min(Math.max(n, Number(limits?.min ?? -Infinity)), Number(limits?.max ?? Infinity))

/** Anything at all, among it what tends to break readers. */
const absurd = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withNullPrototype: true,
    withTypedArray: true,
    withSparseArray: true,
  }),
  fc.constantFrom<unknown>(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    1e308,
    JSON.parse('1e400'),
    JSON.parse('{"__proto__":{"a":1},"constructor":null,"toString":1}'),
    '\ud800',
    '\u0000',
    new Date(Number.NaN),
    new Uint8Array(0),
    Symbol('s'),
    () => 1,
    Object.create(null),
    new Array(5),
    new Map([['a', 1]]),
  ),
)

const operations = allFacts.flatMap(facts => Object.keys(facts.operations).map(name => ({ facts, name })))
const inputOf = ({ facts, name }: (typeof operations)[number]): Shape | undefined => {
  const index = facts.operations[name]![2]
  return index === undefined ? undefined : shapeAt(facts, index)
}

/** Inputs of the right members with anything in their places, some of it valid. */
function spoiled(facts: ServiceFacts, shape: Shape, depth = 0): fc.Arbitrary<unknown> {
  const inside = (index: number) => spoiled(facts, shapeAt(facts, index), depth + 1)
  if (depth > 4) return absurd
  switch (shape[0]) {
    case 'structure':
      return fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record(
            Object.fromEntries(Object.entries(shape[2]).map(([name, index]) => [name, inside(index)])),
            { requiredKeys: [] },
          ),
        },
        { weight: 1, arbitrary: absurd },
      )
    case 'list':
      return fc.oneof(fc.array(inside(shape[1]), { maxLength: 4 }), absurd)
    case 'map':
      return fc.oneof(fc.dictionary(fc.string(), inside(shape[2]), { maxKeys: 4 }), absurd)
    case 'string':
      return fc.oneof(fc.string(), fc.constantFrom(...(shape[1]?.enum ?? ['x'])), absurd)
    default:
      return fc.oneof(fc.integer(), absurd)
  }
}

describe('inputs of every operation', () => {
  it.each(operations.filter(operation => inputOf(operation)))(
    'pass when they are valid: $name',
    operation => {
      const { facts, name } = operation
      fc.assert(
        fc.property(valid(facts, inputOf(operation)!), input => {
          expect(findTypeMismatch(facts, name, input)).toBeUndefined()
          expect(checkInput(facts, name, input)).toEqual([])
        }),
        { numRuns: 5 },
      )
    },
  )

  it.each(operations)('never make the check throw: $name', operation => {
    const { facts, name } = operation
    const shape = inputOf(operation)
    fc.assert(
      fc.property(shape ? spoiled(facts, shape) : absurd, input => {
        findTypeMismatch(facts, name, input)
        const violations = checkInput(facts, name, input)
        expect(violations.length).toBeLessThanOrEqual(10)
        expect(describeViolations(violations).length).toBeLessThan(200_000)
      }),
      { numRuns: 15 },
    )
  })

  it('is checked in little time when it is huge', () => {
    const lambda = allFacts.find(facts => facts.serviceId === 'Lambda')!
    const layer = 'arn:aws:lambda:us-east-1:123456789012:layer:one:1'
    const tags = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, 'v']))
    const input = { FunctionName: 'f', Layers: Array(100_000).fill(layer), Tags: tags }
    const start = performance.now()
    expect(findTypeMismatch(lambda, 'CreateFunction', input)).toBeUndefined()
    expect(checkInput(lambda, 'CreateFunction', input).length).toBe(2)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
