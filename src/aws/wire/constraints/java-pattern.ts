/** A constraint's pattern, ready to be matched. */
export interface CompiledPattern {
  /** Matches the whole string, as `java.util.regex.Matcher.matches` does. */
  readonly regex: RegExp
  /** One repeated character class, e.g. `[\s\S]*`: matched in time that grows with the length alone. */
  readonly linear: boolean
}

// These two of EventBridge's take time exponential in the length where a value does not match: a space may belong to
// a word or stand between two. They say that of tabs and the class's characters there is any number, but of the
// latter at least one.
const EQUIVALENTS: Readonly<Record<string, string>> = {
  '^[ \\t]*[\\x20-\\x7E]+([ \\t]+[\\x20-\\x7E]+)*[ \\t]*$': '\\t*[\\x20-\\x7E][\\t\\x20-\\x7E]*',
  '^[ \\t]*[^\\x00-\\x1F:\\x7F]+([ \\t]+[^\\x00-\\x1F:\\x7F]+)*[ \\t]*$':
    '\\t*[^\\x00-\\x1F:\\x7F][^\\x00-\\x08\\x0A-\\x1F:\\x7F]*',
}

const compiled = new Map<string, CompiledPattern | undefined>()

/**
 * Compiles a pattern of an AWS model, once. The models' patterns are Java's; what JavaScript writes otherwise
 * (`\A`, `\z`, inline flags, possessive quantifiers, POSIX classes, nested classes and their intersections,
 * escapes that need not be) is translated. Source of the syntax: the documentation of java.util.regex.Pattern.
 *
 * @returns undefined for what JavaScript cannot express
 */
export function compilePattern(source: string): CompiledPattern | undefined {
  if (compiled.has(source)) return compiled.get(source)
  let result: CompiledPattern | undefined
  try {
    const translation = new Translation(EQUIVALENTS[source] ?? source)
    result = { regex: new RegExp(`^(?:${translation.text})$`, 'v'), linear: translation.linear }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  compiled.set(source, result)
  return result
}

// Java's predefined classes are ASCII unless a flag says otherwise; JavaScript's \s is not.
const SPACE = '\\t\\n\\v\\f\\r\\x20'
const HORIZONTAL_SPACE = '\\t\\x20\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000'
const VERTICAL_SPACE = '\\n\\v\\f\\r\\x85\\u2028\\u2029'
const LINE_END = '\\n\\r\\x85\\u2028\\u2029'

// Where `$` matches in Java as long as it is not told to match at every line's end.
const BEFORE_LAST_LINE_END = `(?=(?:\\r\\n|[${LINE_END}])?(?![\\s\\S]))`

const CLASSES: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[A-Za-z0-9_]',
  W: '[^A-Za-z0-9_]',
  s: `[${SPACE}]`,
  S: `[^${SPACE}]`,
  h: `[${HORIZONTAL_SPACE}]`,
  H: `[^${HORIZONTAL_SPACE}]`,
  v: `[${VERTICAL_SPACE}]`,
  V: `[^${VERTICAL_SPACE}]`,
}

/** Properties whose names JavaScript does not know, as the inside of a class. */
const PROPERTIES: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7f',
  Alpha: 'A-Za-z',
  Digit: '0-9',
  Alnum: 'A-Za-z0-9',
  Punct: '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e',
  Graph: '\\x21-\\x7e',
  Print: '\\x20-\\x7e',
  Blank: '\\x20\\t',
  Cntrl: '\\x00-\\x1f\\x7f',
  XDigit: '0-9A-Fa-f',
  Space: SPACE,
  all: '\\s\\S',
  LD: '\\p{L}\\p{Nd}',
  IsWhitespace: '\\p{White_Space}',
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }

const BOUNDARIES: Readonly<Record<string, string>> = {
  A: '(?<![\\s\\S])',
  z: '(?![\\s\\S])',
  Z: BEFORE_LAST_LINE_END,
  b: '\\b',
  B: '\\B',
}

class Translation {
  readonly text: string
  readonly linear: boolean
  readonly #source: string
  #at = 0
  #dotMatchesAll = false
  #possessives = 0
  #references = false
  /** Atoms read, and whether one of them was a group; for {@link linear}. */
  #atoms = 0
  #groups = 0

