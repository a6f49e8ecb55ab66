import { describe, expect, it } from 'vitest'
import { SchemaError } from '../../../src/gateway/models/compile-schema.ts'
import { Models } from '../../../src/gateway/models/models.ts'

const model = (schema: object, others: Record<string, object> = {}) => {
  const texts = Object.entries({ Model: schema, ...others }).map(([name, made]) => [
    name,
    JSON.stringify(made),
  ])
  const models = new Models(Object.fromEntries(texts))
  return (value: unknown) =>
    models.validate('Model', typeof value === 'string' ? value : JSON.stringify(value))
}

describe('a body that is not what its model says is reported in the words of API Gateway', () => {
  it.each<[keyword: string, schema: object, body: unknown, error: string]>([
    [
      'required',
      { required: ['to', 'body', 'subject'] },
      {},
      'object has missing required properties (["body","subject","to"])',
    ],
    [
      'type',
      { type: 'object' },
      '"x"',
      'instance type (string) does not match any allowed primitive type (allowed: ["object"])',
    ],
    [
      'type',
      { type: ['string', 'number'] },
      '{}',
      'instance type (object) does not match any allowed primitive type (allowed: ["integer","number","string"])',
    ],
    [
      'type',
      { type: 'integer' },
      '1.5',
      'instance type (number) does not match any allowed primitive type (allowed: ["integer"])',
    ],
    [
      'enum',
      { enum: ['dog', 'cat'] },
      '"fish"',
      'instance value ("fish") not found in enum (possible values: ["dog","cat"])',
    ],
    [
      'minimum',
      { minimum: 1 },
      '0',
      'numeric instance is lower than the required minimum (minimum: 1, found: 0)',
    ],
    [
      'minimum',
      { minimum: 1, exclusiveMinimum: true },
      '1',
      'numeric instance is not strictly greater than the required minimum 1',
    ],
    [
      'maximum',
      { maximum: 1.5 },
      '2',
      'numeric instance is greater than the required maximum (maximum: 1.5, found: 2)',
    ],
    [
      'maximum',
      { maximum: 1, exclusiveMaximum: true },
      '1',
      'numeric instance is not strictly lower than the required maximum 1',
    ],
    ['multipleOf', { multipleOf: 0.01 }, '4.021', 'remainder of division is not zero (4.021 / 0.01)'],
    ['minLength', { minLength: 3 }, '"ab"', 'string "ab" is too short (length: 2, required minimum: 3)'],
    ['maxLength', { maxLength: 1 }, '"ab"', 'string "ab" is too long (length: 2, maximum allowed: 1)'],
    [
      'pattern',
      { pattern: '^[a-z]+$' },
      '"A1"',
      'ECMA 262 regex "^[a-z]+$" does not match input string "A1"',
    ],
    ['format', { format: 'email' }, '"nobody"', 'string "nobody" is not a valid email address'],
    [
      'minItems',
      { minItems: 2 },
      '[1]',
      'array is too short: must have at least 2 elements but instance has 1 elements',
    ],
    [
      'maxItems',
      { maxItems: 1 },
      '[1,2]',
      'array is too long: must have at most 1 elements but instance has 2 elements',
    ],
    [
      'uniqueItems',
      { uniqueItems: true },
      '[{"a":1,"b":2},{"b":2,"a":1}]',
      'array must not contain duplicate elements',
    ],
    [
      'additionalItems',
      { items: [{}], additionalItems: false },
      '[1,2]',
      'schema only allows 1 elements in array but instance has 2 elements',
    ],
    [
      'additionalProperties',
      { properties: { a: {} }, patternProperties: { '^x-': {} }, additionalProperties: false },
      { z: 1, b: 1, a: 1, 'x-a': 1 },
      'object instance has properties which are not allowed by the schema: ["b","z"]',
    ],
    [
      'minProperties',
      { minProperties: 1 },
      {},
      'object has too few properties (found 0 but schema requires at least 1)',
    ],
    [
      'maxProperties',
      { maxProperties: 1 },
      { a: 1, b: 2 },
      'object has too many properties (found 2 but schema requires at most 1)',
    ],
    [
      'dependencies',
      { dependencies: { card: ['address', 'name'] } },
      { card: 1, name: 1 },
      'property "card" of object has missing property dependencies (schema requires ["address","name"]; missing: ["address"])',
    ],
    [
      'dependencies',
      { dependencies: { card: { required: ['name'] } } },
      { card: 1 },
      'object has missing required properties (["name"])',
    ],
    [
      'allOf',
      { allOf: [{ type: 'string' }, { type: 'integer' }] },
      '1',
      'instance failed to match all required schemas (matched only 1 out of 2)',
    ],
    [
      'anyOf',
      { anyOf: [{ type: 'string' }, { type: 'array' }] },
      '1',
      'instance failed to match at least one required schema among 2',
    ],
    [
      'oneOf',
      { oneOf: [{ type: 'integer' }, { minimum: 0 }] },
      '1',
      'instance failed to match exactly one schema (matched 2 out of 2)',
    ],
    ['not', { not: { type: 'integer' } }, '1', 'instance matched a schema which it should not have'],
  ])('%s %j, %j', (_, schema, body, error) => {
    expect(model(schema)(body)).toBe(`[${error}]`)
  })

  it('with all that is wrong at one place, in the order of the keywords, and with all members that are wrong', () => {
    const check = model({
      properties: { b: { type: 'string', maxLength: 1, pattern: '^x' }, a: { type: 'number' } },
    })
    expect(check({ b: 'ab', a: 'ab' })).toBe(
      '[instance type (string) does not match any allowed primitive type (allowed: ["integer","number"]), string "ab" is too long (length: 2, maximum allowed: 1), ECMA 262 regex "^x" does not match input string "ab"]',
    )
  })

  it('without looking into members while something is wrong around them', () => {
    const check = model({ required: ['a'], properties: { b: { type: 'number' } } })
    expect(check({ b: 'x' })).toBe('[object has missing required properties (["a"])]')
  })

  it('when it is no JSON', () => {
    expect(model({})('{')).toBe('[Unknown error parsing request body]')
  })
})

