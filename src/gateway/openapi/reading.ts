import { decodeSegment } from '../../lib/fields.ts'
import { isJsonObject, type JsonObject, scalarText, unescapePointer } from '../../lib/json-object.ts'

/** References that lead to references. */
const LONGEST_CHAIN = 32

/** A document while it is read, and what there is to say about it. */
export class Reading {
  readonly root: JsonObject
  /** Which specification the document follows. */
  readonly format: 'swagger' | 'oas30'
  readonly #warnings = new Set<string>()

  constructor(root: JsonObject, format: 'swagger' | 'oas30') {
    this.root = root
    this.format = format
  }

  get warnings(): string[] {
    return [...this.#warnings]
  }

  /** Something of the document is left out; the rest is imported. */
  warn(message: string): void {
    this.#warnings.add(message)
  }

  /**
   * A text; of an object it is said that it is none: templates of CloudFormation and SAM have their functions there
   * (`Fn::Sub`), which somebody has to resolve, and a document without its `credentials` is another one.
   *
   * @param what whose text it is: `The uri of 'GET' for resource at path '/a'`
   */
  textOf(value: unknown, what: string): string | undefined {
    if (isJsonObject(value)) {
      const [name] = Object.keys(value)
      this.warn(`${what} is no text${name ? `: '${name}' has to be resolved before` : ''}. Ignoring.`)
    }
    return scalarText(value)
  }

  /** The components of a kind, wherever the format keeps them. */
  components(kind: 'schemas' | 'securitySchemes'): JsonObject {
    const { definitions, securityDefinitions, components } = this.root
    const inSwagger = kind === 'schemas' ? definitions : securityDefinitions
    const found =
      this.format === 'swagger' ? inSwagger : isJsonObject(components) ? components[kind] : undefined
    return isJsonObject(found) ? found : {}
  }

  /** The object that a value is or refers to. A reference that leads nowhere is a warning. */
  resolve(value: unknown): JsonObject | undefined {
    let found = value
    for (let i = 0; i < LONGEST_CHAIN; i++) {
      if (!isJsonObject(found)) return undefined
      if (typeof found.$ref !== 'string') return found
      const target = this.at(found.$ref)
      if (target === undefined) {
        this.warn(
          found.$ref.startsWith('#')
            ? `Reference '${found.$ref}' not found. Ignoring.`
            : `Reference '${found.$ref}' is not local. Ignoring.`,
        )
        return undefined
      }
      found = target
    }
    this.warn(`Reference '${isJsonObject(value) ? String(value.$ref) : ''}' refers to itself. Ignoring.`)
    return undefined
  }

  /** What a local reference points at: a JSON pointer, RFC 6901. */
  at(reference: string): unknown {
    if (!reference.startsWith('#/')) return undefined
    let found: unknown = this.root
    for (const part of reference.slice(2).split('/')) {
      const name = decodePart(part)
      if (Array.isArray(found)) found = found[Number(name)]
      else if (isJsonObject(found) && Object.hasOwn(found, name)) found = found[name]
      else return undefined
    }
    return found
  }
}

export const decodePart = (part: string): string => decodeSegment(unescapePointer(part))
