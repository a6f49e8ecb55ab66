import { ipRange } from '../../../lib/ip-range.ts'
import { isJsonObject, type JsonObject } from '../../../lib/json-object.ts'
import { globMatcher } from './glob.ts'
import { InvalidFilter } from './invalid-filter.ts'
import { comparable, numericRange } from './numeric-range.ts'

/** A value that a condition is asked about; undefined where there is none. */
export type Scalar = string | number | boolean | null | undefined

export type Condition = (value: Scalar) => boolean

/**
 * One of the values that a policy allows a property.
 * https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html
 * https://docs.aws.amazon.com/sns/latest/dg/numeric-value-matching.html
 */
export function compileCondition(condition: unknown): Condition {
  if (typeof condition === 'number') {
    const wanted = comparable(condition)
    return value => typeof value === 'number' && comparable(value) === wanted
  }
  if (isScalar(condition)) return value => value === condition
  if (!isJsonObject(condition)) {
    throw new InvalidFilter('Match value must be String, number, true, false, or null')
  }
  const [keyword, operand] = only(condition)
  if (keyword === 'exists') {
    if (typeof operand !== 'boolean') {
      throw new InvalidFilter('exists match pattern must be either true or false.')
    }
    return value => (value !== undefined) === operand
  }
  if (keyword === 'anything-but') {
    const refused = compileAnythingBut(operand)
    return value => value !== undefined && !refused(value)
  }
  if (keyword === 'numeric') {
    const isIn = numericRange(operand)
    return value => typeof value === 'number' && isIn(value)
  }
  return compileText(keyword, operand)
}

const only = (condition: JsonObject): [keyword: string, operand: unknown] => {
  const entries = Object.entries(condition)
  if (entries.length !== 1) throw new InvalidFilter('Only one key allowed in match expression')
  return entries[0]!
}

/** What a text may be compared by. */
function compileText(keyword: string, operand: unknown): Condition {
  const make = Object.hasOwn(TEXT_OPERATORS, keyword) ? TEXT_OPERATORS[keyword] : undefined
  if (!make) throw new InvalidFilter(`Unrecognized match type ${keyword}`)
  if (typeof operand !== 'string') throw new InvalidFilter(`${keyword} match pattern must be a string`)
  const matches = make(operand)
  return value => typeof value === 'string' && matches(value)
}

const TEXT_OPERATORS: Readonly<Record<string, (operand: string) => (value: string) => boolean>> = {
  prefix: operand => value => value.startsWith(operand),
  suffix: operand => value => value.endsWith(operand),
  'equals-ignore-case': operand => {
    const lowered = operand.toLowerCase()
    return value => value.toLowerCase() === lowered
  },
  wildcard: globMatcher,
  cidr(operand) {
    const isIn = ipRange(operand)
    if (!isIn || !operand.includes('/')) throw new InvalidFilter('Malformed CIDR, one "/" required')
    return isIn
  },
}

/** What `anything-but` leaves out. */
function compileAnythingBut(operand: unknown): Condition {
  if (isJsonObject(operand)) {
    const [keyword, of] = only(operand)
    const each = (Array.isArray(of) ? of : [of]).map(one => compileText(keyword, one))
    return value => each.some(matches => matches(value))
  }
  const values: unknown[] = Array.isArray(operand) ? operand : [operand]
  if (values.length === 0 || !values.every(value => typeof value === 'string' || typeof value === 'number')) {
    throw new InvalidFilter('Inside anything but list, only strings and numbers are allowed')
  }
  const known = (value: unknown) => (typeof value === 'number' ? comparable(value) : value)
  const left = new Set<unknown>(values.map(known))
  return value => left.has(known(value))
}

const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)
