import { TemplateError } from './template-error.ts'

/**
 * Characters of the private use area that stand, from here to the end of parsing, for characters that the parser
 * would give a meaning: a backslash that is just one, and a quote that is doubled inside quotes of its kind.
 */
const STANDS_FOR: Readonly<Record<string, string>> = { '\ue000': '\\', '\ue001': "'", '\ue002': '"' }
const PLAIN_BACKSLASH = '\ue000'

/** Gives the characters back that {@link prepareSource} put others for. */
export const restoreText = (text: string): string =>
  text.replace(/[\ue000-\ue002]/g, char => STANDS_FOR[char]!)

/**
 * Writes a template so that the parser reads it as API Gateway does (each recorded): comments are taken out, a line
 * comment with its line's end, a backslash stays before what is neither a reference nor a directive, decimals may
 * begin with their point, `''` in quotes is one, and `#stop` needs no parentheses.
 */
export function prepareSource(text: string): string {
  return new Preparation(text).run()
}

const DEEPEST = 100

const REFERENCE = /\$!?\{?[A-Za-z_][\w-]*/y
const MEMBER = /\.[A-Za-z_][\w-]*/y
/** The directives that stand without parentheses, and everything that has them. */
const DIRECTIVE =
  /#(?:\{(?:else|end|break|stop|return)\}|(?:else|end|break|stop|return)(?![\w(])|@?[A-Za-z_][\w-]*[ \t]*\(|@?\{[A-Za-z_][\w-]*\}[ \t]*\()/y
const STOP = /^#\{?(?:stop|return)\}?/

class Preparation {
  readonly #text: string
  #at = 0
  #out = ''

  constructor(text: string) {
    this.#text = text
  }

  run(): string {
    while (this.#at < this.#text.length) this.#step()
    return this.#out
  }

  #step(): void {
    const char = this.#text[this.#at]!
    if (char === '\\') this.#backslashes()
    else if (char === '$') this.#reference()
    else if (char === '#') this.#hash()
    else this.#plain()
  }

  /** Everything up to the next character that may mean something. */
  #plain(): void {
    const rest = /[^\\$#]+/y
    rest.lastIndex = this.#at
    this.#copy(rest.exec(this.#text)![0].length)
  }

  #backslashes(): void {
    const start = this.#at
    while (this.#text[this.#at] === '\\') this.#at += 1
    const run = this.#text.slice(start, this.#at)
    const next = this.#text[this.#at]
    const escapes = next === '$' ? this.#find(REFERENCE) : next === '#' ? this.#find(DIRECTIVE) : undefined
    if (escapes === undefined) {
      this.#out += run.replaceAll('\\', PLAIN_BACKSLASH)
      // A hash that a backslash stands before begins no comment.
      if (next === '#') this.#copy(1)
    } else {
      this.#out += run
      // An escaped reference or directive is text; the parser sees to that.
      this.#copy(1)
    }
  }

  #reference(): void {
    const begin = this.#find(REFERENCE)
    if (begin === undefined) {
      this.#copy(1)
      return
    }
    this.#copy(begin.length)
    for (;;) {
      const member = this.#find(MEMBER)
      const next = this.#text[this.#at]
      if (member !== undefined) this.#copy(member.length)
      else if (next === '(' || next === '[') this.#brackets()
      else return
    }
  }

  #hash(): void {
    const { length } = this.#text
    if (this.#text.startsWith('#[[', this.#at)) {
      const end = this.#text.indexOf(']]#', this.#at)
      this.#copy((end < 0 ? length : end + 3) - this.#at)
    } else if (this.#text.startsWith('##', this.#at)) {
      const end = this.#text.indexOf('\n', this.#at)
      this.#at = end < 0 ? length : end + 1
    } else if (this.#text.startsWith('#*', this.#at)) {
      const end = this.#text.indexOf('*#', this.#at + 2)
      this.#at = end < 0 ? length : end + 2
    } else {
      this.#directive()
    }
  }

  #directive(): void {
    const directive = this.#find(DIRECTIVE)
    if (directive === undefined) {
      this.#copy(1)
      return
    }
    if (STOP.test(directive)) {
      this.#at += directive.length
      if (directive.endsWith('(')) {
        this.#at -= 1
        const before = this.#out
        this.#brackets()
        this.#out = before
      }
      this.#out += '#stop()'
    } else if (directive.endsWith('(')) {
      this.#out += directive.slice(0, -1).replace(/[{}]/g, '')
      this.#at += directive.length - 1
      this.#brackets()
    } else {
      this.#copy(directive.length)
    }
  }

  /** From an opening bracket to the one that closes it. */
  #brackets(): void {
    let depth = 0
    do {
      const char = this.#text[this.#at]!
      if (char === '"' || char === "'") {
        this.#quoted(char)
        continue
      }
      if (char === '(' || char === '[') depth += 1
      // The parser takes ever longer for them.
      if (depth > DEEPEST) throw new TemplateError('brackets are nested too deeply')
      else if (char === ')' || char === ']') depth -= 1
      else if (char === '.' && this.#beginsDecimal()) this.#out += '0'
      this.#copy(1)
    } while (depth > 0 && this.#at < this.#text.length)
  }

  #beginsDecimal(): boolean {
    return /\d/.test(this.#text[this.#at + 1] ?? '') && !/[\w.)\]}"']/.test(this.#text[this.#at - 1] ?? '')
  }

  #quoted(quote: string): void {
    this.#copy(1)
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (char === '\\') {
        this.#copy(2)
      } else if (char !== quote) {
        this.#copy(1)
      } else if (this.#text[this.#at + 1] === quote) {
        this.#out += quote === "'" ? '\ue001' : '\ue002'
        this.#at += 2
      } else {
        this.#copy(1)
        return
      }
    }
  }

  #find(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0]
  }

  #copy(length: number): void {
    this.#out += this.#text.slice(this.#at, this.#at + length)
    this.#at += length
  }
}
