import { InvalidFilter } from './invalid-filter.ts'

/** "the value can range from -10^9 to 10^9". */
const LARGEST = 1e9

/**
 * `["=", 301.5]`, `[">", 5]`, `[">=", 0, "<", 150]`
 * https://docs.aws.amazon.com/sns/latest/dg/numeric-value-matching.html
 */
export function numericRange(operand: unknown): (value: number) => boolean {
  if (!Array.isArray(operand)) throw new InvalidFilter('Value of numeric must be an array.')
  const [operator, bound, ...rest] = operand as unknown[]
  if (typeof operator !== 'string') {
    throw new InvalidFilter(`Invalid member in numeric match: ${operator === undefined ? ']' : operator}`)
  }
  if (!Object.hasOwn(OPERATORS, operator)) {
    throw new InvalidFilter(`Unrecognized numeric range operator: ${operator}`)
  }
  const first = boundOf(operator, bound)
  const holds = OPERATORS[operator]!
  if (rest.length === 0) return value => holds(comparable(value), first)
  const [upper, top, ...more] = rest
  if (more.length > 0 || !operator.startsWith('>')) {
    throw new InvalidFilter('Too many elements in numeric expression')
  }
  if (upper !== '<' && upper !== '<=') throw new InvalidFilter(`Bad numeric range operator: ${String(upper)}`)
  const second = boundOf(upper, top)
  if (second <= first) throw new InvalidFilter('Bottom must be less than top')
  const below = OPERATORS[upper]!
  return value => holds(comparable(value), first) && below(comparable(value), second)
}

/**
 * A number as filters compare it: "with five digits of accuracy after the decimal point". SNS was seen to tell
 * apart what differs in the sixth, and not in the seventh.
 */
export const comparable = (value: number): number =>
  Math.abs(value) <= LARGEST ? Math.round(value * 1e6) : value * 1e6

const OPERATORS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

function boundOf(operator: string, bound: unknown): number {
  if (typeof bound !== 'number') throw new InvalidFilter(`Value of ${operator} must be numeric`)
  if (Math.abs(bound) > LARGEST) {
    throw new InvalidFilter(`Value of ${operator} must be between -1.0E9 and 1.0E9, inclusive`)
  }
  return comparable(bound)
}
