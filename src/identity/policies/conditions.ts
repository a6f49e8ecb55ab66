import { ipRange } from '../../lib/ip-range.ts'
import { arnMatcher, type Matcher, textMatcher } from './pattern.ts'
import { type ConditionBlock, listOf } from './policy-document.ts'
import type { RequestContext } from './request.ts'

export type Condition = (context: RequestContext) => boolean

/** How an operator reads one of the policy's values. A value that it cannot read is equal to nothing. */
type Comparison = (value: string, variables: boolean) => Matcher

const NEVER: Matcher = () => false

const text: Comparison = (value, variables) => textMatcher(value, { variables, wildcards: false })

const textIgnoringCase: Comparison = (value, variables) => {
  const matcher = textMatcher(value.toLowerCase(), { variables, wildcards: false })
  return (actual, context) => matcher(actual.toLowerCase(), loweredValues(context))
}

const like: Comparison = (value, variables) => textMatcher(value, { variables, wildcards: true })

const arn: Comparison = (value, variables) => arnMatcher(value, { variables, wildcards: true })

const exact: Comparison = value => actual => actual === value

/** "You can use a policy variable with the Boolean condition operator"; what is neither true nor false equals nothing. */
const bool: Comparison = (value, variables) => {
  const matcher = textIgnoringCase(value, variables)
  return (actual, context) => /^(?:true|false)$/i.test(actual) && matcher(actual, context)
}

const ip: Comparison = value => ipRange(value) ?? NEVER

type Order = (actual: number, value: number) => boolean

const numeric =
  (holds: Order): Comparison =>
  value =>
    ordered(holds, numberOf, value)

const date =
  (holds: Order): Comparison =>
  value =>
    ordered(holds, momentOf, value)

function ordered(holds: Order, read: (text: string) => number, value: string): Matcher {
  const limit = read(value)
  return actual => holds(read(actual), limit)
}

const numberOf = (value: string): number =>
  /^[+-]?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : Number.NaN

/** A W3C form of ISO 8601, from the year alone to fractions of a second. https://www.w3.org/TR/NOTE-datetime */
const DATE = /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

/** Milliseconds; a number is seconds since the epoch, unless it is a year. A time that names no zone is UTC's. */
function momentOf(value: string): number {
  const [date, zone] = DATE.exec(value) ?? []
  if (date !== undefined) return Date.parse(date.includes('T') && zone === undefined ? `${date}Z` : date)
  return numberOf(value) * 1000
}

export const isMoment = (value: string): boolean => !Number.isNaN(momentOf(value))

const equals: Order = (actual, value) => actual === value
const less: Order = (actual, value) => actual < value
const lessOrEqual: Order = (actual, value) => actual <= value
const greater: Order = (actual, value) => actual > value
const greaterOrEqual: Order = (actual, value) => actual >= value

interface Operator {
  readonly comparison: Comparison
  /** It asks that none of the policy's values fits, and holds where there is nothing to compare. */
  readonly negated: boolean
}

const positive = (comparison: Comparison): Operator => ({ comparison, negated: false })
const negated = (comparison: Comparison): Operator => ({ comparison, negated: true })

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: positive(text),
  StringNotEquals: negated(text),
  StringEqualsIgnoreCase: positive(textIgnoringCase),
  StringNotEqualsIgnoreCase: negated(textIgnoringCase),
  StringLike: positive(like),
  StringNotLike: negated(like),
  NumericEquals: positive(numeric(equals)),
  NumericNotEquals: negated(numeric(equals)),
  NumericLessThan: positive(numeric(less)),
  NumericLessThanEquals: positive(numeric(lessOrEqual)),
  NumericGreaterThan: positive(numeric(greater)),
  NumericGreaterThanEquals: positive(numeric(greaterOrEqual)),
  DateEquals: positive(date(equals)),
  DateNotEquals: negated(date(equals)),
  DateLessThan: positive(date(less)),
  DateLessThanEquals: positive(date(lessOrEqual)),
  DateGreaterThan: positive(date(greater)),
  DateGreaterThanEquals: positive(date(greaterOrEqual)),
  Bool: positive(bool),
  BinaryEquals: positive(exact),
  IpAddress: positive(ip),
  NotIpAddress: negated(ip),
  ArnEquals: positive(arn),
  ArnLike: positive(arn),
  ArnNotEquals: negated(arn),
  ArnNotLike: negated(arn),
}

const NAMES = new Map(Object.keys(OPERATORS).map(name => [name.toLowerCase(), name]))

const FORM = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/i

interface ReadOperator {
  readonly name: string
  readonly set: 'all' | 'any' | undefined
  readonly ifExists: boolean
}

/** Undefined for a text that is no operator. */
export function readOperator(text: string): ReadOperator | undefined {
  const [, set, base, suffix] = FORM.exec(text) ?? []
  if (base === undefined) return undefined
  const isNull = base.toLowerCase() === 'null'
  const name = isNull ? 'Null' : NAMES.get(base.toLowerCase())
  if (name === undefined || (isNull && (set !== undefined || suffix !== undefined))) return undefined
  return {
    name,
    set: set === undefined ? undefined : set.toLowerCase() === 'forallvalues' ? 'all' : 'any',
    ifExists: suffix !== undefined,
  }
}

/**
 * What must hold of a request, all of it. Undefined when a part of the block is no condition: then nobody can say
 * whether it holds.
 */
export function compileConditions(
  block: ConditionBlock | undefined,
  variables: boolean,
): Condition[] | undefined {
  const conditions: Condition[] = []
  for (const [operatorText, keys] of Object.entries(block ?? {})) {
    const operator = readOperator(operatorText)
    if (!operator) return undefined
    for (const [key, values] of Object.entries(keys)) {
      conditions.push(compile(operator, key.toLowerCase(), listOf(values).map(String), variables))
    }
  }
  return conditions
}

function compile(
  { name, set, ifExists }: ReadOperator,
  key: string,
  values: readonly string[],
  variables: boolean,
): Condition {
  if (name === 'Null') {
    const wanted = new Set(values.map(value => value.toLowerCase()))
    return context => wanted.has(String(valuesOf(context, key).every(isBlank)))
  }
  const { comparison, negated } = OPERATORS[name]!
  const matchers = values.map(value => comparison(value, variables))
  const holds = (actual: string, context: RequestContext) =>
    matchers.some(matcher => matcher(actual, context)) !== negated
  // Without a value: ForAllValues is true of the empty set, ForAnyValue is not, whatever the operator.
  const withoutValue = ifExists || (set === undefined ? negated : set === 'all')
  const every = set === undefined ? negated : set === 'all'
  return context => {
    const known = context.get(key)
    // One value, as almost always, is all and any of them.
    if (typeof known === 'string' && set === undefined) return holds(known, context)
    const actual = valuesOf(context, key)
    if (actual.length === 0) return withoutValue
    if (set !== undefined && actual.every(isBlank)) return every
    return every ? actual.every(value => holds(value, context)) : actual.some(value => holds(value, context))
  }
}

/** "For condition keys that are defined by the user, it is possible to include an empty string": that is null, too. */
const isBlank = (value: string): boolean => value === ''

function valuesOf(context: RequestContext, key: string): readonly string[] {
  const value = context.get(key)
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

const loweredValues = (context: RequestContext): RequestContext => ({
  get(key) {
    const value = context.get(key)
    return typeof value === 'string' ? value.toLowerCase() : value
  },
})
