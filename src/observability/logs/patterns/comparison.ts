import type { RE2JS } from 're2js'
import { ipRange } from '../../../lib/ip-range.ts'
import { compileRegexTerm, finds } from './regex-term.ts'
import type { Scanner } from './scanner.ts'

export type Scalar = string | number | boolean

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Whether a value is as a comparison says. */
export interface Comparison {
  readonly holds: (value: Scalar) => boolean
  readonly regexes: number
}

/** Written so that a text of a million digits takes no longer than to read it once. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

const ORDERS: Readonly<Record<string, (value: number, than: number) => boolean>> = {
  '>=': (value, than) => value >= than,
  '<=': (value, than) => value <= than,
  '>': (value, than) => value > than,
  '<': (value, than) => value < than,
}

/**
 * Reads an operator and what stands on its right.
 *
 * @param bare reads a value without quotes; has the flag `y`
 */
export function readComparison(scanner: Scanner, bare: RegExp): Comparison {
  for (const [operator, compare] of Object.entries(ORDERS)) {
    if (!scanner.take(operator)) continue
    scanner.skipBlanks()
    const than = numberOf(scanner.read(bare) ?? '')
    if (than === undefined) throw scanner.error(`${operator} compares with a number`)
    return { holds: value => compare(numberOf(value) ?? Number.NaN, than), regexes: 0 }
  }
  if (scanner.take('!=')) {
    const { equals, regexes } = readEquality(scanner, bare)
    return { holds: value => !equals(value), regexes }
  }
  if (!scanner.take('=')) throw scanner.error('an operator is missing')
  const { equals, regexes } = readEquality(scanner, bare)
  return { holds: equals, regexes }
}

function readEquality(scanner: Scanner, bare: RegExp) {
  if (scanner.take('%')) {
    const regex: RE2JS = compileRegexTerm(scanner.until('%', 'keeps escapes'))
    return { equals: (value: Scalar) => finds(regex, String(value)), regexes: 1 }
  }
  if (scanner.take('"')) return { equals: likeText(scanner.until('"', 'reads escapes')), regexes: 0 }
  scanner.skipBlanks()
  const text = scanner.read(bare)
  if (text === undefined) throw scanner.error('a value is missing')
  return { equals: likeBare(text), regexes: 0 }
}

function likeBare(text: string): (value: Scalar) => boolean {
  const number = numberOf(text)
  if (number !== undefined) return value => value === text || numberOf(value) === number
  const isInside = text.includes('/') ? ipRange(text) : undefined
  if (isInside) return value => isInside(String(value))
  return likeText(text)
}

/** An asterisk in front or at the end stands for any text; one within is itself. */
function likeText(text: string): (value: Scalar) => boolean {
  if (/^\*+$/.test(text)) return () => true
  const before = text.startsWith('*')
  const after = text.endsWith('*')
  const part = text.slice(before ? 1 : 0, after ? -1 : undefined)
  if (before && after) return value => String(value).includes(part)
  if (before) return value => String(value).endsWith(part)
  if (after) return value => String(value).startsWith(part)
  return value => String(value) === part
}

const numberOf = (value: Scalar): number | undefined =>
  typeof value === 'string' ? readNumeral(value) : typeof value === 'number' ? value : undefined

/** Undefined of a text that is no number. */
export const readNumeral = (text: string): number | undefined =>
  NUMBER.test(text) ? Number(text) : undefined
