import { isJsonObject, type JsonObject, parseJsonObject } from '../../../lib/json-object.ts'
import type { FilterScope } from '../published-topic.ts'
import type { TopicAttribute, TopicMessage } from '../topic-message.ts'
import { type Condition, compileCondition, type Scalar } from './conditions.ts'
import { InvalidFilter } from './invalid-filter.ts'

/** Whether a subscription wants a message. */
export type MessageFilter = (message: TopicMessage) => boolean

/** https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html */
const LIMITS = { keys: 5, combinations: 150, bytes: 256 * 1024 } as const

/** Objects within each other: a policy has five keys in all, and `$or` some of its own. */
const DEEPEST = 32

/**
 * Reads a filter policy. Every key of it has to be matched, by one of the values that it names.
 *
 * @param text JSON
 * @throws {@link InvalidFilter} in SNS's words
 */
export function compileFilterPolicy(text: string, scope: FilterScope): MessageFilter {
  if (new TextEncoder().encode(text).length > LIMITS.bytes) {
    throw new InvalidFilter('Filter policy can not be larger than 256 KB')
  }
  const policy = parseJsonObject(text)
  if (!policy) throw new InvalidFilter('failed to parse JSON. Filter is not an object')
  const size = { keys: new Set<string>() }
  const { matches, combinations } = compileNode(policy, { scope, path: [], size })
  if (size.keys.size > LIMITS.keys) throw new InvalidFilter('Filter policy can not have more than 5 keys')
  if (combinations > LIMITS.combinations) throw new InvalidFilter('Filter policy is too complex')
  if (scope === 'MessageAttributes') return ({ attributes = {} }) => matches(valuesOf(attributes))
  return ({ message }) => {
    const body = parseJsonObject(message)
    return body !== undefined && matches(body)
  }
}

interface Place {
  readonly scope: FilterScope
  readonly path: readonly string[]
  readonly size: { readonly keys: Set<string> }
}

interface Compiled {
  readonly matches: (value: unknown) => boolean
  /** "multiply the number of values in each array", deeper ones by how deep they are. */
  readonly combinations: number
}

function compileNode(policy: JsonObject, place: Place): Compiled {
  if (place.path.length > DEEPEST) throw new InvalidFilter('Filter policy is too complex')
  const parts = Object.entries(policy).map(([key, wanted]) => {
    if (key === '$or' && isAlternatives(wanted)) return compileOr(wanted, place)
    const inner = { ...place, path: [...place.path, key] }
    const part = compileKey(key, wanted, inner)
    return { ...part, matches: (value: unknown) => part.matches(memberOf(value, key)) }
  })
  if (parts.length === 0 && place.path.length > 0) throw new InvalidFilter('Empty objects are not allowed')
  return {
    // Of a list, one of its elements has to have all that is wanted.
    matches: value => elementsOf(value).some(each => parts.every(({ matches }) => matches(each))),
    combinations: parts.reduce((product, part) => product * part.combinations, 1),
  }
}

function compileKey(key: string, wanted: unknown, place: Place): Compiled {
  if (Array.isArray(wanted)) {
    place.size.keys.add(JSON.stringify(place.path))
    return compileValues(wanted, place.path.length)
  }
  if (!isJsonObject(wanted)) throw new InvalidFilter(`"${key}" must be an object or an array`)
  if (place.scope === 'MessageAttributes') {
    throw new InvalidFilter('Filter policy scope MessageAttributes does not support nested filter policy')
  }
  return compileNode(wanted, place)
}

function compileValues(wanted: readonly unknown[], depth: number): Compiled {
  if (wanted.length === 0) throw new InvalidFilter('Empty arrays are not allowed')
  const conditions = wanted.map(compileCondition)
  return {
    matches: value => scalarsOf(value).some(each => meets(each, conditions)),
    combinations: wanted.length * depth,
  }
}

const meets = (value: Scalar, conditions: readonly Condition[]): boolean =>
  conditions.some(condition => condition(value))

/** `$or` is an operator where it stands before two objects or more, and a key like others elsewhere. */
const isAlternatives = (wanted: unknown): wanted is readonly JsonObject[] =>
  Array.isArray(wanted) && wanted.length > 1 && wanted.every(isAlternative)

const isAlternative = (wanted: unknown): boolean =>
  isJsonObject(wanted) && !Object.keys(wanted).some(key => MATCH_TYPES.has(key))

const MATCH_TYPES = new Set([
  'exists',
  'anything-but',
  'numeric',
  'prefix',
  'suffix',
  'equals-ignore-case',
  'wildcard',
  'cidr',
])

function compileOr(alternatives: readonly JsonObject[], place: Place): Compiled {
  const compiled = alternatives.map(alternative => compileNode(alternative, place))
  return {
    matches: value => compiled.some(({ matches }) => matches(value)),
    combinations: compiled.reduce((sum, { combinations }) => sum + combinations, 0),
  }
}

const elementsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

const memberOf = (value: unknown, key: string): unknown =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined

/** What conditions are asked about: of a list each element, and of lists in it; an object is no value. */
function scalarsOf(value: unknown): readonly Scalar[] {
  if (!Array.isArray(value)) return isJsonObject(value) ? [undefined] : [value as Scalar]
  const scalars = value.flat(DEEPEST).filter(each => typeof each !== 'object' || each === null)
  return scalars.length === 0 ? [undefined] : scalars
}

/** Attributes as policies see them: "Amazon SNS ignores message attributes with the Binary data type". */
function valuesOf(attributes: Readonly<Record<string, TopicAttribute>>): JsonObject {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, value }]) => {
      if (type === 'String.Array') return [[name, listOf(value)]]
      if (type.startsWith('String')) return [[name, value]]
      return type.startsWith('Number') ? [[name, Number(value)]] : []
    }),
  )
}

/** SNS takes a `String.Array` that is none, too, and filters by it as by the one value that it is. */
function listOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? text : value
  } catch {
    return text
  }
}
