/**
 * X-Ray's filter expressions, read: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
 */
export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'flag'; readonly flag: Flag }
  | {
      readonly kind: 'number'
      readonly what: NumberWord
      readonly operator: Comparison
      readonly value: number
    }
  | {
      readonly kind: 'text'
      readonly what: TextWord
      readonly operator: TextOperator
      readonly value: string
    }
  | {
      readonly kind: 'annotation'
      readonly key: string
      readonly operator?: Comparison | TextOperator
      readonly value?: string | number | boolean
    }
  | { readonly kind: 'service'; readonly of: ServicePattern; readonly inside: Filter }
  | {
      readonly kind: 'edge'
      readonly from: ServicePattern
      readonly to: ServicePattern
      readonly inside: Filter
    }

export interface ServicePattern {
  readonly name?: string
  readonly type?: string
  readonly account?: string
}

const FLAGS = [
  'ok',
  'error',
  'throttle',
  'fault',
  'partial',
  'inferred',
  'first',
  'last',
  'remote',
  'root',
] as const
const NUMBERS = ['responsetime', 'duration', 'http.status'] as const
const TEXTS = [
  'http.url',
  'http.method',
  'http.useragent',
  'http.clientip',
  'user',
  'name',
  'type',
  'message',
  'availabilityzone',
  'instance.id',
  'resource.arn',
] as const

export type Flag = (typeof FLAGS)[number]
export type NumberWord = (typeof NUMBERS)[number]
export type TextWord = (typeof TEXTS)[number]
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
export type TextOperator = '=' | '!=' | 'CONTAINS' | 'BEGINSWITH' | 'ENDSWITH'

/** The expression cannot be read; the message is public. */
export class FilterError extends Error {}

/** As X-Ray's model has it. */
const LONGEST = 2_000
const DEEPEST = 50

export function readFilter(text: string): Filter {
  if (text.length > LONGEST) throw new FilterError(`A filter expression has at most ${LONGEST} characters`)
  const reader = new Reader(tokensOf(text))
  if (reader.isAtEnd) return { kind: 'all' }
  const filter = reader.alternatives(0)
  reader.end()
  return filter
}

interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign'
  readonly text: string
}

