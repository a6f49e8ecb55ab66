import type { RE2JS } from 're2js'
import { finds, type RegexBudget } from '../patterns/regex-term.ts'
import type { Scanner } from '../patterns/scanner.ts'
import { type AggregateFunction, aggregateNamed } from './aggregates.ts'
import { functionNamed } from './functions.ts'
import { ceilTo, floorTo, PERIOD, type Period, readPeriod } from './periods.ts'
import { readText, takeWord } from './query-error.ts'
import type { QueryRow } from './query-row.ts'
import { areEqual, compare, Instant, isTrue, numberOf, type QueryValue, textOf } from './query-value.ts'

export type Evaluate = (row: QueryRow) => QueryValue

/** What an expression has to know of its query. */
export interface Surroundings {
  /** Epoch milliseconds. */
  readonly now: number
  readonly regexes: RegexBudget
  /** Of `stats`: takes what adds up values, and gives the name under which rows of groups have its result. */
  readonly aggregate?: ((of: AggregatedCall) => string) | undefined
}

export interface AggregatedCall {
  readonly make: AggregateFunction['make']
  readonly values: readonly Evaluate[]
}

const FIELD = /@?[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_@]+|\[\d+\])*/uy
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '<=': order => order <= 0,
  '>=': order => order >= 0,
  '<': order => order < 0,
  '>': order => order > 0,
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
}

/** Nested deeper, nobody can read it. */
const DEEPEST = 100

/** Reads an expression: `or` binds least, then `and`, `not`, comparisons, and arithmetic as everywhere. */
export function readExpression(scanner: Scanner, surroundings: Surroundings): Evaluate {
  return new ExpressionReader(scanner, surroundings).any()
}

/** The name of a field: `@message`, `a.b[0]`, or anything between backticks. Undefined where none is next. */
export function readFieldName(scanner: Scanner): string | undefined {
  if (scanner.take('`')) return scanner.until('`', 'reads escapes')
  return scanner.read(FIELD)?.replace(/\[(\d+)\]/g, '.$1')
}

/** Between slashes. */
export function readRegex(scanner: Scanner, { regexes }: Pick<Surroundings, 'regexes'>): RE2JS {
  const source = scanner.until('/', 'keeps escapes')
  const regex = regexes.compile(source)
  if (!regex) throw scanner.error(`/${source}/ is not a regular expression, or too large a one`)
  return regex
}

class ExpressionReader {
  readonly #scanner: Scanner
  readonly #surroundings: Surroundings
  #depth = 0

  constructor(scanner: Scanner, surroundings: Surroundings) {
    this.#scanner = scanner
    this.#surroundings = surroundings
  }

