import {
  type Limits,
  limitsOf,
  type OperationFacts,
  operationAt,
  type ServiceFacts,
  type Shape,
  type StructureShape,
  shapeAt,
} from './facts.ts'
import { hashMapOrder } from './java-order.ts'
import { compilePattern } from './java-pattern.ts'
import { Path } from './path.ts'
import { lowerFirst, showValue } from './show-value.ts'
import { type Constraint, constraintOf, NOT_NULL, type Violation } from './violation.ts'

export { findTypeMismatch, type TypeMismatch } from './type-mismatch.ts'
export { describeViolations, type Violation } from './violation.ts'

/** AWS stops counting after this many. */
const MOST_VIOLATIONS = 10

// JavaScript's matcher may backtrack, so the length of what it gets is bounded. A value with a pattern and without
// a length limit does not satisfy its pattern if it is longer than this.
const LONGEST_MATCHED = 4096

/** Values up to this are matched even if they are too long, because AWS then names both constraints. */
const LONGEST_TOO_LONG = 512

/**
 * Checks an operation's input against the constraints of AWS's model: required members, lengths, ranges, patterns,
 * enums. Violations come in the order in which AWS lists them. Never throws for any input; a value of the wrong
 * type satisfies everything here and is what {@link findTypeMismatch} finds.
 *
 * @param input what a protocol's reader made of the request: bytes are `Uint8Array`, timestamps `Date`
 * @throws if the model does not know the operation
 */
export function checkInput(facts: ServiceFacts, operation: string, input: unknown): Violation[] {
  const found = operationAt(facts, operation)
  if (found[2] === undefined) return []
  const shape = shapeAt(facts, found[2])
  if (shape[0] !== 'structure') return []
  const check = new Check(facts)
  const value = isObject(input) ? input : {}
  if (facts.wording?.bodyMember) check.wrapped(operation, found, shape, value)
  else check.members(shape, value, orderOf(shape, Object.keys(shape[2])))
  return check.violations
}

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Date) &&
  !(value instanceof String)

const orders = new WeakMap<Shape | OperationFacts, readonly string[]>()

/** Names as AWS goes through them: as the keys of a hash map, lower case first. */
function orderOf(owner: Shape | OperationFacts, names: readonly string[]): readonly string[] {
  let order = orders.get(owner)
  if (!order) {
    const byKey = new Map(names.map(name => [lowerFirst(name), name]))
    order = hashMapOrder([...byKey.keys()]).map(key => byKey.get(key)!)
    orders.set(owner, order)
  }
  return order
}

class Check {
  readonly violations: Violation[] = []
  readonly #facts: ServiceFacts
  readonly #path = new Path()

  constructor(facts: ServiceFacts) {
    this.#facts = facts
  }

