import { MathRefusal } from './metric-data.ts'

export type Operator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<' | '>' | '<=' | '>=' | 'AND' | 'OR'

/** An expression of metric math, taken apart. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** The id of another query, or a word that only a function knows: `REPEAT`, `DESC`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'negative'; readonly of: Expression }
  | {
      readonly kind: 'operation'
      readonly operator: Operator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }

/** From what binds least to what binds most; `^` stands apart, for it binds to the right. */
const PRECEDENCE: readonly (readonly Operator[])[] = [
  ['OR'],
  ['AND'],
  ['==', '!=', '<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/'],
]

const SPELLINGS: Readonly<Record<string, Operator>> = { '&&': 'AND', '||': 'OR' }

const TOKEN =
  /\s*(?:(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<text>"[^"]*"|'[^']*')|(?<sign>&&|\|\||==|!=|<=|>=|[-+*/^<>()[\],]))/y

/** Deeper expressions are refused before a recursive reader meets them. */
const MAX_DEPTH = 100

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws {@link MathRefusal}
 */
export const parseExpression = (text: string): Expression => new Parser(text).whole()

interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end'
  readonly text: string
}

class Parser {
  readonly #source: string
  #at = 0
  #depth = 0
  #next: Token

  constructor(source: string) {
    this.#source = source
    this.#next = this.#scan()
  }

  whole(): Expression {
    const expression = this.#level(0)
    if (this.#next.kind !== 'end') throw this.#unexpected()
    return expression
  }

  #level(level: number): Expression {
    if (level === 0) this.#enter()
    const operators = PRECEDENCE[level]
    if (!operators) return this.#unary()
    let left = this.#level(level + 1)
    for (let operator = this.#operator(operators); operator; operator = this.#operator(operators)) {
      this.#advance()
      left = { kind: 'operation', operator, left, right: this.#level(level + 1) }
    }
    if (level === 0) this.#depth -= 1
    return left
  }

  #operator(among: readonly Operator[]): Operator | undefined {
    const { kind, text } = this.#next
    if (kind !== 'sign' && kind !== 'word') return undefined
    const operator = SPELLINGS[text] ?? (text as Operator)
    return among.includes(operator) ? operator : undefined
  }

  #unary(): Expression {
    if (this.#next.text !== '-' || this.#next.kind !== 'sign') return this.#power()
    this.#enter()
    this.#advance()
    const of = this.#unary()
    this.#depth -= 1
    return { kind: 'negative', of }
  }

  #power(): Expression {
    const left = this.#primary()
    if (!this.#is('^')) return left
    this.#enter()
    this.#advance()
    const right = this.#unary()
    this.#depth -= 1
    return { kind: 'operation', operator: '^', left, right }
  }

  #primary(): Expression {
    const token = this.#next
    switch (token.kind) {
      case 'number':
        this.#advance()
        return { kind: 'number', value: Number(token.text) }
      case 'text':
        this.#advance()
        return { kind: 'text', value: token.text.slice(1, -1) }
      case 'word':
        this.#advance()
        if (this.#is('(')) return { kind: 'call', name: token.text, args: this.#list('(', ')') }
        return { kind: 'name', name: token.text }
      default:
        if (this.#is('[')) return { kind: 'array', items: this.#list('[', ']') }
        if (!this.#is('(')) throw this.#unexpected()
        return this.#parenthesized()
    }
  }

  #parenthesized(): Expression {
    this.#advance()
    const inner = this.#level(0)
    this.#expect(')')
    return inner
  }

  #list(open: string, close: string): Expression[] {
    this.#expect(open)
    const items: Expression[] = []
    while (!this.#is(close)) {
      if (items.length > 0) this.#expect(',')
      items.push(this.#level(0))
    }
    this.#advance()
    return items
  }

  #is(sign: string): boolean {
    return this.#next.kind === 'sign' && this.#next.text === sign
  }

  #expect(sign: string): void {
    if (!this.#is(sign)) throw this.#unexpected()
    this.#advance()
  }

  #advance(): void {
    this.#next = this.#scan()
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new MathRefusal('The expression is nested too deeply')
  }

  #scan(): Token {
    TOKEN.lastIndex = this.#at
    const match = TOKEN.exec(this.#source)
    if (!match) {
      const rest = this.#source.slice(this.#at).trim()
      if (rest === '') return { kind: 'end', text: '' }
      throw new MathRefusal(`Syntax error at '${rest.slice(0, 20)}'`)
    }
    this.#at = TOKEN.lastIndex
    for (const kind of ['number', 'word', 'text', 'sign'] as const) {
      const text = match.groups![kind]
      if (text !== undefined) return { kind, text }
    }
    throw new Error('a token is of some kind')
  }

  #unexpected(): MathRefusal {
    const { kind, text } = this.#next
    return new MathRefusal(kind === 'end' ? 'Unexpected end of the expression' : `Unexpected '${text}'`)
  }
}
