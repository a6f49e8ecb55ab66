import { isJsonObject, type JsonObject } from '../../lib/json-object.ts'
import { Pattern } from '../patterns/pattern.ts'
import type { CompileSchema, Schema } from './compile-schema.ts'
import { FORMATS } from './formats.ts'
import { canonicalText, isMultiple, JSON_TYPES, type JsonType, typeOfJson } from './json-value.ts'
import { type Report, shorten } from './validation.ts'

/** Says what is wrong with a value that is of one of the keyword's types. */
export type Check<T = unknown> = (value: T, report: Report) => void

/** A keyword: the types of values that it is about, and what its value in a schema means. */
interface Keyword {
  readonly types: readonly JsonType[]
  /** `argument` is the keyword's value in `schema`. */
  // biome-ignore lint/suspicious/noExplicitAny: the schema was checked, and types say what values there can be
  readonly compile: (argument: any, schema: JsonObject, compile: CompileSchema) => Check<any> | undefined
}

const NUMBER: readonly JsonType[] = ['integer', 'number']

const list = (values: readonly unknown[]): string => JSON.stringify(values)

const size = (text: string): number => {
  let points = 0
  for (const _ of text) points += 1
  return points
}

/**
 * The assertions of JSON Schema, draft 4, with the words in which API Gateway reports them
 * (`$context.error.validationErrorString`). Those that concern members or items by themselves are in
 * compile-schema.ts.
 * https://datatracker.ietf.org/doc/html/draft-fge-json-schema-validation-00
 */
