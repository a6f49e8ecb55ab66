/** What the worst case of a regular expression depends on, and the expression in RE2's syntax. */
export interface PatternShape {
  /** Something that can match in several ways is repeated: `(a+)+`, `(a|b)*`. */
  readonly isNested: boolean
  /** Begins with `^`. */
  readonly isAnchored: boolean
  /** `a|b` outside of all groups. */
  readonly hasTopAlternative: boolean
  /** Quantifiers without an upper bound. */
  readonly unbounded: number
  /** In how many ways each of the others can match. */
  readonly choices: readonly number[]
  /** Undefined for what RE2 cannot express. */
  readonly re2: string | undefined
}

interface Group {
  /** It can match one text in several ways. */
  isVariable: boolean
}

/** White space and line ends as ECMA 262 has them; RE2's own classes know ASCII only. */
const SPACE =
  '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const LINE_END = '\\n\\r\\x{2028}\\x{2029}'

const QUANTIFIER = /[*+?]|\{(\d+)(,?)(\d*)\}/y
const GROUP_START = /\((?:\?(?::|=|!|<=|<!|<[A-Za-z_]\w*>))?/y
/** As in ECMA 262; a `]` right after the opening bracket closes the class there. */
const CLASS = /\[(\^?)((?:[^\]\\]|\\[\s\S])*)\]/y

/**
 * Reads a valid expression of ECMA 262 once.
 *
 * @param flags any of `i`, `m` and `s`
 */
export function readPattern(source: string, flags = ''): PatternShape {
  const reader = new Reader(source, flags.includes('s'))
  reader.read()
  return {
    isNested: reader.isNested,
    isAnchored: source.startsWith('^') && !reader.hasTopAlternative && !flags.includes('m'),
    hasTopAlternative: reader.hasTopAlternative,
    unbounded: reader.unbounded,
    choices: reader.choices,
    re2: reader.isTranslated ? `${flags && `(?${flags})`}${reader.re2}` : undefined,
  }
}

class Reader {
  readonly #source: string
  readonly #dot: string
  #at = 0
  readonly #open: Group[] = [{ isVariable: false }]
  /** What the next quantifier is about; undefined where there is nothing to repeat. */
  #atom: Group | undefined
  isNested = false
  hasTopAlternative = false
  unbounded = 0
  readonly choices: number[] = []
  re2 = ''
  isTranslated = true

  constructor(source: string, dotIsAll: boolean) {
    this.#source = source
    this.#dot = dotIsAll ? '(?s:.)' : `[^${LINE_END}]`
  }

  read(): void {
    while (this.#at < this.#source.length) this.#readNext()
  }

  #readNext(): void {
    const char = this.#source[this.#at]!
    if (char === '(') this.#openGroup()
    else if (char === ')') this.#closeGroup()
    else if (char === '[') this.#readClass()
    else if (char === '\\') this.#readEscape()
    else if (char === '|') this.#readAlternative()
    else if ((char === '{' || char === '*' || char === '+' || char === '?') && this.#readQuantifier()) return
    else this.#take(1, char === '.' ? this.#dot : char === '{' || char === '}' ? `\\${char}` : char)
  }

  #take(length: number, re2: string): void {
    this.#at += length
    this.re2 += re2
    this.#atom = { isVariable: false }
  }

  #match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at
    return expression.exec(this.#source)
  }

  #openGroup(): void {
    const [start] = this.#match(GROUP_START) ?? ['(']
    if (/[=!]$/.test(start)) this.isTranslated = false
    this.#open.push({ isVariable: false })
    this.#take(start.length, start.endsWith('>') ? '(' : start)
    this.#atom = undefined
  }

  #closeGroup(): void {
    const group = this.#open.length > 1 ? this.#open.pop()! : { isVariable: false }
    this.#take(1, ')')
    this.#atom = group
    if (group.isVariable) this.#open.at(-1)!.isVariable = true
  }

  #readAlternative(): void {
    if (this.#open.length === 1) this.hasTopAlternative = true
    this.#open.at(-1)!.isVariable = true
    this.choices.push(2)
    this.#take(1, '|')
    this.#atom = undefined
  }

  /** False where a brace is just a brace. */
  #readQuantifier(): boolean {
    const match = this.#match(QUANTIFIER)
    const atom = this.#atom
    if (!match || !atom) return false
    const [text, least, comma, most] = match
    const [min, max] = bounds(text, least, comma, most)
    if (max > 1 && atom.isVariable) this.isNested = true
    if (max === Number.POSITIVE_INFINITY) this.unbounded += 1
    else if (max > min) this.choices.push(max - min + 1)
    if (max > min) this.#open.at(-1)!.isVariable = true
    const lazy = this.#source[this.#at + text.length] === '?' ? '?' : ''
    this.#take(text.length + lazy.length, text + lazy)
    this.#atom = undefined
    return true
  }

  #readClass(): void {
    const match = this.#match(CLASS)
    if (!match) {
      this.#take(1, '\\[')
      return
    }
    const [text, not, content = ''] = match
    let re2 = ''
    for (const [part] of content.matchAll(/\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[\s\S]|[\s\S]/g)) {
      const escaped = part.startsWith('\\') ? this.#translate(part, true) : part === '[' ? '\\[' : part
      re2 += escaped
    }
    if (content === '') this.isTranslated = false
    this.#take(text.length, `[${not}${re2}]`)
  }

  #readEscape(): void {
    const [text] = this.#match(/\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[pP]\{[^}]*\}|\\[\s\S]/y) ?? ['\\']
    this.#take(text.length, this.#translate(text, false))
  }

  #translate(sequence: string, inClass: boolean): string {
    if (/^\\[ux][\da-fA-F]{2,4}$/.test(sequence)) return `\\x{${sequence.slice(2)}}`
    if (/^\\[pP]\{/.test(sequence)) return sequence
    const letter = sequence[1] ?? ''
    if (letter === 's') return inClass ? SPACE : `[${SPACE}]`
    if (letter === 'S' && !inClass) return `[^${SPACE}]`
    if (letter === 'b' && inClass) return '\\x{8}'
    if (letter === '0') return '\\x{0}'
    if (/[dDwWfnrtvbB]/.test(letter)) return sequence
    // References to groups, control characters and what else has a meaning of its own.
    if (/[A-Za-z0-9]/.test(letter)) this.isTranslated = false
    return /[A-Za-z0-9]/.test(letter) ? letter : sequence
  }
}

function bounds(
  text: string,
  least: string | undefined,
  comma: string | undefined,
  most: string | undefined,
): [min: number, max: number] {
  if (text === '*') return [0, Number.POSITIVE_INFINITY]
  if (text === '+') return [1, Number.POSITIVE_INFINITY]
  if (text === '?') return [0, 1]
  if (!comma) return [Number(least), Number(least)]
  return [Number(least), most ? Number(most) : Number.POSITIVE_INFINITY]
}
