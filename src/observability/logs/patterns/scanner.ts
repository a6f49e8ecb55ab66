import { PatternError } from './pattern-error.ts'

export interface Dialect {
  /** What may stand between words; has the flag `y`. */
  readonly blanks: RegExp
  /** @param at how many characters stand before what is wrong */
  error(what: string, at: number): Error
}

const PATTERNS: Dialect = {
  blanks: /\s*/y,
  error: (what, at) => new PatternError(`${what} at character ${at + 1}`),
}

/** Reads a text of a small language from left to right. */
export class Scanner {
  readonly #text: string
  readonly #dialect: Dialect
  #at = 0
  /** Where the blanks that were read last begin, and end. */
  #blanks = [-1, -1]

  constructor(text: string, dialect = PATTERNS) {
    this.#text = text
    this.#dialect = dialect
  }

  /** How many characters have been read. */
  get at(): number {
    return this.#at
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** Takes what comes next if it is `literal`, and the blanks before it. */
  take(literal: string): boolean {
    this.skipBlanks()
    if (!this.#text.startsWith(literal, this.#at)) return false
    this.#at += literal.length
    return true
  }

  /** Takes what an expression of this project's own finds right here; it has the flag `y`. */
  read(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at
    const found = expression.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  /** Whether such an expression finds something right here; takes nothing. */
  isNext(expression: RegExp): boolean {
    expression.lastIndex = this.#at
    return expression.test(this.#text)
  }

  expect(literal: string): void {
    if (!this.take(literal)) throw this.error(`${literal} is missing`)
  }

  skipBlanks(): void {
    const from = this.#at
    this.read(this.#dialect.blanks)
    if (this.#at > from) this.#blanks = [from, this.#at]
  }

  /** What was read since a place, without blanks at its end. */
  textSince(at: number): string {
    const [from, to] = this.#blanks
    return this.#text.slice(at, this.#at === to ? from : this.#at)
  }

  /** Text up to a closing character, which is taken too; `\` keeps the next character as it is. */
  until(end: string, escapes: 'keeps escapes' | 'reads escapes'): string {
    let text = ''
    for (;;) {
      const char = this.#text[this.#at++]
      if (char === undefined) throw this.error(`${end} is missing`)
      if (char === end) return text
      if (char !== '\\') {
        text += char
        continue
      }
      const next = this.#text[this.#at++] ?? ''
      text += escapes === 'keeps escapes' ? `\\${next}` : next
    }
  }

  error(what: string): Error {
    return this.#dialect.error(what, Math.min(this.#at, this.#text.length))
  }
}
