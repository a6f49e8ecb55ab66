import { readComparison } from './comparison.ts'
import { type Condition, readConditions } from './conditions.ts'
import type { FilterPattern } from './filter-pattern.ts'
import type { Message } from './json-message.ts'
import { PatternError } from './pattern-error.ts'
import { Scanner } from './scanner.ts'

type Fields = ReadonlyMap<string, string>

/** Any number of fields. */
const REST = Symbol('rest')

/** A name; undefined of a field without one. */
type Place = string | undefined | typeof REST

const NAME = /[\p{L}\p{N}_.$-]+/uy
const BARE_VALUE = /(?:(?!&&|\|\|)[^\s"%(),\]])+/y

/** `[ip, user, ..., status_code=4*, bytes>1000]`: messages as fields with blanks between them. */
export function compileDelimitedPattern(text: string): FilterPattern {
  const { places, conditions, regexes } = readPattern(new Scanner(text))
  const rest = places.indexOf(REST)
  const before = rest < 0 ? places : places.slice(0, rest)
  const after = rest < 0 ? [] : places.slice(rest + 1)
  const fieldsOf = ({ text: message }: Message): Fields | undefined => {
    const values = splitFields(message)
    const named = before.length + after.length
    if (rest < 0 ? values.length !== named : values.length < named) return undefined
    const fields = new Map<string, string>()
    values.forEach((value, index) => {
      const fromEnd = values.length - index
      const name =
        index < before.length ? before[index] : fromEnd <= after.length ? after.at(-fromEnd) : undefined
      fields.set(`$${typeof name === 'string' ? name : index + 1}`, value)
    })
    return conditions.every(condition => condition(fields)) ? fields : undefined
  }
  return {
    matches: message => fieldsOf(message) !== undefined,
    extract: message => {
      const fields = fieldsOf(message)
      return fields && Object.fromEntries(fields)
    },
    regexes,
  }
}

function readPattern(scanner: Scanner) {
  const places: Place[] = []
  const conditions: Condition<Fields>[] = []
  let regexes = 0
  // A name that a condition mentions first is a field, too: `[..., status=4* && bytes>1000]` has two.
  const readName = (): string => {
    scanner.skipBlanks()
    const name = scanner.read(NAME)
    if (name === undefined) throw scanner.error('the name of a field is missing')
    if (!places.includes(name)) places.push(name)
    return name
  }
  const readCondition = (): Condition<Fields> => {
    const key = `$${readName()}`
    const { holds, regexes: further } = readComparison(scanner, BARE_VALUE)
    regexes += further
    return fields => holds(fields.get(key)!)
  }
  scanner.expect('[')
  if (scanner.take(']')) return { places: [REST] as Place[], conditions, regexes }
  do {
    const known = places.length
    if (scanner.take('...')) places.push(REST)
    else if (scanner.isNext(/\s*[,\]]/y)) places.push(undefined)
    else if (scanner.isNext(/\s*[\p{L}\p{N}_.$-]+\s*[,\]]/uy)) {
      readName()
      if (places.length === known) throw new PatternError('two fields have the same name')
    } else conditions.push(readConditions(scanner, readCondition))
  } while (scanner.take(','))
  scanner.expect(']')
  scanner.skipBlanks()
  if (!scanner.atEnd) throw scanner.error('nothing may follow ]')
  if (places.filter(place => place === REST).length > 1)
    throw new PatternError('at most one ... in a pattern')
  return { places, conditions, regexes }
}

/** What stands in brackets or double quotes is one field. Takes time in proportion to the message's length. */
function splitFields(message: string): string[] {
  const fields: string[] = []
  const closers: Closer[] = [new Closer(message, ']'), new Closer(message, '"')]
  const blank = /\s/y
  const isBlank = (at: number) => {
    blank.lastIndex = at
    return at >= message.length || blank.test(message)
  }
  for (let at = 0; at < message.length; ) {
    if (isBlank(at)) {
      at += 1
      continue
    }
    const closer = closers['["'.indexOf(message[at]!)]
    const end = closer?.after(at) ?? -1
    if (end >= 0 && isBlank(end + 1)) {
      fields.push(message.slice(at + 1, end))
      at = end + 1
    } else {
      const from = at
      while (!isBlank(at)) at += 1
      fields.push(message.slice(from, at))
    }
  }
  return fields
}

/** Finds where something is closed; asked about places in ascending order, it reads the message once. */
class Closer {
  readonly #message: string
  readonly #char: string
  #next = 0

  constructor(message: string, char: string) {
    this.#message = message
    this.#char = char
  }

  /** -1 where it never is. */
  after(at: number): number {
    if (this.#next >= 0 && this.#next <= at) this.#next = this.#message.indexOf(this.#char, at + 1)
    return this.#next
  }
}
