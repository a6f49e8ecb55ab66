import { ownField } from '../lib/fields.ts'

const PLACEHOLDER = /\$\{stageVariables\.([A-Za-z0-9_]+)\}/g

/** A text with `${stageVariables.name}` in it, cut up once. */
export class VariableText {
  /** Literal pieces at even places, names of stage variables at odd ones. */
  readonly #pieces: readonly string[]

  constructor(text: string) {
    this.#pieces = text.split(PLACEHOLDER)
  }

  /** A variable that a stage does not have is nothing. */
  resolve(variables: Readonly<Record<string, string>>): string {
    let text = ''
    for (const [i, piece] of this.#pieces.entries()) {
      text += i % 2 === 0 ? piece : (ownField(variables, piece) ?? '')
    }
    return text
  }
}