  constructor(source: string) {
    this.#source = source
    this.text = this.#alternatives()
    if (this.#at < source.length) throw new SyntaxError('Unmatched closing parenthesis')
    // Possessive quantifiers become groups, and the numbers of the others are not the source's any more.
    if (this.#possessives > 0 && this.#references) throw new SyntaxError('Possessive with references')
    this.linear = this.#atoms === 1 && this.#groups === 0
  }

  #peek(text: string): boolean {
    return this.#source.startsWith(text, this.#at)
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false
    this.#at += text.length
    return true
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at
    const found = expression.exec(this.#source) ?? undefined
    if (found) this.#at += found[0].length
    return found
  }

  /** Everything up to the group's end. */
  #alternatives(): string {
    const dotMatchesAll = this.#dotMatchesAll
    let text = ''
    const open: string[] = []
    while (this.#at < this.#source.length && !this.#peek(')')) {
      const flags = this.#match(/\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?\)/y)
      if (flags) {
        const modifiers = this.#flags(flags[1] ?? '', flags[2] ?? '')
        if (modifiers) open.push(`(?${modifiers}:`)
        if (modifiers) text += open.at(-1)
      } else if (this.#take('|')) {
        // Flags hold to the end of the group, in the alternatives that follow too.
        text += `${')'.repeat(open.length)}|${open.join('')}`
        this.#groups++
      } else text += this.#quantified()
    }
    this.#dotMatchesAll = dotMatchesAll
    return text + ')'.repeat(open.length)
  }

  /** Notes the flag that the translation itself looks after; returns JavaScript's modifier for the other. */
  #flags(on: string, off: string): string {
    if (/[^isu]/.test(on + off)) throw new SyntaxError(`Unsupported flags ${on}-${off}`)
    if (on.includes('s')) this.#dotMatchesAll = true
    if (off.includes('s')) this.#dotMatchesAll = false
    return on.includes('i') ? 'i' : off.includes('i') ? '-i' : ''
  }