describe('a body that is what its model says passes', () => {
  it.each<[schema: object, body: unknown]>([
    [{ type: 'integer' }, '1.0'],
    [{ type: 'number' }, '1'],
    [{ multipleOf: 0.01 }, '4.02'],
    [{ multipleOf: 1e-7 }, '3e-7'],
    [{ multipleOf: 10 }, '1e300'],
    [{ minLength: 2, maxLength: 2 }, '"💧💧"'],
    [{ pattern: '^\\d{3}-\\d{4}$' }, '"555-0100"'],
    [{ enum: [{ a: [1, null] }] }, { a: [1, null] }],
    [{ format: 'something of its own' }, '"x"'],
    [{ properties: { a: { type: 'string' } } }, '[]'],
    [{ items: [{ type: 'string' }], additionalItems: { type: 'number' } }, '["a",1,2]'],
    [{ properties: { $ref: { type: 'string' } } }, { $ref: 'x' }],
    [{ required: ['__proto__'] }, '{"__proto__":1}'],
    [{ example: 1, nullable: true, readOnly: true }, {}],
  ])('%j, %j', (schema, body) => {
    expect(model(schema)(body)).toBeUndefined()
  })

  it('also an empty one, which counts as an empty object', () => {
    expect(model({ type: 'object' })('')).toBeUndefined()
    expect(model({ type: 'array' })('')).toContain('instance type (object)')
  })
})

describe('references', () => {
  const PET = 'https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/Pet'

  it('lead to other models and to definitions, each with the ones of its own', () => {
    const check = model(
      {
        properties: { pet: { $ref: PET }, name: { $ref: '#/definitions/name' } },
        definitions: { name: { type: 'string' } },
      },
      {
        Pet: {
          properties: { name: { $ref: '#/definitions/name' } },
          definitions: { name: { type: 'integer' } },
        },
      },
    )
    expect(check({ name: 'a', pet: { name: 1 } })).toBeUndefined()
    expect(check({ name: 'a', pet: { name: 'b' } })).toContain('instance type (string)')
    expect(check({ name: 1 })).toContain('instance type (integer)')
  })

  it('may lead into a part of another model, by names that are escaped', () => {
    const check = model(
      { properties: { pet: { $ref: `${PET}#/definitions/a~1b%20c` } } },
      { Pet: { definitions: { 'a/b c': { type: 'null' } } } },
    )
    expect(check({ pet: null })).toBeUndefined()
    expect(check({ pet: 1 })).toContain('instance type (integer)')
  })

  it('may lead back to where they stand', () => {
    const check = model({ properties: { next: { $ref: '#' } }, additionalProperties: false })
    expect(check({ next: { next: { next: {} } } })).toBeUndefined()
    expect(check({ next: { next: { nxt: {} } } })).toContain('not allowed by the schema: ["nxt"]')
  })

  it('to the two models of every API need no records of them', () => {
    const check = model({ $ref: 'https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/Error' })
    expect(check({ message: 1 })).toContain('instance type (integer)')
  })

  it.each([
    'https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/Gone',
    '#/definitions/gone',
    'http://example.com/',
  ])('to nothing make the model unusable: %s', $ref => {
    expect(() => model({ $ref })({})).toThrow(SchemaError)
  })
})

// What is guarded against takes days: the bound leaves room for a machine that is busy.
describe('whatever a client sends, an answer comes soon', () => {
  const soon = (work: () => string | undefined) => {
    const begun = performance.now()
    const answer = work()
    expect(performance.now() - begun).toBeLessThan(30_000)
    return answer
  }
  const TOO_COMPLEX = '[request body is too complex to be validated]'

  it('to nesting without end', () => {
    const check = model({ items: { $ref: '#' } })
    expect(soon(() => check('['.repeat(200_000) + ']'.repeat(200_000)))).toBe(TOO_COMPLEX)
    expect(soon(() => model({ uniqueItems: true })(`[${'['.repeat(200_000)}${']'.repeat(200_000)}]`))).toBe(
      TOO_COMPLEX,
    )
  })

  it('to a schema that leads only to itself', () => {
    expect(soon(() => model({ $ref: '#' })({}))).toBe(TOO_COMPLEX)
    expect(soon(() => model({ anyOf: [{ $ref: '#' }, { $ref: '#' }] })({}))).toBe(TOO_COMPLEX)
  })

  it('to a schema that doubles the work at each level', () => {
    const twice = { properties: { a: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } }
    expect(soon(() => model(twice)(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`))).toBe(TOO_COMPLEX)
  })

  it('to expressions that take exponential time when an engine goes back', () => {
    for (const pattern of ['^(a+)+$', '(a|aa)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*)*x']) {
      expect(soon(() => model({ pattern })(JSON.stringify(`${'a'.repeat(20_000)}!`)))).toContain(
        'ECMA 262 regex',
      )
    }
  })

  it('to many values that are wrong, of which some are named', () => {
    const many = JSON.stringify(Array.from({ length: 100_000 }, () => 'x'))
    expect(soon(() => model({ items: { type: 'number' } })(many))?.split('instance type')).toHaveLength(101)
  })

  it('to large arrays whose items have to differ', () => {
    const items = Array.from({ length: 100_000 }, (_, index) => ({ index }))
    expect(soon(() => model({ uniqueItems: true })(JSON.stringify(items)))).toBeUndefined()
  })
})
