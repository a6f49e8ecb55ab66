import { ownField } from '../../lib/fields.ts'
import { isJsonObject, type JsonObject } from '../../lib/json-object.ts'
import { Pattern } from '../patterns/pattern.ts'
import { JSON_TYPES, type JsonType, typeOfJson } from './json-value.ts'
import { type Check, KEYWORDS } from './keywords.ts'
import type { Report } from './validation.ts'

/** A schema cannot be used as it stands: its owner's mistake. */
export class SchemaError extends Error {}

/** Schema of a part of a schema. */
export type CompileSchema = (schema: unknown) => Schema

/** Finds what `$ref` names; undefined when there is nothing. */
export type Resolve = (reference: string) => Schema | undefined

/**
 * JSON Schema, draft 4, made ready once: no code is generated, as Workers forbid it, but everything in the schema is
 * parsed, sorted and looked up. Parts are made ready when a body first comes to them, so that schemas may refer to
 * themselves.
 */
export class Schema {
  readonly #source: JsonObject
  readonly #compile: CompileSchema
  readonly #resolve: Resolve
  #ready: Ready | undefined

  constructor(source: unknown, compile: CompileSchema, resolve: Resolve) {
    if (!isJsonObject(source)) throw new SchemaError('a schema has to be a JSON object')
    this.#source = source
    this.#compile = compile
    this.#resolve = resolve
  }

  /**
   * Adds what is wrong to the report. As API Gateway does, it looks at members and items only while nothing is wrong
   * yet. Throws {@link SchemaError}, and `TooMuchToValidate` when the report's budget is used up.
   */
  validate(value: unknown, report: Report): void {
    report.budget.enter()
    this.#ready ??= this.#prepare()
    if (this.#ready instanceof Schema) this.#ready.validate(value, report)
    else this.#validate(this.#ready, value, report)
    report.budget.leave()
  }

  #validate({ checks, members, items }: Rules, value: unknown, report: Report): void {
    const type = typeOfJson(value)
    for (const check of checks[type]) check(value, report)
    if (!report.isSuccess) return
    if (type === 'object' && members) validateMembers(members, value as JsonObject, report)
    else if (type === 'array' && items) validateItems(items, value as unknown[], report)
  }

  #prepare(): Ready {
    try {
      const { $ref } = this.#source
      // "All other properties in a JSON Reference object MUST be ignored."
      return typeof $ref === 'string' ? this.#follow($ref) : prepareRules(this.#source, this.#compile)
    } catch (cause) {
      throw cause instanceof SchemaError || cause instanceof RangeError
        ? cause
        : new SchemaError('the schema is not valid', { cause })
    }
  }

  #follow(reference: string): Schema {
    const target = this.#resolve(reference)
    if (target === undefined) throw new SchemaError(`there is no ${reference}`)
    return target
  }
}

type Ready = Rules | Schema

interface Rules {
  /** In the order of the keywords' names, in which API Gateway reports them. */
  readonly checks: Readonly<Record<JsonType, readonly Check[]>>
  readonly members: Members | undefined
  readonly items: Items | undefined
}

interface Members {
  /** In the order of names. */
  readonly named: ReadonlyMap<string, Schema>
  readonly patterns: ReadonlyArray<readonly [Pattern, Schema]>
  readonly others: Schema | undefined
}

interface Items {
  readonly each: Schema | undefined
  readonly first: readonly Schema[]
  readonly others: Schema | undefined
}

function prepareRules(source: JsonObject, compile: CompileSchema): Rules {
  const checks = Object.fromEntries(JSON_TYPES.map(type => [type, [] as Check[]])) as Record<
    JsonType,
    Check[]
  >
  for (const name of Object.keys(source).sort()) {
    const keyword = ownField(KEYWORDS, name)
    const check = keyword?.compile(source[name], source, compile)
    if (check) for (const type of keyword!.types) checks[type].push(check)
  }
  return { checks, members: prepareMembers(source, compile), items: prepareItems(source, compile) }
}

const schemaOrNone = (source: unknown, compile: CompileSchema): Schema | undefined =>
  isJsonObject(source) ? compile(source) : undefined

function prepareMembers(
  { properties, patternProperties, additionalProperties }: JsonObject,
  compile: CompileSchema,
): Members | undefined {
  const members: Members = {
    named: new Map(
      Object.entries(properties ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, source]) => [name, compile(source)]),
    ),
    patterns: Object.entries(patternProperties ?? {}).map(([pattern, source]) => [
      new Pattern(pattern),
      compile(source),
    ]),
    others: schemaOrNone(additionalProperties, compile),
  }
  return members.named.size > 0 || members.patterns.length > 0 || members.others ? members : undefined
}

function prepareItems({ items, additionalItems }: JsonObject, compile: CompileSchema): Items | undefined {
  if (isJsonObject(items)) return { each: compile(items), first: [], others: undefined }
  if (!Array.isArray(items)) return undefined
  return { each: undefined, first: items.map(compile), others: schemaOrNone(additionalItems, compile) }
}

/** In the order of names. */
function validateMembers(members: Members, object: JsonObject, report: Report): void {
  const { named, patterns, others } = members
  if (patterns.length > 0 || others) {
    for (const name of Object.keys(object).sort()) {
      if (report.isFull) return
      validateMember(members, name, object[name], report)
    }
    return
  }
  // Most schemas: what they do not name need not even be looked at.
  for (const [name, schema] of named) {
    if (Object.hasOwn(object, name)) schema.validate(object[name], report)
  }
}

function validateMember(
  { named, patterns, others }: Members,
  name: string,
  value: unknown,
  report: Report,
): void {
  const own = named.get(name)
  own?.validate(value, report)
  let isNamed = own !== undefined
  for (const [pattern, schema] of patterns) {
    if (!pattern.test(name)) continue
    isNamed = true
    schema.validate(value, report)
  }
  if (!isNamed) others?.validate(value, report)
}

function validateItems({ each, first, others }: Items, array: readonly unknown[], report: Report): void {
  for (let index = 0; index < array.length && !report.isFull; index += 1) {
    const schema = each ?? first[index] ?? others
    if (!schema) return
    schema.validate(array[index], report)
  }
}
