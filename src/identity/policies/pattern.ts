import type { RequestContext } from './request.ts'

/**
 * Text with wildcards and variables, as policies hold it: UTF-16 code units, wildcards and variables. Wildcards stay
 * apart from characters, so that a variable's value with an asterisk in it remains text.
 */
type Template = readonly (number | Variable)[]

interface Variable {
  /** In lower case. */
  readonly key: string
  readonly fallback: string | undefined
}

/** A template without variables. */
type Pattern = readonly number[]

const ANY = -1
const ONE = -2
/** The same two, of which none is a colon. */
const ANY_WITHIN = -3
const ONE_WITHIN = -4
const COLON = 58

/** `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`; `${*}`, `${?}` and `${$}` are the characters themselves. */
const VARIABLE = /\$\{(?:([*?$])|([^${},']+)(?:,\s*'([^']*)'\s*)?)\}/y

interface ReadVariable {
  /** Characters that it takes in the text. */
  readonly length: number
  /** The character that it stands for. */
  readonly escaped: string | undefined
  /** As it is written. */
  readonly key: string
  readonly fallback: string | undefined
}

/**
 * The variable that begins at a dollar sign; undefined where that is text. The spaces round the key are taken off here:
 * an expression that tries where they begin takes a time that grows with the square of their number.
 */
function variableAt(text: string, index: number): ReadVariable | undefined {
  VARIABLE.lastIndex = index
  const [whole, escaped, spaced = '', fallback] = VARIABLE.exec(text) ?? []
  const key = spaced.trim()
  if (whole === undefined || (escaped === undefined && key === '')) return undefined
  return { length: whole.length, escaped, key, fallback }
}

export type Matcher = (text: string, context: RequestContext) => boolean

export interface PatternRules {
  readonly variables: boolean
  /** `*` and `?` stand for any characters and for one. */
  readonly wildcards: boolean
}

const ALWAYS: Matcher = () => true

/** Matches a whole text. A variable that the request has no value for matches nothing. */
export const textMatcher = (text: string, rules: PatternRules): Matcher => templateMatcher(read(text, rules))

/** Most begin with text, which is compared as such, and many are only that and what may follow. */
function templateMatcher(template: Template): Matcher {
  const first = template.findIndex(token => typeof token !== 'number' || token < 0)
  const length = Math.min(first < 0 ? template.length : first, LONGEST_TEXT)
  const prefix = String.fromCharCode(...(template.slice(0, length) as Pattern))
  const rest = template.slice(length)
  if (rest.length === 0) return actual => actual === prefix
  if (rest.length === 1 && rest[0] === ANY) return actual => actual.startsWith(prefix)
  if (isPattern(rest)) return actual => actual.startsWith(prefix) && matches(rest, actual, length)
  return (actual, context) => {
    if (!actual.startsWith(prefix)) return false
    const pattern = resolve(rest, context)
    return pattern !== undefined && matches(pattern, actual, length)
  }
}

/**
 * Matches resources as `Resource` and `NotResource` name them.
 *
 * "When you specify an incomplete ARN, AWS automatically completes the ARN by adding wildcard characters (*) to all
 * missing fields." "If the wildcard (*) is the last character of a resource ARN segment, it can expand to match beyond
 * colon boundaries", and elsewhere it stays within its segment. Variables stand only "after the fifth colon"; before
 * it they are text.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function resourceMatcher(text: string, variables: boolean): Matcher {
  if (text === '*') return ALWAYS
  const segments = text.split(':')
  const head = segments.slice(0, ARN_PARTS - 1)
  const tail = segments.length < ARN_PARTS ? '*' : segments.slice(ARN_PARTS - 1).join(':')
  while (head.length < ARN_PARTS - 1) head.push('*')
  const tokensOfHead = head.flatMap(segment => {
    const tokens = read(segment, { variables: false, wildcards: true }) as Pattern
    return tokens.at(-1) === ANY
      ? [...tokens.slice(0, -1).map(within), ANY, COLON]
      : [...tokens.map(within), COLON]
  })
  return templateMatcher([...tokensOfHead, ...read(tail, { variables, wildcards: true })])
}

/**
 * Matches ARNs as conditions compare them: "each of the six colon-delimited components of the ARN is checked
 * separately", and only the last of them may have colons of its own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function arnMatcher(text: string, rules: PatternRules): Matcher {
  if (text === '*') return ALWAYS
  const template = read(text, rules)
  const parts = splitTemplate(template)
  if (parts.length < ARN_PARTS) return () => false
  if (parts.every(isPattern)) {
    const head = parts.slice(0, -1).flatMap(part => [...part.map(within), COLON])
    return templateMatcher([...head, ...parts.at(-1)!])
  }
  return (actual, context) => {
    const actualParts = splitArn(actual)
    return (
      actualParts?.every((actualPart, index) => {
        const pattern = resolve(parts[index]!, context)
        return pattern !== undefined && matches(pattern, actualPart)
      }) ?? false
    )
  }
}

const ARN_PARTS = 6

/** What a wildcard is that stays within its part. */
const within = (token: number): number => (token === ANY ? ANY_WITHIN : token === ONE ? ONE_WITHIN : token)

function splitArn(arn: string): string[] | undefined {
  const parts = arn.split(':')
  return parts.length < ARN_PARTS ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')]
}

function splitTemplate(template: Template): Template[] {
  const parts: (number | Variable)[][] = [[]]
  for (const token of template) {
    if (token === COLON && parts.length < ARN_PARTS) parts.push([])
    else parts.at(-1)!.push(token)
  }
  return parts
}

/** Keys of the variables in a text, as they are written. */
export function variablesIn(text: string): string[] {
  const keys: string[] = []
  for (let index = text.indexOf('$'); index >= 0; index = text.indexOf('$', index + 1)) {
    const key = variableAt(text, index)?.key
    if (key) keys.push(key)
  }
  return keys
}

function read(text: string, { variables, wildcards }: PatternRules): Template {
  const template: (number | Variable)[] = []
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (character === '$' && variables) {
      const found = variableAt(text, index)
      if (found) {
        const { length, escaped, key, fallback } = found
        template.push(escaped ? escaped.charCodeAt(0) : { key: key.toLowerCase(), fallback })
        index += length - 1
        continue
      }
    }
    if (wildcards && character === '*') template.push(ANY)
    else if (wildcards && character === '?') template.push(ONE)
    else template.push(text.charCodeAt(index))
  }
  return template
}

/** Of characters that become a text in one call. */
const LONGEST_TEXT = 4096

const isPattern = (template: Template): template is Pattern =>
  template.every(token => typeof token === 'number')

function resolve(template: Template, context: RequestContext): Pattern | undefined {
  const pattern: number[] = []
  for (const token of template) {
    if (typeof token === 'number') {
      pattern.push(token)
      continue
    }
    // "You can't use multivalued condition keys as policy variables." What "has no value" is not there.
    const known = context.get(token.key)
    const value = typeof known === 'string' && known !== '' ? known : token.fallback
    if (value === undefined) return undefined
    for (let index = 0; index < value.length; index++) pattern.push(value.charCodeAt(index))
  }
  return pattern
}

/**
 * Not by a regular expression: several stars in one would take a time that grows with their number as the exponent.
 * A star that fails is only ever given one character more: first the last one that may not take colons, then, when
 * it stands before a colon, the last one that may.
 *
 * @param from where in the text the pattern begins
 */
function matches(pattern: Pattern, text: string, from = 0): boolean {
  let at = 0
  let star = -1
  let afterStar = 0
  let inner = -1
  let afterInner = 0
  for (let index = from; index < text.length; ) {
    const token = pattern[at]
    const character = text.charCodeAt(index)
    if (token === character || token === ONE || (token === ONE_WITHIN && character !== COLON)) {
      at++
      index++
    } else if (token === ANY) {
      star = at++
      afterStar = index
      inner = -1
    } else if (token === ANY_WITHIN) {
      inner = at++
      afterInner = index
    } else if (inner >= 0 && text.charCodeAt(afterInner) !== COLON) {
      at = inner + 1
      index = ++afterInner
    } else if (star >= 0) {
      at = star + 1
      index = ++afterStar
      inner = -1
    } else {
      return false
    }
  }
  while (pattern[at] === ANY || pattern[at] === ANY_WITHIN) at++
  return at === pattern.length
}
