import { isScalar } from '../patterns/comparison.ts'
import type { FilterPattern } from '../patterns/filter-pattern.ts'
import { jsonObjectOf } from '../patterns/json-message.ts'
import { compileSelector } from '../patterns/json-selector.ts'

/** A line that a pattern has found. */
export class FoundLine {
  /** Of a space-delimited pattern, by `$name`. */
  readonly fields: Readonly<Record<string, string>>
  readonly #message: string
  #document: object | null | undefined

  constructor(fields: Readonly<Record<string, string>>, message: string) {
    this.fields = fields
    this.#message = message
  }

  /** Null of a line that is no JSON. Read only when somebody asks. */
  get document(): object | null {
    this.#document ??= jsonObjectOf(this.#message) ?? null
    return this.#document
  }
}

/** Undefined of a line that the pattern does not find. */
export function findLine(pattern: FilterPattern, message: string): FoundLine | undefined {
  const fields = pattern.extract(message)
  return fields && new FoundLine(fields, message)
}

/** What leads to a value of a line, as metric filters name it; undefined of a text that leads nowhere. */
export function compileLineValue(text: string): ((line: FoundLine) => string | undefined) | undefined {
  const selector = compileSelector(text)
  if (selector) {
    return ({ document }) => {
      const value = selector.select(document).find(isScalar)
      return value === undefined ? undefined : String(value)
    }
  }
  return /^\$[^\s$[\]{}"%(),]+$/.test(text) ? ({ fields }) => fields[text] : undefined
}
