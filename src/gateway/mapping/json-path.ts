import { jsonpath } from 'json-p3'
import { knownPattern } from '../patterns/known-patterns.ts'
import type { Pattern } from '../patterns/pattern.ts'
import { TemplateError } from '../velocity/template-error.ts'
import { spend } from '../velocity/work.ts'

type Select = (document: unknown) => unknown

/** A test of a text by an expression, in bounded time: the library's own runs for as long as the two want it to. */
class TextTest {
  readonly argTypes = [VALUE, VALUE]
  readonly returnType = jsonpath.FunctionExpressionType.LogicalType
  readonly #complete: (source: string) => string

  constructor(complete: (source: string) => string) {
    this.#complete = complete
  }

  call(text: unknown, source: unknown): boolean {
    if (typeof text !== 'string' || typeof source !== 'string') return false
    let pattern: Pattern
    try {
      pattern = knownPattern(this.#complete(source))
    } catch {
      return false
    }
    spend(1 + (text.length >> 3))
    return pattern.test(text)
  }
}

const VALUE = jsonpath.FunctionExpressionType.ValueType

const ENVIRONMENT = new jsonpath.JSONPathEnvironment()
ENVIRONMENT.functionRegister.set('match', new TextTest(source => `^(?:${source})$`))
ENVIRONMENT.functionRegister.set('search', new TextTest(source => source))

/** By expression: there are as many as templates and mappings name. */
const known = new Map<string, Select>()
const MOST_KNOWN = 1000

/**
 * What a JSONPath expression selects. One that can only name a single place gives what is there, or undefined; any
 * other gives an array, as in Jayway's Java library, which API Gateway's documentation refers to.
 *
 * Throws a TemplateError for what is no expression.
 */
export function selectJson(document: unknown, expression: string): unknown {
  if (expression === '$') return document
  let select = known.get(expression)
  if (!select) {
    select = prepare(expression)
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(expression, select)
  }
  try {
    return select(document)
  } catch (cause) {
    throw new TemplateError(`'${expression}' cannot be evaluated`, { cause })
  }
}

/** Characters: an expression may be a client's, and reading a long one takes long. */
const LONGEST_EXPRESSION = 10_000

function prepare(expression: string): Select {
  if (expression.length > LONGEST_EXPRESSION) throw new TemplateError('a JSONPath expression is too long')
  const [, path = '', name] = /^(.*?)(?:\.(\w+)\(\))?$/s.exec(expression.trim()) ?? []
  const apply = name === undefined ? undefined : FUNCTIONS.get(name)
  if (name !== undefined && !apply) throw new TemplateError(`'${expression}' calls no function of JSONPath`)
  try {
    const standard = standardPath(path)
    const query = ENVIRONMENT.compile(standard)
    const isDefinite = query.singularQuery()
    const cost = isDefinite ? undefined : costOf(standard)
    return document => {
      if (cost) spend(cost.factor * sizeOf(document) ** cost.power)
      const values = query.query(document as Parameters<typeof query.query>[0]).values()
      const found: unknown = isDefinite ? values[0] : values
      return apply ? apply(found) : found
    }
  } catch (cause) {
    throw new TemplateError(`'${expression}' is not a JSONPath expression`, { cause })
  }
}

/** What an expression costs for each value of a document, and how often it goes over all of them for each of them. */
function costOf(path: string): { readonly factor: number; readonly power: number } {
  const filters: boolean[] = []
  let depth = 0
  let power = 1
  let deepest = 0
  for (let at = 0; at < path.length; at += 1) {
    const char = path[at]!
    if (char === '"' || char === "'") {
      const end = endOfQuoted(path, at)
      if (end < 0) break
      at = end
    } else if (char === '[') {
      const isFilter = /^\[\s*\?/.test(path.slice(at, at + 20))
      filters.push(isFilter)
      if (isFilter) depth += 1
      deepest = Math.max(deepest, depth)
    } else if (char === ']') {
      if (filters.pop()) depth -= 1
    } else if (char === '$' && depth > 0 && GOES_OVER_MANY.test(path.slice(at))) {
      power = Math.max(power, depth + 1)
    } else if (char === '.' && path[at + 1] === '.' && depth > 0) {
      deepest = Math.max(deepest, depth + 1)
    }
  }
  return { factor: 4 ** deepest / 16, power }
}

/** A query from the document's beginning, in the midst of a filter. */
const GOES_OVER_MANY = /^\$[^|&=<>!,~]*?(?:\.\.|\*|\[\s*\?)/

const sizes = new WeakMap<object, number>()

/** Values in a document, itself included. */
function sizeOf(document: unknown): number {
  if (typeof document !== 'object' || document === null) return 1
  let size = sizes.get(document)
  if (size === undefined) {
    size = 1
    for (const each of Object.values(document)) size += sizeOf(each)
    sizes.set(document, size)
  }
  return size
}

/** The functions that may end an expression. */
const FUNCTIONS: ReadonlyMap<string, Select> = new Map<string, Select>([
  ['length', lengthOf],
  ['size', lengthOf],
  ['keys', value => (typeof value === 'object' && value !== null ? Object.keys(value) : undefined)],
  ['first', value => (Array.isArray(value) ? value[0] : undefined)],
  ['last', value => (Array.isArray(value) ? value.at(-1) : undefined)],
  ['min', value => overNumbers(value, numbers => Math.min(...numbers))],
  ['max', value => overNumbers(value, numbers => Math.max(...numbers))],
  ['sum', value => overNumbers(value, sum)],
  ['avg', value => overNumbers(value, numbers => sum(numbers) / numbers.length)],
])

function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

function overNumbers(value: unknown, work: (numbers: readonly number[]) => number): number | undefined {
  const numbers = Array.isArray(value) ? value.filter(each => typeof each === 'number') : []
  return numbers.length > 0 ? work(numbers) : undefined
}

const SHORTHAND = /^[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*$/
const NAME = /[^.[\]()*,'"\s]+/y

/**
 * An expression as RFC 9535 writes it, where Jayway's library is more generous: no `$` in front, a point before a
 * bracket, names with dashes and digits after a point, `=~`, `in` and `nin` in filters.
 */
function standardPath(path: string): string {
  const text = path.startsWith('$') ? path : path.startsWith('[') ? `$${path}` : `$.${path}`
  let out = '$'
  let at = 1
  while (at < text.length) {
    const char = text[at]!
    if (char === '[') {
      const end = endOfBracket(text, at)
      out += standardFilter(text.slice(at, end))
      at = end
    } else if (char === '.') {
      const points = text.startsWith('..', at) ? '..' : '.'
      at += points.length
      NAME.lastIndex = at
      const name = NAME.exec(text)?.[0]
      if (name !== undefined) {
        out += SHORTHAND.test(name)
          ? points + name
          : `${points === '..' ? '..' : ''}[${JSON.stringify(name)}]`
        at += name.length
      } else if (text[at] === '[') {
        out += points === '..' ? '..' : ''
      } else {
        out += points
      }
    } else {
      out += char
      at += 1
    }
  }
  return out
}

function endOfBracket(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const char = text[at]!
    if (char === '"' || char === "'") {
      const end = endOfQuoted(text, at)
      if (end < 0) return text.length
      at = end
    } else if (char === '[') depth += 1
    else if (char === ']') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return text.length
}

function endOfQuoted(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== text[from]) at += text[at] === '\\' ? 2 : 1
  return at < text.length ? at : -1
}

const OPERAND = String.raw`(@[\w.[\]'"*-]*|\$[\w.[\]'"*-]*)`
const MATCHES = new RegExp(String.raw`${OPERAND}\s*=~\s*/((?:\\.|[^/\\])*)/(i?)`, 'g')
const ONE_OF = new RegExp(String.raw`${OPERAND}\s+(n?in)\s+\[([^\]]*)\]`, 'g')

function standardFilter(bracket: string): string {
  if (!/^\[\s*\?/.test(bracket)) return bracket
  return bracket
    .replace(MATCHES, (_, operand: string, pattern: string, flag: string) => {
      const source = flag ? caseless(pattern) : pattern
      return `match(${operand}, ${JSON.stringify(source.replaceAll('\\/', '/'))})`
    })
    .replace(ONE_OF, (_, operand: string, operator: string, list: string) => {
      const tests = (list.match(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^,\s]+/g) ?? []).map(
        value => `${operand} == ${value}`,
      )
      const any = `(${tests.length > 0 ? tests.join(' || ') : '1 == 2'})`
      return operator === 'in' ? any : `!${any}`
    })
}

/** RFC 9535's expressions know no flags: each letter becomes a class of both. */
const caseless = (pattern: string): string =>
  pattern.replace(/\\.|[A-Za-z]/g, part =>
    part.startsWith('\\') ? part : `[${part.toLowerCase()}${part.toUpperCase()}]`,
  )