export const KEYWORDS: Readonly<Record<string, Keyword>> = {
  additionalItems: {
    types: ['array'],
    compile(allowed: unknown, { items }) {
      if (allowed !== false || !Array.isArray(items)) return undefined
      return (array: unknown[], report) => {
        if (array.length <= items.length) return
        report.add(
          `schema only allows ${items.length} elements in array but instance has ${array.length} elements`,
        )
      }
    },
  },
  additionalProperties: {
    types: ['object'],
    compile(allowed: unknown, { properties = {}, patternProperties = {} }) {
      if (allowed !== false) return undefined
      const patterns = Object.keys(patternProperties as object).map(source => new Pattern(source))
      return (object: JsonObject, report) => {
        const unwanted = Object.keys(object).filter(
          name => !Object.hasOwn(properties as object, name) && !patterns.some(pattern => pattern.test(name)),
        )
        if (unwanted.length === 0) return
        report.add(
          `object instance has properties which are not allowed by the schema: ${report.quote(unwanted.sort())}`,
        )
      }
    },
  },
  allOf: {
    types: JSON_TYPES,
    compile(schemas: unknown[], _, compile) {
      const matched = countMatches(schemas, compile)
      return (value, report) => {
        const count = matched(value, report)
        if (count === schemas.length) return
        report.add(
          `instance failed to match all required schemas (matched only ${count} out of ${schemas.length})`,
        )
      }
    },
  },
  anyOf: {
    types: JSON_TYPES,
    compile(schemas: unknown[], _, compile) {
      const matched = countMatches(schemas, compile, 1)
      return (value, report) => {
        if (matched(value, report) > 0) return
        report.add(`instance failed to match at least one required schema among ${schemas.length}`)
      }
    },
  },
  dependencies: {
    types: ['object'],
    compile(dependencies: JsonObject, _, compile) {
      const names = Object.keys(dependencies)
      const schemas = new Map(
        names
          .filter(name => isJsonObject(dependencies[name]))
          .map(name => [name, compile(dependencies[name])]),
      )
      return (object: JsonObject, report) => {
        for (const name of names) {
          const required = dependencies[name]
          if (!Array.isArray(required) || !Object.hasOwn(object, name)) continue
          const missing = required.filter(other => !Object.hasOwn(object, other))
          if (missing.length > 0) {
            report.add(
              `property "${name}" of object has missing property dependencies (schema requires ${list(required)}; missing: ${list(missing)})`,
            )
          }
        }
        for (const [name, schema] of schemas) if (Object.hasOwn(object, name)) schema.validate(object, report)
      }
    },
  },
  enum: {
    types: JSON_TYPES,
    compile(values: unknown[]) {
      const texts = new Set(values.map(canonicalText))
      const hasContainers = values.some(value => typeof value === 'object' && value !== null)
      const possible = list(values)
      return (value, report) => {
        const isContainer = typeof value === 'object' && value !== null
        if (!isContainer || hasContainers) {
          const text = canonicalText(value)
          if (isContainer) report.budget.spend(text.length >> 4)
          if (texts.has(text)) return
        }
        report.add(`instance value (${report.quote(value)}) not found in enum (possible values: ${possible})`)
      }
    },
  },
  format: {
    types: ['string'],
    compile(name: string) {
      const format = FORMATS.get(name)
      if (!format) return undefined
      return (text: string, report) => {
        if (!format.test(text)) report.add(format.error(shorten(text)))
      }
    },
  },
  maxItems: {
    types: ['array'],
    compile: (most: number) => (array: unknown[], report) => {
      if (array.length > most) {
        report.add(
          `array is too long: must have at most ${most} elements but instance has ${array.length} elements`,
        )
      }
    },
  },
  maxLength: {
    types: ['string'],
    compile: (most: number) => (text: string, report) => {
      if (text.length > most && size(text) > most) {
        report.add(`string "${shorten(text)}" is too long (length: ${size(text)}, maximum allowed: ${most})`)
      }
    },
  },
  maxProperties: {
    types: ['object'],
    compile: (most: number) => (object: JsonObject, report) => {
      const count = Object.keys(object).length
      if (count > most) {
        report.add(`object has too many properties (found ${count} but schema requires at most ${most})`)
      }
    },
  },
  maximum: {
    types: NUMBER,
    compile:
      (most: number, { exclusiveMaximum }) =>
      (value: number, report) => {
        if (value > most) {
          report.add(
            `numeric instance is greater than the required maximum (maximum: ${most}, found: ${value})`,
          )
        } else if (value === most && exclusiveMaximum === true) {
          report.add(`numeric instance is not strictly lower than the required maximum ${most}`)
        }
      },
  },
  minItems: {
    types: ['array'],
    compile: (least: number) => (array: unknown[], report) => {
      if (array.length < least) {
        report.add(
          `array is too short: must have at least ${least} elements but instance has ${array.length} elements`,
        )
      }
    },
  },
  minLength: {
    types: ['string'],
    compile: (least: number) => (text: string, report) => {
      if (text.length < least * 2 && size(text) < least) {
        report.add(
          `string "${shorten(text)}" is too short (length: ${size(text)}, required minimum: ${least})`,
        )
      }
    },
  },
  minProperties: {
    types: ['object'],
    compile: (least: number) => (object: JsonObject, report) => {
      const count = Object.keys(object).length
      if (count < least) {
        report.add(`object has too few properties (found ${count} but schema requires at least ${least})`)
      }
    },
  },
  minimum: {
    types: NUMBER,
    compile:
      (least: number, { exclusiveMinimum }) =>
      (value: number, report) => {
        if (value < least) {
          report.add(
            `numeric instance is lower than the required minimum (minimum: ${least}, found: ${value})`,
          )
        } else if (value === least && exclusiveMinimum === true) {
          report.add(`numeric instance is not strictly greater than the required minimum ${least}`)
        }
      },
  },
  multipleOf: {
    types: NUMBER,
    compile: (divisor: number) => (value: number, report) => {
      if (!isMultiple(value, divisor)) report.add(`remainder of division is not zero (${value} / ${divisor})`)
    },
  },
  not: {
    types: JSON_TYPES,
    compile(schema: unknown, _, compile) {
      const compiled = compile(schema)
      return (value, report) => {
        if (isMatch(compiled, value, report)) report.add('instance matched a schema which it should not have')
      }
    },
  },
  oneOf: {
    types: JSON_TYPES,
    compile(schemas: unknown[], _, compile) {
      const matched = countMatches(schemas, compile)
      return (value, report) => {
        const count = matched(value, report)
        if (count === 1) return
        report.add(`instance failed to match exactly one schema (matched ${count} out of ${schemas.length})`)
      }
    },
  },
  pattern: {
    types: ['string'],
    compile(source: string) {
      const pattern = new Pattern(source)
      return (text: string, report) => {
        report.budget.spend(text.length >> 4)
        if (!pattern.test(text)) {
          report.add(`ECMA 262 regex "${source}" does not match input string "${shorten(text)}"`)
        }
      }
    },
  },
  required: {
    types: ['object'],
    compile(names: string[]) {
      const sorted = [...names].sort()
      return (object: JsonObject, report) => {
        if (sorted.every(name => Object.hasOwn(object, name))) return
        const missing = sorted.filter(name => !Object.hasOwn(object, name))
        report.add(`object has missing required properties (${list(missing)})`)
      }
    },
  },
  type: {
    types: JSON_TYPES,
    compile(type: JsonType | JsonType[]) {
      const named = new Set([type].flat())
      // An integer is a number, too.
      if (named.has('number')) named.add('integer')
      const allowed = JSON_TYPES.filter(name => named.has(name))
      return (value, report) => {
        const found = typeOfJson(value)
        if (named.has(found)) return
        report.add(
          `instance type (${found}) does not match any allowed primitive type (allowed: ${list(allowed)})`,
        )
      }
    },
  },
  uniqueItems: {
    types: ['array'],
    compile(wanted: boolean) {
      if (!wanted) return undefined
      return (array: unknown[], report) => {
        const seen = new Set<string>()
        for (const item of array) {
          const text = canonicalText(item)
          report.budget.spend(1 + (text.length >> 4))
          if (seen.has(text)) return report.add('array must not contain duplicate elements')
          seen.add(text)
        }
      }
    },
  },
}

function isMatch(schema: Schema, value: unknown, report: Report): boolean {
  const attempt = report.attempt()
  schema.validate(value, attempt)
  return attempt.isSuccess
}

/** How many of the schemas a value matches; it need not look further than `enough`. */
function countMatches(schemas: readonly unknown[], compile: CompileSchema, enough = schemas.length) {
  const compiled = schemas.map(compile)
  return (value: unknown, report: Report): number => {
    let count = 0
    for (const schema of compiled) {
      if (isMatch(schema, value, report)) count += 1
      if (count === enough) break
    }
    return count
  }
}
