import { type NumberKind, operationAt, type ServiceFacts, type Shape, shapeAt } from './facts.ts'
import { MAX_DEPTH, Path } from './path.ts'

/** A value of another type than the model has in its place. */
export interface TypeMismatch {
  /** As in a violation: `layers.1.member`; empty if it is the input itself. */
  readonly path: string
  /** As AWS writes it: `a String`, `an Integer`, `milliseconds since epoch`. */
  readonly expected: string
  /** As AWS writes it: `NUMBER_VALUE`, `STRING_VALUE`, `TRUE_VALUE`. */
  readonly actual: string
  /** The message of AWS's `SerializationException`; it does not name the member. */
  readonly message: string
  /** What is there instead of a number that has an end: NaN or an infinity, which protocols can write. */
  readonly notFinite?: number
}

/**
 * Finds the first value whose type is not the model's, which AWS's readers refuse with `SerializationException`
 * before they look at constraints. Absent and null members are of every type.
 *
 * Stricter than AWS in one point: AWS cuts the fraction off where an integer belongs, this refuses it.
 *
 * @throws if the model does not know the operation
 */
export function findTypeMismatch(
  facts: ServiceFacts,
  operation: string,
  input: unknown,
): TypeMismatch | undefined {
  const found = operationAt(facts, operation)
  if (found[2] === undefined) return undefined
  return new Search(facts).in(shapeAt(facts, found[2]), input)
}

class Search {
  readonly #facts: ServiceFacts
  readonly #path = new Path()

  constructor(facts: ServiceFacts) {
    this.#facts = facts
  }

  in(shape: Shape, value: unknown): TypeMismatch | undefined {
    if (value === undefined || value === null || shape[0] === 'any') return undefined
    if (this.#path.isTooDeep) {
      const expected = `at most ${MAX_DEPTH} levels of nesting`
      return { path: '', expected, actual: 'more', message: `The input may have ${expected}` }
    }
    if (!isOf(shape[0], value)) return this.#mismatch(shape, value)
    if (shape[0] === 'structure') return this.#members(shape[2], value as Record<string, unknown>)
    if (shape[0] === 'list') return this.#elements(shapeAt(this.#facts, shape[1]), value as unknown[])
    if (shape[0] === 'map') {
      return this.#entries(shapeAt(this.#facts, shape[2]), value as Record<string, unknown>)
    }
    return undefined
  }

  #members(
    members: Readonly<Record<string, number>>,
    value: Record<string, unknown>,
  ): TypeMismatch | undefined {
    for (const name of Object.keys(members)) {
      if (!Object.hasOwn(value, name)) continue
      this.#path.enter(name)
      const found = this.in(shapeAt(this.#facts, members[name]!), value[name])
      if (found) return found
      this.#path.leave()
    }
    return undefined
  }

  #elements(element: Shape, value: readonly unknown[]): TypeMismatch | undefined {
    for (let i = 0; i < value.length; i++) {
      this.#path.enterElement(i)
      const found = this.in(element, value[i])
      if (found) return found
      this.#path.leaveElement()
    }
    return undefined
  }

  #entries(element: Shape, value: Record<string, unknown>): TypeMismatch | undefined {
    for (const key of Object.keys(value)) {
      this.#path.enterEntry(key)
      const found = this.in(element, value[key])
      if (found) return found
      this.#path.leaveElement()
    }
    return undefined
  }

  #mismatch(shape: Exclude<Shape, readonly ['any']>, value: unknown): TypeMismatch {
    const words = this.#facts.wording?.javaTypes ? JAVA_CLASSES : JSON_TOKENS
    const actual = words.actual(value)
    const expected = words.expected(shape[0], value)
    return {
      path: this.#path.toString(),
      expected,
      actual,
      message: sentence(shape[0], value, actual, expected),
      ...(typeof value === 'number' && isFraction(shape[0]) && { notFinite: value }),
    }
  }
}

type Kind = Exclude<Shape[0], 'any'>

const isObject = (value: unknown): boolean =>
  typeof value === 'object' &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Date) &&
  !(value instanceof String)

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'string':
      return typeof value === 'string' || value instanceof String
    case 'boolean':
      return typeof value === 'boolean'
    case 'blob':
      return value instanceof Uint8Array
    case 'timestamp':
      return value instanceof Date && !Number.isNaN(value.getTime())
    case 'list':
      return Array.isArray(value)
    case 'map':
    case 'structure':
      return isObject(value)
    case 'float':
    case 'double':
      return typeof value === 'number' && Number.isFinite(value)
    case 'integer':
      return isWhole(value, 2 ** 31)
    case 'long':
      return isWhole(value, 2 ** 63)
  }
}

const isFraction = (kind: Kind): boolean => kind === 'float' || kind === 'double'

/** Whether the value is an integer of two's complement. */
const isWhole = (value: unknown, bound: number): boolean =>
  (typeof value === 'bigint' || Number.isInteger(value)) &&
  (value as number) >= -bound &&
  (value as number) < bound

interface Words {
  actual(value: unknown): string
  expected(kind: Kind, value: unknown): string
}

const NAMES: Readonly<Record<Kind, string>> = {
  string: 'String',
  boolean: 'Boolean',
  integer: 'Integer',
  long: 'Long',
  float: 'Float',
  double: 'Double',
  blob: 'Blob',
  timestamp: 'milliseconds since epoch',
  list: 'list',
  map: 'map',
  structure: 'structure',
} satisfies Record<Kind | NumberKind, string>

/** What a scalar was in the document. Readers turn some into other types, or into NaN, before they come here. */
function scalarOf(value: unknown): 'string' | 'number' | 'boolean' | undefined {
  if (typeof value === 'string' || value instanceof String || value instanceof Uint8Array) return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (Number.isNaN(value)) return 'string'
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Date
    ? 'number'
    : undefined
}

// Both wordings as recorded against AWS; `an Boolean` is AWS's.
const JSON_TOKENS: Words = {
  actual(value) {
    const scalar = scalarOf(value)
    if (scalar === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
    return scalar ? `${scalar.toUpperCase()}_VALUE` : collectionOf(value)
  },
  expected(kind, value) {
    if (kind === 'timestamp') return NAMES.timestamp
    if (kind === 'integer' || (kind === 'boolean' && scalarOf(value) === 'string')) return `an ${NAMES[kind]}`
    return `a ${NAMES[kind]}`
  },
}

const JAVA_SCALARS = {
  string: 'class java.lang.String',
  boolean: 'class java.lang.Boolean',
  number: 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber',
} as const

const JAVA_CLASSES: Words = {
  actual(value) {
    const scalar = scalarOf(value)
    return scalar ? JAVA_SCALARS[scalar] : collectionOf(value)
  },
  expected(kind) {
    if (kind === 'timestamp') return NAMES.timestamp
    return kind === 'blob' || isCollection(kind) ? `a ${NAMES[kind]}` : `an ${NAMES[kind]}`
  },
}

const isCollection = (kind: Kind): boolean => kind === 'list' || kind === 'map' || kind === 'structure'

const collectionOf = (value: unknown): string => (Array.isArray(value) ? 'a list' : 'a structure')

function sentence(kind: Kind, value: unknown, actual: string, expected: string): string {
  if (!scalarOf(value)) {
    return Array.isArray(value)
      ? 'Start of list found where not expected'
      : 'Start of structure or map found where not expected.'
  }
  if (kind === 'list') return 'Expected list or null'
  if (kind === 'map') return 'Expected map or null'
  if (kind === 'structure') return 'Expected null'
  return `${actual} can not be converted to ${expected}`
}
