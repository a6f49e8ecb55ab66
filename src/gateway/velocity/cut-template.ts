import { TemplateError } from './template-error.ts'

/** A template's text, or something in it that means something, as the parser is to read it. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'raw'; readonly text: string }
  | { readonly kind: 'reference'; readonly text: string }
  | { readonly kind: 'directive'; readonly name: string; readonly text: string }

/**
 * Characters of the private use area that stand, while the parser is at work, for quotes that are doubled inside
 * quotes of their kind: it would take the first for the end.
 */
const STANDS_FOR: Readonly<Record<string, string>> = { '\ue001': "'", '\ue002': '"' }

/** Gives the characters back that {@link cutTemplate} put others for. */
export const restoreText = (text: string): string =>
  text.replace(/[\ue001\ue002]/g, char => STANDS_FOR[char]!)

/**
 * Cuts a template into text, references and directives, as API Gateway reads them (each recorded): comments are taken
 * out, a line comment with its line's end; a backslash is one before what is neither a reference nor a directive;
 * decimals may begin with their point; `''` in quotes is one; `#stop` needs no parentheses.
 *
 * What is cut is small, whatever the template's size: the parser's time grows with the square of what it is given.
 */
export const cutTemplate = (text: string): readonly Piece[] => new Cutter(text).run()

const REFERENCE = /\$!?(\{?)[A-Za-z_][\w-]*/y
const MEMBER = /\.[A-Za-z_][\w-]*/y
const INDEX = /\[\s*(?:-?\d|["'$])/y
const BARE = /#(?:\{(else|end|break|stop|return)\}|(else|end|break|stop|return)(?![\w(]))/y
const CALL =
  /#(?:(if|elseif|foreach|set|macro|define|stop|return)[ \t]*|\{(if|elseif|foreach|set|macro|define)\}[ \t]*|(@?[A-Za-z_][\w-]*))\(/y

/** The parser takes ever longer for brackets in brackets. */
const DEEPEST = 100

class Cutter {
  readonly #text: string
  readonly #pieces: Piece[] = []
  #at = 0
  #plain = ''

  constructor(text: string) {
    this.#text = text
  }

  run(): readonly Piece[] {
    while (this.#at < this.#text.length) this.#step()
    this.#flush()
    return this.#pieces
  }

  #step(): void {
    const char = this.#text[this.#at]!
    if (char === '\\') {
      this.#backslashes()
    } else if (char === '$') {
      const reference = this.#reference()
      if (reference === undefined) this.#take(1)
      else this.#push({ kind: 'reference', text: reference })
    } else if (char === '#') {
      this.#hash()
    } else {
      const rest = /[^\\$#]+/y
      rest.lastIndex = this.#at
      this.#take(rest.exec(this.#text)![0].length)
    }
  }

  /** Of an even number before something half are left, and it counts; of an odd number too, and it is text. */
  #backslashes(): void {
    const begin = this.#at
    while (this.#text[this.#at] === '\\') this.#at += 1
    const count = this.#at - begin
    const escapes = this.#find(REFERENCE) ?? this.#find(BARE) ?? this.#find(CALL)
    if (escapes === undefined) {
      this.#plain += '\\'.repeat(count)
      // A hash behind a backslash begins no comment.
      if (this.#text[this.#at] === '#') this.#take(1)
      return
    }
    this.#plain += '\\'.repeat(count >> 1)
    if (count % 2 === 0) return
    const start = this.#at
    if (this.#text[start] === '$' && this.#reference() !== undefined)
      this.#plain += this.#text.slice(start, this.#at)
    else this.#take(1)
  }

  /** Moves behind a reference and gives it as the parser reads it; undefined, and nowhere, where there is none. */
  #reference(): string | undefined {
    const start = this.#at
    const begin = this.#find(REFERENCE)
    if (begin === undefined) return undefined
    let made = begin
    this.#at += begin.length
    for (;;) {
      const member = this.#find(MEMBER)
      if (member !== undefined) {
        made += member
        this.#at += member.length
        if (this.#text[this.#at] === '(') made += this.#brackets()
      } else if (this.#find(INDEX) !== undefined) {
        made += this.#brackets()
      } else {
        break
      }
    }
    if (!begin.includes('{')) return made
    if (this.#text[this.#at] === '}') {
      this.#at += 1
      return `${made}}`
    }
    this.#at = start
    return undefined
  }

  #hash(): void {
    const { length } = this.#text
    const bare = this.#find(BARE)
    if (this.#text.startsWith('#[[', this.#at)) {
      const end = this.#text.indexOf(']]#', this.#at)
      this.#push({ kind: 'raw', text: this.#text.slice(this.#at + 3, end < 0 ? length : end) })
      this.#at = end < 0 ? length : end + 3
    } else if (this.#text.startsWith('##', this.#at)) {
      const end = this.#text.indexOf('\n', this.#at)
      this.#at = end < 0 ? length : end + 1
    } else if (this.#text.startsWith('#*', this.#at)) {
      const end = this.#text.indexOf('*#', this.#at + 2)
      this.#at = end < 0 ? length : end + 2
    } else if (bare !== undefined) {
      this.#at += bare.length
      this.#push({ kind: 'directive', name: bare.replace(/[#{}]/g, ''), text: bare })
    } else {
      this.#call()
    }
  }

  #call(): void {
    const call = this.#find(CALL)
    if (call === undefined) {
      this.#take(1)
      return
    }
    const name = call.replace(/[#{}( \t]/g, '')
    this.#at += call.length - 1
    this.#push({ kind: 'directive', name, text: `#${name}${this.#brackets()}` })
  }

  /** From an opening bracket to the one that closes it. */
  #brackets(): string {
    let depth = 0
    let made = ''
    do {
      const char = this.#text[this.#at]!
      if (char === '"' || char === "'") {
        made += this.#quoted(char)
        continue
      }
      if (char === '(' || char === '[') depth += 1
      else if (char === ')' || char === ']') depth -= 1
      else if (char === '.' && this.#beginsDecimal()) made += '0'
      if (depth > DEEPEST) throw new TemplateError('brackets are nested too deeply')
      made += char
      this.#at += 1
    } while (depth > 0 && this.#at < this.#text.length)
    return made
  }

  #beginsDecimal(): boolean {
    return /\d/.test(this.#text[this.#at + 1] ?? '') && !/[\w.)\]}"']/.test(this.#text[this.#at - 1] ?? '')
  }

  #quoted(quote: string): string {
    let made = quote
    this.#at += 1
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (char === '\\') {
        made += this.#text.slice(this.#at, this.#at + 2)
        this.#at += 2
      } else if (char !== quote) {
        made += char
        this.#at += 1
      } else if (this.#text[this.#at + 1] === quote) {
        made += quote === "'" ? '\ue001' : '\ue002'
        this.#at += 2
      } else {
        this.#at += 1
        return made + quote
      }
    }
    return made
  }

  #find(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0]
  }

  #take(length: number): void {
    this.#plain += this.#text.slice(this.#at, this.#at + length)
    this.#at += length
  }

  #push(piece: Piece): void {
    this.#flush()
    this.#pieces.push(piece)
  }

  #flush(): void {
    if (this.#plain !== '') this.#pieces.push({ kind: 'text', text: this.#plain })
    this.#plain = ''
  }
}
