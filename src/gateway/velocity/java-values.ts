import { isJsonList } from './json-list.ts'
import { stringifyJson } from './json-text.ts'
import { TemplateError } from './template-error.ts'
import { TemplateObject } from './template-object.ts'
import { spend } from './work.ts'

/**
 * A `Double` without a fraction, which JavaScript could not tell from an integer: `100.0 / 50` is written `2.0`.
 * Doubles with a fraction are numbers.
 */
export class WholeDouble {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  toString(): string {
    return doubleText(this.value)
  }

  toJSON(): number {
    return this.value
  }
}

export type PlainMap = Record<string, unknown>

/** A map as JSON has it, or as a template made it. */
export const isMap = (value: unknown): value is PlainMap =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof TemplateObject) &&
  !(value instanceof WholeDouble)

export const isNumeric = (value: unknown): value is number | bigint | WholeDouble =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof WholeDouble

/** What stands for the value in the output: nothing for null, Java's `toString` for all else. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = javaText(value, 0)
  if (typeof value === 'object') spend(text.length >> 6)
  return text
}

/** Characters of a text that may come to hold; the gateway's answers are no longer either. */
export const LONGEST_TEXT = 10 * 1024 * 1024

/** A template can put a map into itself. */
const DEEPEST = 100

function javaText(value: unknown, depth: number): string {
  const text = writeText(value, depth)
  // Looked at on every level: lists that hold one another twice would double with each.
  if (text.length > LONGEST_TEXT) throw new TemplateError('a value is too long to be written')
  return text
}

function writeText(value: unknown, depth: number): string {
  if (depth > DEEPEST) throw new TemplateError('a value is nested too deeply to be written')
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : doubleText(value)
  if (Array.isArray(value) && isJsonList(value)) return stringifyJson(value)
  if (Array.isArray(value)) return `[${value.map(each => javaText(each, depth + 1)).join(', ')}]`
  if (isMap(value)) {
    const members = Object.entries(value).map(([key, each]) => `${key}=${javaText(each, depth + 1)}`)
    return `{${members.join(', ')}}`
  }
  return String(value)
}

/** `Double.toString`: always with a fraction, in scientific notation below a thousandth and from ten million on. */
function doubleText(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}

/**
 * Whether an `#if` goes on: everything counts but `false`. A reference to nothing is an empty text for API Gateway,
 * and so counts (recorded); Velocity by itself would say no.
 */
export const isTrue = (value: unknown): boolean => value !== false

/** `==`: numbers by value, others of one kind by content, and of two kinds by their texts. */
export function isEqual(left: unknown, right: unknown): boolean {
  if (isNumeric(left) && isNumeric(right)) return compareNumbers(left, right) === 0
  if (typeof left === 'string' && typeof right === 'string') {
    spend(left.length >> 10)
    return left === right
  }
  return textOf(left) === textOf(right)
}

const numberOf = (value: number | bigint | WholeDouble): number | bigint =>
  value instanceof WholeDouble ? value.value : value

function compareNumbers(left: number | bigint | WholeDouble, right: number | bigint | WholeDouble): number {
  const [a, b] = [numberOf(left), numberOf(right)]
  return a < b ? -1 : a > b ? 1 : 0
}

/** `<` and its like: what is no number is neither less nor more. */
export function compares(operator: string, left: unknown, right: unknown): boolean {
  if (!isNumeric(left) || !isNumeric(right)) return false
  const order = compareNumbers(left, right)
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    default:
      return order >= 0
  }
}

const isDouble = (value: unknown): boolean =>
  value instanceof WholeDouble || (typeof value === 'number' && !Number.isInteger(value))

export const doubleOf = (value: number): number | WholeDouble =>
  Number.isInteger(value) ? new WholeDouble(value) : value

/** Integers that JavaScript's numbers cannot hold are kept whole, but for what nobody has a use for. */
export function integerOf(value: bigint): number | bigint {
  if (value > LARGEST_INTEGER || value < -LARGEST_INTEGER) throw new TemplateError('a number grew too large')
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value
}

/** A number that is multiplied by itself has twice as many digits each time. */
const LARGEST_INTEGER = 10n ** 1000n

type Operator = '+' | '-' | '*' | '/' | '%'

const DOUBLES: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

const INTEGERS: Readonly<Record<Operator, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

/**
 * `+ - * / %`: integers stay integers, `+` joins texts; null (nothing is written) for a division by zero and for
 * what are no numbers.
 */
export function calculate(operator: string, left: unknown, right: unknown): unknown {
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string'))
    return textOf(left) + textOf(right)
  if (!isNumeric(left) || !isNumeric(right)) return null
  if (isDouble(left) || isDouble(right)) {
    const [a, b] = [Number(numberOf(left)), Number(numberOf(right))]
    if (b === 0 && (operator === '/' || operator === '%')) return null
    return doubleOf(DOUBLES[operator as Operator](a, b))
  }
  const [a, b] = [BigInt(numberOf(left)), BigInt(numberOf(right))]
  if (b === 0n && (operator === '/' || operator === '%')) return null
  return integerOf(INTEGERS[operator as Operator](a, b))
}
