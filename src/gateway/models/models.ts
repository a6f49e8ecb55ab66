import { ownField } from '../../lib/fields.ts'
import { memberAt, unescapePointer } from '../../lib/json-object.ts'
import { BUILT_IN_MODELS } from './built-in-models.ts'
import { Schema, SchemaError } from './compile-schema.ts'
import { Budget, Report, TooMuchToValidate } from './validation.ts'

/**
 * How schemas name another model of their API: by its address, as AWS writes it in every region.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
 */
export const modelUrl = (apiId: string, name: string): string =>
  `https://apigateway.amazonaws.com/restapis/${apiId}/models/${name}`

/** Such an address, and what it names within the model. */
const MODEL = /^https:\/\/apigateway\.amazonaws\.com\/restapis\/([^/#]+)\/models\/([^/#]+)(?:#(.*))?$/

/** The model that a reference names; undefined for one within the schema itself, or none at all. */
export function referredModel(
  reference: string,
): { apiId: string; name: string; pointer: string } | undefined {
  const [, apiId, name, pointer = ''] = MODEL.exec(reference) ?? []
  return apiId && name ? { apiId, name, pointer } : undefined
}

/** The models of one deployment, each parsed and made ready when the first body is compared with it. */
export class Models {
  readonly #texts: Readonly<Record<string, string>>
  readonly #parsed = new Map<string, unknown>()
  /** One for every schema within the models, however often it is referred to. */
  readonly #schemas = new Map<unknown, Schema>()

  /** JSON Schemas by name, as text. */
  constructor(texts: Readonly<Record<string, string>>) {
    this.#texts = texts
  }

  /**
   * What is wrong with a body, as API Gateway words it: `[object has missing required properties (["name"])]`.
   * Undefined when nothing is. An empty body counts as `{}`. Throws {@link SchemaError} when the model, or one that it
   * refers to, is missing or not valid.
   */
  validate(name: string, body: string): string | undefined {
    const root = this.#document(name)
    if (root === undefined) throw new SchemaError(`there is no model ${name}`)
    let value: unknown
    try {
      value = JSON.parse(body === '' ? '{}' : body)
    } catch {
      return '[Unknown error parsing request body]'
    }
    const report = new Report(new Budget(body.length))
    try {
      this.#compile(root, name).validate(value, report)
    } catch (error) {
      // A stack that overflows does so on a value that is nested more deeply than any body should be.
      if (error instanceof TooMuchToValidate || error instanceof RangeError) {
        return '[request body is too complex to be validated]'
      }
      throw error
    }
    return report.isSuccess ? undefined : `[${report.errors.join(', ')}]`
  }

  #document(name: string): unknown {
    if (this.#parsed.has(name)) return this.#parsed.get(name)
    const text = ownField(this.#texts, name) ?? ownField(BUILT_IN_MODELS, name)?.schema
    const document = text === undefined ? undefined : parse(text)
    this.#parsed.set(name, document)
    return document
  }

  #compile(source: unknown, model: string): Schema {
    let schema = this.#schemas.get(source)
    if (!schema) {
      schema = new Schema(
        source,
        part => this.#compile(part, model),
        reference => this.#resolve(reference, model),
      )
      this.#schemas.set(source, schema)
    }
    return schema
  }

  #resolve(reference: string, model: string): Schema | undefined {
    const other = referredModel(reference)
    if (!other && !reference.startsWith('#')) return undefined
    const name = other?.name ?? model
    const found = lookUp(this.#document(name), other?.pointer ?? reference.slice(1))
    return found === undefined ? undefined : this.#compile(found, name)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SchemaError('a model is not JSON', { cause })
  }
}

/** What a JSON pointer in the fragment of a URI names (RFC 6901, 6); undefined when there is nothing. */
export function lookUp(document: unknown, pointer: string): unknown {
  let parts: string[]
  try {
    parts = decodeURIComponent(pointer).split('/').slice(1)
  } catch {
    return undefined
  }
  return memberAt(document, parts.map(unescapePointer))
}
