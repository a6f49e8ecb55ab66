/**
 * What a schema of draft 4 has to look like, as a schema. `format` and `$ref` are the parts of draft 4 that its own
 * meta-schema does not mention.
 * https://json-schema.org/draft-04/schema
 */
const POSITIVE_INTEGER = { type: 'integer', minimum: 0 }
const SCHEMA = { $ref: '#' }
const SCHEMAS = { type: 'array', minItems: 1, items: SCHEMA }
const NAMED_SCHEMAS = { type: 'object', additionalProperties: SCHEMA }
const NAMES = { type: 'array', minItems: 1, items: { type: 'string' }, uniqueItems: true }
const SIMPLE_TYPE = { enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] }
const FLAG_OR_SCHEMA = { anyOf: [{ type: 'boolean' }, SCHEMA] }
const TEXT = { type: 'string' }

const PROPERTIES = {
  $ref: TEXT,
  $schema: TEXT,
  additionalItems: FLAG_OR_SCHEMA,
  additionalProperties: FLAG_OR_SCHEMA,
  allOf: SCHEMAS,
  anyOf: SCHEMAS,
  default: {},
  definitions: NAMED_SCHEMAS,
  dependencies: { type: 'object', additionalProperties: { anyOf: [SCHEMA, NAMES] } },
  description: TEXT,
  enum: { type: 'array', minItems: 1, uniqueItems: true },
  exclusiveMaximum: { type: 'boolean' },
  exclusiveMinimum: { type: 'boolean' },
  format: TEXT,
  id: TEXT,
  items: { anyOf: [SCHEMA, SCHEMAS] },
  maxItems: POSITIVE_INTEGER,
  maxLength: POSITIVE_INTEGER,
  maxProperties: POSITIVE_INTEGER,
  maximum: { type: 'number' },
  minItems: POSITIVE_INTEGER,
  minLength: POSITIVE_INTEGER,
  minProperties: POSITIVE_INTEGER,
  minimum: { type: 'number' },
  multipleOf: { type: 'number', minimum: 0, exclusiveMinimum: true },
  not: SCHEMA,
  oneOf: SCHEMAS,
  pattern: { type: 'string', format: 'regex' },
  patternProperties: NAMED_SCHEMAS,
  properties: NAMED_SCHEMAS,
  required: NAMES,
  title: TEXT,
  type: {
    anyOf: [SIMPLE_TYPE, { type: 'array', items: SIMPLE_TYPE, minItems: 1, uniqueItems: true }],
  },
  uniqueItems: { type: 'boolean' },
}

export const DRAFT_4 = {
  type: 'object',
  properties: PROPERTIES,
  dependencies: { exclusiveMaximum: ['maximum'], exclusiveMinimum: ['minimum'] },
}

export const DRAFT_4_KEYWORDS: ReadonlySet<string> = new Set(Object.keys(PROPERTIES))

/** Keywords whose values are schemas: one, a list of them (`items` may be either), or several by name. */
export const SCHEMA_KEYWORDS = {
  one: ['additionalItems', 'additionalProperties', 'items', 'not'],
  listed: ['allOf', 'anyOf', 'items', 'oneOf'],
  named: ['definitions', 'dependencies', 'patternProperties', 'properties'],
} as const