  any(): Evaluate {
    this.#depth += 1
    if (this.#depth > DEEPEST) throw this.#scanner.error('the expression is nested too deeply')
    const parts = [this.#conjunction()]
    while (takeWord(this.#scanner, /or\b|\|\|/iy)) parts.push(this.#conjunction())
    this.#depth -= 1
    return parts.length === 1 ? parts[0]! : row => parts.some(part => isTrue(part(row)))
  }

  #conjunction(): Evaluate {
    const parts = [this.#negation()]
    while (takeWord(this.#scanner, /and\b|&&/iy)) parts.push(this.#negation())
    return parts.length === 1 ? parts[0]! : row => parts.every(part => isTrue(part(row)))
  }

  #negation(): Evaluate {
    let isNegated = false
    while (takeWord(this.#scanner, /not\b/iy)) isNegated = !isNegated
    const operand = this.#comparison()
    return isNegated ? row => !isTrue(operand(row)) : operand
  }

  #comparison(): Evaluate {
    const left = this.#sum()
    const scanner = this.#scanner
    if (takeWord(scanner, /not\s+like\b/iy)) return negated(this.#like(left))
    if (takeWord(scanner, /not\s+in\b/iy)) return negated(this.#in(left))
    if (takeWord(scanner, /like\b/iy) || scanner.take('=~')) return this.#like(left)
    if (takeWord(scanner, /in\b/iy)) return this.#in(left)
    if (scanner.take('!=')) return negated(equal(left, this.#sum()))
    for (const [operator, holds] of Object.entries(COMPARISONS)) {
      if (!scanner.take(operator)) continue
      const right = this.#sum()
      return row => {
        const order = compare(left(row), right(row))
        return order !== undefined && holds(order)
      }
    }
    return scanner.take('==') || scanner.take('=') ? equal(left, this.#sum()) : left
  }

  #like(left: Evaluate): Evaluate {
    if (this.#scanner.take('/')) {
      const regex = readRegex(this.#scanner, this.#surroundings)
      return row => {
        const text = textOf(left(row))
        return text !== undefined && finds(regex, text)
      }
    }
    const right = this.#sum()
    return row => textOf(left(row))?.includes(textOf(right(row)) ?? '') ?? false
  }

  #in(left: Evaluate): Evaluate {
    const close = this.#scanner.take('[') ? ']' : this.#scanner.take('(') ? ')' : undefined
    if (!close) throw this.#scanner.error('in is followed by a list in brackets')
    const members = this.#list(close)
    return row => {
      const value = left(row)
      return members.some(member => areEqual(value, member(row)))
    }
  }

  #sum(): Evaluate {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#power()))
  }

  #chain(operators: readonly string[], operand: () => Evaluate): Evaluate {
    let left = operand()
    for (;;) {
      const operator = operators.find(each => this.#scanner.take(each))
      if (operator === undefined) return left
      left = arithmetic(left, ARITHMETIC[operator]!, operand())
    }
  }

  /** From right to left, as in mathematics. */
  #power(): Evaluate {
    if (this.#scanner.take('-')) return arithmetic(() => 0, ARITHMETIC['-']!, this.#power())
    const base = this.#primary()
    return this.#scanner.take('^') ? arithmetic(base, ARITHMETIC['^']!, this.#power()) : base
  }

  #primary(): Evaluate {
    const scanner = this.#scanner
    if (scanner.take('(')) {
      const inner = this.any()
      scanner.expect(')')
      return inner
    }
    const text = readText(scanner)
    if (text !== undefined) return () => text
    const digits = scanner.read(NUMBER)
    if (digits !== undefined) return () => Number(digits)
    if (takeWord(scanner, /true\b/iy)) return () => true
    if (takeWord(scanner, /false\b/iy)) return () => false
    const name = readFieldName(scanner)
    if (name === undefined) throw scanner.error('a field, a value or a function is missing')
    return scanner.take('(') ? this.#call(name) : row => row.get(name)
  }

  #call(name: string): Evaluate {
    switch (name.toLowerCase()) {
      case 'bin': {
        const period = this.#period()
        return row => rounded(row.get('@timestamp'), at => floorTo(at, period))
      }
      case 'datefloor':
        return this.#rounding(floorTo)
      case 'dateceil':
        return this.#rounding(ceilTo)
    }
    const aggregate = aggregateNamed(name)
    if (aggregate) return this.#aggregate(name, aggregate)
    const known = functionNamed(name)
    if (!known) throw this.#scanner.error(`there is no function ${name}`)
    const values = this.#arguments(name, known)
    const { now } = this.#surroundings
    return row =>
      known.apply(
        values.map(value => value(row)),
        now,
      )
  }

  #aggregate(name: string, { least, most, make }: AggregateFunction): Evaluate {
    const { aggregate } = this.#surroundings
    if (!aggregate) throw this.#scanner.error(`${name} adds up rows: it belongs to stats`)
    if (least === 0 && this.#scanner.take('*')) {
      this.#scanner.expect(')')
      const slot = aggregate({ make, values: [] })
      return row => row.get(slot)
    }
    const inner = new ExpressionReader(this.#scanner, { ...this.#surroundings, aggregate: undefined })
    const slot = aggregate({ make, values: inner.#arguments(name, { least, most }) })
    return row => row.get(slot)
  }

  #rounding(round: (at: number, period: Period) => number): Evaluate {
    const moment = this.any()
    this.#scanner.expect(',')
    const period = this.#period()
    return row => rounded(moment(row), at => round(at, period))
  }

  #period(): Period {
    this.#scanner.skipBlanks()
    const period = readPeriod(this.#scanner.read(PERIOD) ?? '')
    if (!period) throw this.#scanner.error('a period such as 5m is missing')
    this.#scanner.expect(')')
    return period
  }

  #arguments(name: string, { least, most }: { readonly least: number; readonly most: number }): Evaluate[] {
    const values = this.#list(')')
    if (values.length < least || values.length > most) {
      throw this.#scanner.error(
        `${name} takes ${least === most ? least : `${least} to ${most}`} arguments, not ${values.length}`,
      )
    }
    return values
  }

  #list(close: string): Evaluate[] {
    const members: Evaluate[] = []
    if (this.#scanner.take(close)) return members
    do members.push(this.any())
    while (this.#scanner.take(','))
    this.#scanner.expect(close)
    return members
  }
}

const negated =
  (of: Evaluate): Evaluate =>
  row =>
    !isTrue(of(row))

const equal =
  (left: Evaluate, right: Evaluate): Evaluate =>
  row =>
    areEqual(left(row), right(row))

function arithmetic(left: Evaluate, of: (a: number, b: number) => number, right: Evaluate): Evaluate {
  return row => {
    const [a, b] = [numberOf(left(row)), numberOf(right(row))]
    if (a === undefined || b === undefined) return undefined
    const result = of(a, b)
    return Number.isFinite(result) ? result : undefined
  }
}

function rounded(moment: QueryValue, round: (at: number) => number): QueryValue {
  const at = numberOf(moment)
  return at === undefined ? undefined : new Instant(round(at))
}