  get #done(): boolean {
    return this.violations.length >= MOST_VIOLATIONS
  }

  /** The input's members when those of the body are spoken of as members of `<operation>Input`. */
  wrapped(operation: string, found: OperationFacts, shape: StructureShape, value: Members): void {
    const outside = found[3] ?? []
    const inBody = Object.keys(shape[2]).filter(name => !outside.includes(name))
    const body = `${lowerFirst(operation)}Input`
    for (const name of orderOf(found, inBody.length > 0 ? [...outside, body] : outside)) {
      if (name !== body) this.members(shape, value, [name])
      else {
        this.#path.enter(body)
        this.members(shape, value, orderOf(shape, inBody))
        this.#path.leave()
      }
    }
  }

  members(shape: StructureShape, value: Members, names: readonly string[]): void {
    for (const name of names) {
      if (this.#done) return
      const member = Object.hasOwn(value, name) ? value[name] : undefined
      const isMissing = member === undefined || member === null
      if (isMissing && !shape[3]?.includes(name)) continue
      const memberShape = shapeAt(this.#facts, shape[2][name]!)
      this.#path.enter(name)
      if (isMissing) this.#report(NOT_NULL, memberShape, member)
      else {
        for (const constraint of violatedBy(memberShape, member))
          this.#report(constraint, memberShape, member)
        this.#inside(memberShape, member)
      }
      this.#path.leave()
    }
  }

  #report(constraint: Constraint, shape: Shape, value: unknown): void {
    if (this.#done) return
    this.violations.push({
      path: this.#path.toString(),
      shown: showValue(this.#facts, shape, value),
      ...constraint,
    })
  }

  #inside(shape: Shape, value: unknown): void {
    if (this.#path.isTooDeep || this.#done) return
    if (shape[0] === 'structure') {
      if (isObject(value)) this.members(shape, value, orderOf(shape, Object.keys(shape[2])))
    } else if (shape[0] === 'list') {
      if (Array.isArray(value)) this.#list(shape, shapeAt(this.#facts, shape[1]), value)
    } else if (shape[0] === 'map') {
      if (isObject(value))
        this.#map(shape, shapeAt(this.#facts, shape[1]), shapeAt(this.#facts, shape[2]), value)
    }
  }

  /** Whatever is wrong with elements themselves is one violation of the collection, which names all they must be. */
  #list(shape: Shape, element: Shape, value: readonly unknown[]): void {
    const withNull = value.some(isNull)
    if (withNull || value.some(item => violatedBy(element, item).length > 0)) {
      this.#report(together('elements', 'Member', element, limitsOf(shape), withNull), shape, value)
    }
    if (!isCollection(element)) return
    for (let i = 0; i < value.length && !this.#done; i++) {
      this.#path.enterElement(i)
      this.#inside(element, value[i])
      this.#path.leaveElement()
    }
  }

  #map(shape: Shape, key: Shape, element: Shape, value: Members): void {
    const keys = Object.keys(value)
    if (keys.some(name => violatedBy(key, name).length > 0)) {
      this.#report(together('map-keys', 'Map keys', key, {}, false), shape, value)
    }
    const withNull = !this.#facts.wording?.nullEntries && keys.some(name => isNull(value[name]))
    if (withNull || keys.some(name => violatedBy(element, value[name]).length > 0)) {
      this.#report(together('map-values', 'Map value', element, limitsOf(shape), withNull), shape, value)
    }
    if (!isCollection(element)) return
    for (const name of keys) {
      if (this.#done) return
      this.#path.enterEntry(name)
      this.#inside(element, value[name])
      this.#path.leaveElement()
    }
  }
}

const isNull = (value: unknown): boolean => value === null || value === undefined

const isCollection = (shape: Shape): boolean =>
  shape[0] === 'structure' || shape[0] === 'list' || shape[0] === 'map'

const NOTHING: readonly Constraint[] = []

/** The constraints that the value itself does not satisfy, in the order in which AWS names them. */
function violatedBy(shape: Shape, value: unknown): readonly Constraint[] {
  const limits = limitsOf(shape)
  if (
    limits.pattern === undefined &&
    limits.enum === undefined &&
    limits.min === undefined &&
    limits.max === undefined
  )
    return NOTHING
  switch (shape[0]) {
    case 'string':
      if (typeof value === 'string') return violatedByString(limits, value)
      return value instanceof String ? violatedByString(limits, value.toString()) : NOTHING
    case 'blob':
      return value instanceof Uint8Array ? violatedByLength(limits, value.length) : NOTHING
    case 'list':
      return Array.isArray(value) ? violatedByLength(limits, value.length) : NOTHING
    case 'map':
      return isObject(value) ? violatedByLength(limits, Object.keys(value).length) : NOTHING
    case 'integer':
    case 'long':
      return violatedByNumber(limits, value, false)
    case 'float':
    case 'double':
      return violatedByNumber(limits, value, true)
    default:
      return NOTHING
  }
}

function violatedByString(limits: Limits, value: string): readonly Constraint[] {
  const length = violatedByLength(limits, value.length)
  const violated: Constraint[] = []
  if (limits.pattern !== undefined && !matches(limits.pattern, value, limits.max))
    violated.push(constraintOf('pattern', limits))
  if (limits.enum && !limits.enum.includes(value)) violated.push(constraintOf('enum', limits))
  return violated.length > 0 ? [...violated, ...length] : length
}

/** What is far longer than the model allows is refused for that alone. */
function matches(pattern: string, value: string, max: Limits['max']): boolean {
  const compiled = compilePattern(pattern)
  if (!compiled) return true
  const longest = max === undefined ? LONGEST_MATCHED : Math.max(Number(max), LONGEST_TOO_LONG)
  if (value.length <= longest || compiled.linear) return compiled.regex.test(value)
  return max !== undefined
}

function violatedByLength(limits: Limits, length: number): readonly Constraint[] {
  if (limits.min !== undefined && length < Number(limits.min)) return [constraintOf('min-length', limits)]
  if (limits.max !== undefined && length > Number(limits.max)) return [constraintOf('max-length', limits)]
  return NOTHING
}

/** NaN lies in no range. */
function violatedByNumber(limits: Limits, value: unknown, decimal: boolean): readonly Constraint[] {
  if (typeof value !== 'number' && typeof value !== 'bigint') return NOTHING
  if (limits.min !== undefined && !(value >= Number(limits.min)))
    return [constraintOf('min-value', limits, decimal)]
  if (limits.max !== undefined && !(value <= Number(limits.max)))
    return [constraintOf('max-value', limits, decimal)]
  return NOTHING
}

/** All constraints of a collection's elements, in the order in which AWS lists them. */
function together(
  kind: 'elements' | 'map-keys' | 'map-values',
  who: string,
  element: Shape,
  collection: Limits,
  withNull: boolean,
): Constraint {
  const limits = limitsOf(element)
  const decimal = element[0] === 'float' || element[0] === 'double'
  const measure = decimal || element[0] === 'integer' || element[0] === 'long' ? 'value' : 'length'
  const sentences: string[] = []
  if (limits.max !== undefined) sentences.push(constraintOf(`max-${measure}`, limits, decimal).constraint)
  if (limits.min !== undefined) sentences.push(constraintOf(`min-${measure}`, limits, decimal).constraint)
  if (limits.pattern !== undefined) sentences.push(constraintOf('pattern', limits).constraint)
  if (limits.enum) sentences.push(constraintOf('enum', limits).constraint)
  if (collection.elementsNotNull || withNull) sentences.push(NOT_NULL.constraint)
  return { kind, constraint: `${who} must satisfy constraint: [${sentences.join(', ')}]`, limit: sentences }
}
