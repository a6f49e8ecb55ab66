import { isScalar, readComparison } from './comparison.ts'
import { type Condition, readConditions } from './conditions.ts'
import type { FilterPattern } from './filter-pattern.ts'
import type { Message } from './json-message.ts'
import { readSelector } from './json-selector.ts'
import { PatternError } from './pattern-error.ts'
import { Scanner } from './scanner.ts'

/** Of a whole pattern; one selector has at most one. */
const MOST_WILDCARDS = 3

const BARE_VALUE = /(?:(?!&&|\|\|)[^\s"%(){}])+/y

/** `{ $.a.b[0] = "x*" && ($.n > 5 || $.z NOT EXISTS) }`: conditions about messages that are JSON. */
export function compileJsonPattern(text: string): FilterPattern {
  const scanner = new Scanner(text)
  let regexes = 0
  let wildcards = 0
  const readOne = (): Condition<object> => {
    const selector = readSelector(scanner)
    if (!selector) throw scanner.error('a selector such as $.name is missing')
    wildcards += selector.wildcards
    if (selector.wildcards > 1 || wildcards > MOST_WILDCARDS) {
      throw new PatternError(`at most one wildcard in a selector, and ${MOST_WILDCARDS} in a pattern`)
    }
    const state = readState(scanner)
    if (state) return document => state(selector.select(document))
    const { holds, regexes: further } = readComparison(scanner, BARE_VALUE)
    regexes += further
    // What leads to an object, an array or nothing does not match, whatever the operator.
    return document => selector.select(document).some(value => isScalar(value) && holds(value))
  }
  scanner.expect('{')
  const condition = readConditions(scanner, readOne)
  scanner.expect('}')
  scanner.skipBlanks()
  if (!scanner.atEnd) throw scanner.error('nothing may follow }')
  const matches = ({ document }: Message) => document !== null && condition(document)
  return { matches, extract: message => (matches(message) ? {} : undefined), regexes }
}

function readState(scanner: Scanner): Condition<readonly unknown[]> | undefined {
  scanner.skipBlanks()
  const word = scanner.read(/(?:IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS)\b/iy)
  switch (word?.toUpperCase().replace(/\s+/, ' ')) {
    case undefined:
      return undefined
    case 'IS NULL':
      return values => values.includes(null)
    case 'IS TRUE':
      return values => values.includes(true)
    case 'IS FALSE':
      return values => values.includes(false)
    default:
      return values => values.length === 0
  }
}
