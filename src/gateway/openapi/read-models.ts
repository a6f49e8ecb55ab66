import { fnv1a } from '../../lib/hash.ts'
import { isJsonObject, type JsonObject, scalarText } from '../../lib/json-object.ts'
import { DRAFT_4_KEYWORDS, SCHEMA_KEYWORDS } from '../models/draft-4.ts'
import type { ModelDefinition } from './definition.ts'
import { decodePart, type Reading } from './reading.ts'
import { entriesOf, flagOf } from './values.ts'

/** Where other models are, in the schemas of a definition. */
export const MODEL_REFERENCE = '#/definitions/'

const SCHEMA_REFERENCE = /^#\/(?:definitions|components\/schemas)\/([^/]+)$/

const SCHEMAS: ReadonlySet<string> = new Set([...SCHEMA_KEYWORDS.one, ...SCHEMA_KEYWORDS.listed])
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(SCHEMA_KEYWORDS.named)

/** OpenAPI says apart that something may be null, JSON Schema as one of its types. */
function withNull(schema: JsonObject): JsonObject {
  const { type } = schema
  const isNullable = flagOf(schema.nullable) || flagOf(schema['x-nullable'])
  return isNullable && typeof type === 'string' ? { ...schema, type: [type, 'null'] } : schema
}

/** Schemas within schemas. */
const DEEPEST = 200

/** Of all schemas of a document: references into parts of schemas can write out the same ones over and over. */
const MOST_PARTS = 500_000

/** The models of a document: those it names, and those that stand where they are used, which get names. */
export class Models {
  readonly #reading: Reading
  readonly #models = new Map<string, ModelDefinition>()
  readonly #inline = new Map<string, string>()
  /** Texts of schemas that were read already: one response may stand in every method. */
  readonly #texts = new Map<unknown, string>()
  #read = 0

  constructor(reading: Reading) {
    this.#reading = reading
    for (const [name, schema] of entriesOf(reading.components('schemas'))) {
      this.#models.set(name, modelOf(this.#schemaText(schema)))
    }
  }

  get all(): Record<string, ModelDefinition> {
    return Object.fromEntries(this.#models)
  }

  /** The model that a schema is; one is made for a schema that has no name. Undefined: it refers to none there is. */
  nameOf(schema: unknown): string | undefined {
    if (!isJsonObject(schema)) return undefined
    const [, name] = SCHEMA_REFERENCE.exec(scalarText(schema.$ref) ?? '') ?? []
    if (name === undefined) return this.#nameInline(this.#schemaText(schema))
    const model = decodePart(name)
    if (this.#models.has(model)) return model
    this.#reading.warn(`Reference to model '${model}' not found. Ignoring.`)
    return undefined
  }

  /** The same schema has the same name in every import, so importing a document twice adds nothing. */
  #nameInline(schema: string): string {
    const known = this.#inline.get(schema)
    if (known) return known
    let seed = fnv1a(schema)
    let name = inlineName(seed)
    while (this.#models.has(name)) name = inlineName(++seed)
    this.#models.set(name, modelOf(schema))
    this.#inline.set(schema, name)
    return name
  }

  #schemaText(schema: unknown): string {
    const known = this.#texts.get(schema)
    if (known !== undefined) return known
    const text = JSON.stringify(this.#rewrite(schema, 0))
    this.#texts.set(schema, text)
    return text
  }

  /**
   * What JSON Schema, draft 4, knows of a schema: API Gateway keeps nothing else, so examples and the like are left
   * out. References lead to models and nowhere else: what they point at otherwise takes their place.
   */
  #rewrite(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (depth > DEEPEST || ++this.#read > MOST_PARTS) {
      this.#reading.warn('A schema is too large with its references written out. Ignoring a part of it.')
      return {}
    }
    if (Array.isArray(value)) return value.map(item => this.#rewrite(item, depth + 1))
    if (!isJsonObject(value)) return value
    if (typeof value.$ref === 'string') return this.#rewriteReference(value.$ref, depth)
    const known = Object.entries(withNull(value)).filter(([keyword]) => DRAFT_4_KEYWORDS.has(keyword))
    return Object.fromEntries(
      known.map(([keyword, item]) => {
        if (SCHEMAS.has(keyword)) return [keyword, this.#rewrite(item, depth + 1)]
        if (!NAMED_SCHEMAS.has(keyword)) return [keyword, item]
        const named = entriesOf(item).map(
          ([name, schema]) => [name, this.#rewrite(schema, depth + 1)] as const,
        )
        return [keyword, Object.fromEntries(named)]
      }),
    )
  }

  #rewriteReference(reference: string, depth: number): unknown {
    const [, name] = SCHEMA_REFERENCE.exec(reference) ?? []
    if (name !== undefined) {
      const model = decodePart(name)
      if (Object.hasOwn(this.#reading.components('schemas'), model)) return { $ref: MODEL_REFERENCE + model }
    }
    const target = name === undefined ? this.#reading.at(reference) : undefined
    if (target !== undefined) return this.#rewrite(target, depth + 1)
    this.#reading.warn(
      name === undefined
        ? `Reference '${reference}' not found. Ignoring.`
        : `Reference to model '${decodePart(name)}' not found. Ignoring.`,
    )
    return {}
  }
}

const modelOf = (schema: string): ModelDefinition => ({ contentType: 'application/json', schema })

const inlineName = (seed: number): string => `MODEL${(seed % 0x1000000).toString(16).padStart(6, '0')}`
