import { type Schema as ReferenceSchema, Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { schemaErrors } from '../../../src/gateway/models/check-schema.ts'
import { SchemaError } from '../../../src/gateway/models/compile-schema.ts'
import { Models } from '../../../src/gateway/models/models.ts'

const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'x-1')
const types = fc.constantFrom('array', 'boolean', 'integer', 'null', 'number', 'object', 'string')
const size = fc.integer({ min: 0, max: 3 })
const leaf = fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 1.5, 2, '', 'a', 'ab', '💧', 'x-1')

const { value: values } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(entries => Object.fromEntries(entries)),
  ),
}))

const { schema: schemas } = fc.letrec<{ schema: object }>(tie => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.constant({}),
    fc.record(
      {
        type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 3 })),
        enum: fc.uniqueArray(leaf, { minLength: 1, maxLength: 3 }),
        minimum: size,
        maximum: size,
        multipleOf: fc.constantFrom(1, 2, 0.5),
        minLength: size,
        maxLength: size,
        pattern: fc.constantFrom('^a', 'b$', '^x-\\d$', '^[a-c]*$'),
        minItems: size,
        maxItems: size,
        uniqueItems: fc.boolean(),
        minProperties: size,
        maxProperties: size,
        required: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 }),
        items: fc.oneof(tie('schema'), fc.array(tie('schema'), { minLength: 1, maxLength: 2 })),
        additionalItems: fc.oneof(fc.boolean(), tie('schema')),
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema'), { maxKeys: 2 }),
        patternProperties: fc.dictionary(fc.constantFrom('^a', '^x-'), tie('schema'), { maxKeys: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
        dependencies: fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(tie('schema'), fc.constant(['c'])), {
          maxKeys: 1,
        }),
        allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        not: tie('schema'),
      },
      { requiredKeys: [] },
    ),
  ),
}))

const anything = fc.jsonValue({ maxDepth: 5 })

describe('validation', () => {
  it('agrees with another implementation of draft 4', () => {
    fc.assert(
      fc.property(schemas, values, (schema, value) => {
        const body = JSON.stringify(value)
        const ours = new Models({ Model: JSON.stringify(schema) }).validate('Model', body)
        const theirs = new Validator(schema as ReferenceSchema, '4').validate(JSON.parse(body)).valid
        expect(ours === undefined, ours).toBe(theirs)
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes every schema that it was made for as valid', () => {
    fc.assert(
      fc.property(schemas, schema => {
        expect(schemaErrors(JSON.stringify(schema), () => false)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('never fails in another way than by saying that a schema is none', () => {
    fc.assert(
      fc.property(
        fc.oneof(anything, fc.dictionary(names, anything)),
        fc.oneof(fc.string(), fc.json()),
        (schema, body) => {
          const text = JSON.stringify(schema)
          const errors = schemaErrors(text, () => false)
          try {
            new Models({ Model: text }).validate('Model', body)
          } catch (error) {
            expect(error).toBeInstanceOf(SchemaError)
            expect(errors).not.toEqual([])
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
