import { isScalar } from '../patterns/comparison.ts'
import type { Message } from '../patterns/json-message.ts'
import { compileSelector } from '../patterns/json-selector.ts'

/** A line that a pattern has found. */
export interface FoundLine {
  /** Of a space-delimited pattern, by `$name`. */
  readonly fields: Readonly<Record<string, string>>
  readonly message: Message
}

/** What leads to a value of a line, as metric filters name it; undefined of a text that leads nowhere. */
export function compileLineValue(text: string): ((line: FoundLine) => string | undefined) | undefined {
  const selector = compileSelector(text)
  if (selector) {
    return ({ message }) => {
      const value = selector.select(message.document).find(isScalar)
      return value === undefined ? undefined : String(value)
    }
  }
  return /^\$[^\s$[\]{}"%(),]+$/.test(text) ? ({ fields }) => fields[text] : undefined
}