const TOKEN =
  /\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|([A-Za-z_][\w.-]*)|(!=|<=|>=|[=<>!(){},:[\]]))/y

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const end = text.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (!match) throw new FilterError(`Invalid filter expression at position ${at + 1}`)
    const [, quoted, number, word, sign] = match
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.replace(/\\(.)/g, '$1') })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'sign', text: sign! })
  }
  return tokens
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  end(): void {
    if (!this.isAtEnd) throw this.#unexpected()
  }

  alternatives(depth: number): Filter {
    return this.#joined('or', depth, () => this.#joined('and', depth, () => this.#single(depth)))
  }

  #joined(kind: 'and' | 'or', depth: number, read: () => Filter): Filter {
    if (depth > DEEPEST) throw new FilterError('The filter expression is nested too deeply')
    const parts = [read()]
    while (this.#takeWord(kind)) parts.push(read())
    return parts.length === 1 ? parts[0]! : { kind, parts }
  }

  #single(depth: number): Filter {
    if (this.#takeSign('!') || this.#takeWord('not')) {
      if (depth > DEEPEST) throw new FilterError('The filter expression is nested too deeply')
      return { kind: 'not', part: this.#single(depth + 1) }
    }
    if (this.#takeSign('(')) {
      const inside = this.alternatives(depth + 1)
      this.#sign(')')
      return inside
    }
    const word = this.#next('word').text
    const name = word.toLowerCase()
    if (name === 'service') return this.#service(depth)
    if (name === 'edge') return this.#edge(depth)
    if (name === 'annotation' || name.startsWith('annotation.')) return this.#annotation(word)
    const flag = FLAGS.find(each => each === name)
    if (flag) return this.#flag(flag)
    const number = NUMBERS.find(each => each === name)
    if (number) {
      const operator = this.#operator(['=', '!=', '<', '<=', '>', '>='])
      return { kind: 'number', what: number, operator, value: Number(this.#next('number').text) }
    }
    const what = TEXTS.find(each => each === name)
    if (what) {
      const operator = this.#operator(['=', '!=', 'CONTAINS', 'BEGINSWITH', 'ENDSWITH'])
      return { kind: 'text', what, operator, value: this.#next('text').text }
    }
    throw new FilterError(`Unknown keyword '${word}' in the filter expression`)
  }

  #flag(flag: Flag): Filter {
    const is: Filter = { kind: 'flag', flag }
    for (const [sign, same] of [
      ['=', true],
      ['!=', false],
    ] as const) {
      if (!this.#takeSign(sign)) continue
      const value = this.#next('word').text.toLowerCase()
      if (value !== 'true' && value !== 'false') throw new FilterError(`'${flag}' is true or false`)
      return (value === 'true') === same ? is : { kind: 'not', part: is }
    }
    return is
  }

  #annotation(word: string): Filter {
    let key = word.slice('annotation.'.length)
    if (key === '') {
      this.#sign('[')
      key = this.#take()?.text ?? ''
      this.#sign(']')
    }
    if (key === '') throw new FilterError('An annotation is named by its key')
    const operator = this.#takeOperator([
      '=',
      '!=',
      '<',
      '<=',
      '>',
      '>=',
      'CONTAINS',
      'BEGINSWITH',
      'ENDSWITH',
    ])
    if (!operator) return { kind: 'annotation', key }
    const token = this.#take()
    if (token?.kind === 'number') return { kind: 'annotation', key, operator, value: Number(token.text) }
    if (token?.kind === 'text') return { kind: 'annotation', key, operator, value: token.text }
    if (token?.kind === 'word' && /^(?:true|false)$/i.test(token.text)) {
      return { kind: 'annotation', key, operator, value: token.text.toLowerCase() === 'true' }
    }
    throw new FilterError('An annotation is compared with a text, a number, true or false')
  }

  #service(depth: number): Filter {
    this.#sign('(')
    const of = this.#pattern()
    this.#sign(')')
    return { kind: 'service', of, inside: this.#inside(depth) }
  }

  #edge(depth: number): Filter {
    this.#sign('(')
    const from = this.#pattern()
    this.#sign(',')
    const to = this.#pattern()
    this.#sign(')')
    return { kind: 'edge', from, to, inside: this.#inside(depth) }
  }

  #inside(depth: number): Filter {
    if (!this.#takeSign('{')) return { kind: 'all' }
    if (this.#takeSign('}')) return { kind: 'all' }
    const inside = this.alternatives(depth + 1)
    this.#sign('}')
    return inside
  }

  #pattern(): ServicePattern {
    const token = this.#peek()
    if (token?.kind === 'text') return { name: this.#take()!.text }
    if (token?.kind !== 'word' || token.text.toLowerCase() !== 'id') return {}
    this.#take()
    this.#sign('(')
    const pattern: { name?: string; type?: string; account?: string } = {}
    do {
      const key = this.#next('word').text
      this.#sign(':')
      const value = this.#next('text').text
      if (key === 'name' || key === 'type') pattern[key] = value
      else if (key === 'account.id' || key === 'account') pattern.account = value
      else throw new FilterError(`id() has a name, a type and an account.id, and no '${key}'`)
    } while (this.#takeSign(','))
    this.#sign(')')
    return pattern
  }

  #operator<O extends string>(allowed: readonly O[]): O {
    const operator = this.#takeOperator(allowed)
    if (!operator) throw new FilterError(`Expected one of ${allowed.join(' ')} in the filter expression`)
    return operator
  }

  #takeOperator<O extends string>(allowed: readonly O[]): O | undefined {
    const token = this.#peek()
    const operator = allowed.find(each => token && token.kind !== 'text' && token.text.toUpperCase() === each)
    if (operator) this.#at += 1
    return operator
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #take(): Token | undefined {
    return this.#tokens[this.#at++]
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false
    this.#at += 1
    return true
  }

  #takeSign(sign: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'sign' || token.text !== sign) return false
    this.#at += 1
    return true
  }

  #sign(sign: string): void {
    if (!this.#takeSign(sign)) throw this.#unexpected(`'${sign}'`)
  }

  #next(kind: Token['kind']): Token {
    const token = this.#peek()
    if (token?.kind !== kind) throw this.#unexpected(`a ${kind}`)
    this.#at += 1
    return token
  }

  #unexpected(wanted?: string): FilterError {
    const token = this.#peek()
    const found = token ? `'${token.text}'` : 'its end'
    return new FilterError(`The filter expression has ${found} where ${wanted ?? 'AND or OR'} was expected`)
  }
}
