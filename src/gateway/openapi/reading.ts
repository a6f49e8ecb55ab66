import { isPlain, type Plain } from './values.ts'

/** References that lead to references. */
const LONGEST_CHAIN = 32

/** A document while it is read, and what there is to say about it. */
export class Reading {
  readonly root: Plain
  /** Which specification the document follows. */
  readonly format: 'swagger' | 'oas30'
  readonly #warnings = new Set<string>()

  constructor(root: Plain, format: 'swagger' | 'oas30') {
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

  /** The components of a kind, wherever the format keeps them. */
  components(kind: 'schemas' | 'securitySchemes'): Plain {
    const { definitions, securityDefinitions, components } = this.root
    const inSwagger = kind === 'schemas' ? definitions : securityDefinitions
    const found = this.format === 'swagger' ? inSwagger : isPlain(components) ? components[kind] : undefined
    return isPlain(found) ? found : {}
  }

  /** The object that a value is or refers to. A reference that leads nowhere is a warning. */
  resolve(value: unknown): Plain | undefined {
    let found = value
    for (let i = 0; i < LONGEST_CHAIN; i++) {
      if (!isPlain(found)) return undefined
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
    this.warn(`Reference '${isPlain(value) ? String(value.$ref) : ''}' refers to itself. Ignoring.`)
    return undefined
  }

  /** What a local reference points at: a JSON pointer, RFC 6901. */
  at(reference: string): unknown {
    if (!reference.startsWith('#/')) return undefined
    let found: unknown = this.root
    for (const part of reference.slice(2).split('/')) {
      const name = decodePart(part)
      if (Array.isArray(found)) found = found[Number(name)]
      else if (isPlain(found) && Object.hasOwn(found, name)) found = found[name]
      else return undefined
    }
    return found
  }
}

export function decodePart(part: string): string {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