  #quantified(): string {
    const isAnchor = /[\^$]/.test(this.#source[this.#at]!)
    const atom = this.#atom()
    if (!isAnchor) this.#atoms++
    const quantifier = this.#match(/[*+?]|\{\d+(?:,\d*)?\}/y)
    if (!quantifier) return atom
    if (this.#take('+')) {
      // A lookahead gives nothing back once it has matched.
      const name = `possessive${++this.#possessives}`
      return `(?=(?<${name}>${atom}${quantifier[0]}))\\k<${name}>`
    }
    return atom + quantifier[0] + (this.#take('?') ? '?' : '')
  }

  #atom(): string {
    const group = this.#match(/\((?:\?(?:[:=!]|<[=!]|<[A-Za-z][A-Za-z0-9]*>|([a-z]*)(?:-([a-z]+))?:))?/y)
    if (group) {
      if (this.#peek('?')) throw new SyntaxError('Unsupported kind of group')
      this.#groups++
      const dotMatchesAll = this.#dotMatchesAll
      const flagged = group[1] !== undefined
      const modifiers = flagged ? this.#flags(group[1] ?? '', group[2] ?? '') : ''
      const inside = this.#alternatives()
      this.#dotMatchesAll = dotMatchesAll
      if (!this.#take(')')) throw new SyntaxError('Unclosed group')
      // JavaScript repeats no assertion, but a group with one in it.
      if (/^\(\?<?[=!]/.test(group[0])) return `(?:${group[0]}${inside}))`
      return `${flagged ? `(?${modifiers}:` : group[0]}${inside})`
    }
    if (this.#take('[')) return this.#class()
    if (this.#take('^')) return '(?:^)'
    if (this.#take('$')) return `(?:${BEFORE_LAST_LINE_END})`
    if (this.#take('.')) return this.#dotMatchesAll ? '[\\s\\S]' : `[^${LINE_END}]`
    if (this.#take('\\Q')) return this.#quoted()
    if (this.#take('\\')) return this.#escape()
    if (this.#match(/[*+?]/y)) throw new SyntaxError('A quantifier without anything to repeat')
    return literal(this.#codePoint())
  }

  #codePoint(): number {
    const code = this.#source.codePointAt(this.#at)
    if (code === undefined) throw new SyntaxError('Unexpected end')
    this.#at += code > 0xffff ? 2 : 1
    return code
  }

  #quoted(): string {
    const end = this.#source.indexOf('\\E', this.#at)
    const text = this.#source.slice(this.#at, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#source.length : end + 2
    return [...text].map(character => literal(character.codePointAt(0)!)).join('')
  }

  #escape(): string {
    const boundary = this.#match(/[AzZbB]/y)
    if (boundary) return BOUNDARIES[boundary[0]]!
    if (this.#take('R')) return `(?:\\r\\n|[${VERTICAL_SPACE}])`
    const reference = this.#match(/[1-9]|k<[A-Za-z][A-Za-z0-9]*>/y)
    if (reference) {
      this.#references = true
      return `\\${reference[0]}`
    }
    return this.#classEscape() ?? literal(this.#escapedCodePoint())
  }

  /** A class written as an escape: `\d`, `\p{L}`. */
  #classEscape(): string | undefined {
    const predefined = this.#match(/[dDwWsShHvV]/y)
    if (predefined) return CLASSES[predefined[0]]!
    const property = this.#match(/([pP])(?:\{([^}]+)\}|([A-Z]))/y)
    if (!property) return undefined
    const [, letter, long, short] = property
    const name = (long ?? short)!
    const known = PROPERTIES[name]
    if (known) return `[${letter === 'P' ? '^' : ''}${known}]`
    return `\\${letter}{${scriptOrCategory(name)}}`
  }

  #escapedCodePoint(): number {
    const hexadecimal = this.#match(/x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})/y)
    if (hexadecimal) {
      const code = Number.parseInt((hexadecimal[1] ?? hexadecimal[2] ?? hexadecimal[3])!, 16)
      const low = code >= 0xd800 && code < 0xdc00 && this.#match(/\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})/y)
      return low ? (code - 0xd800) * 0x400 + (Number.parseInt(low[1]!, 16) - 0xdc00) + 0x10000 : code
    }
    const octal = this.#match(/0([0-3]?[0-7]{1,2})/y)
    if (octal) return Number.parseInt(octal[1]!, 8)
    const control = this.#match(/c([\s\S])/y)
    if (control) return control[1]!.charCodeAt(0) ^ 64
    const code = this.#codePoint()
    const character = String.fromCodePoint(code)
    if (CONTROLS[character] !== undefined) return CONTROLS[character]
    if (/[A-Za-z0-9]/.test(character)) throw new SyntaxError(`Unknown escape \\${character}`)
    return code
  }

  /** What follows `[`. A class within a class adds to it; `&&` intersects what stands left and right of it. */
  #class(): string {
    const negated = this.#take('^')
    const operands: string[] = []
    let items = ''
    let empty = true
    while (true) {
      if (this.#at >= this.#source.length) throw new SyntaxError('Unclosed character class')
      // At the start of a class a bracket stands for itself.
      if (!empty && this.#take(']')) break
      if (this.#take('&&')) {
        operands.push(items)
        items = ''
      } else items += this.#take('[') ? this.#class() : this.#classItem()
      empty = false
    }
    const filled = [...operands, items].filter(operand => operand !== '')
    if (filled.length === 0) throw new SyntaxError('Empty character class')
    const inside = filled.length === 1 ? filled[0]! : filled.map(operand => `[${operand}]`).join('&&')
    return `[${negated ? '^' : ''}${inside}]`
  }

  #classItem(): string {
    if (this.#take('\\Q')) return this.#quoted()
    let first: number
    if (this.#take('\\')) {
      const group = this.#classEscape()
      if (group) return group
      first = this.#escapedCodePoint()
    } else first = this.#codePoint()
    const range = this.#source[this.#at] === '-' && !/^-(?:[\][]|&&|\\[dDwWsShHvVpPQ])/.test(this.#rest())
    if (!range) return literal(first)
    this.#at++
    const last = this.#take('\\') ? this.#escapedCodePoint() : this.#codePoint()
    return `${literal(first)}-${literal(last)}`
  }

  #rest(): string {
    return this.#source.slice(this.#at, this.#at + 3)
  }
}

/** Names of Unicode's general categories and binary properties are the same in both languages, others are not. */
function scriptOrCategory(name: string): string {
  const script = /^(?:script|sc)=(.+)$/i.exec(name)
  if (script) return `Script=${script[1]}`
  const category = /^(?:general_category|gc)=(.+)$/i.exec(name)
  if (category) return category[1]!
  if (!name.startsWith('Is')) return name
  const bare = name.slice(2)
  try {
    new RegExp(`\\p{${bare}}`, 'v')
    return bare
  } catch {
    return `Script=${bare}`
  }
}

function literal(code: number): string {
  const character = String.fromCodePoint(code)
  return /[A-Za-z0-9]/.test(character) ? character : `\\u{${code.toString(16)}}`
}
